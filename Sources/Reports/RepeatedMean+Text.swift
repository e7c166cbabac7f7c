import Findings

// Means of fractions, as a reader wants them.
extension RepeatedMean {
  /// The interval in percent; nil without one.
  var percent: ClosedRange<Double>? { interval(scaledBy: 100) }

  /// The interval in another unit; nil without one.
  func interval(scaledBy scale: Double) -> ClosedRange<Double>? {
    low.isFinite && high >= low ? scale * low...scale * high : nil
  }

  /// Half the interval in points, ` ± 0.4`, or its ends where a bound cuts it, ` (90.1 to 100.0)`; empty without one.
  var spread: String {
    guard let percent else { return "" }
    let (below, above) = (100 * mean - percent.lowerBound, percent.upperBound - 100 * mean)
    return abs(below - above) < 1e-6
      ? " ± \(NumberText.fixed(above, 1))" : " (\(NumberText.interval(percent.lowerBound, percent.upperBound)))"
  }

  /// `93.9 % ± 0.4`.
  var text: String { NumberText.percent(mean) + spread }

  /// `93.9 % ± 0.4`, `2.540 ± 0.012`: a value of a score as it stands in a table.
  func plain(of score: Score) -> String { score.plain(mean) + spread(of: score) }

  /// `2.3 ± 0.4`, `0.310 ± 0.012`: a difference of a score likewise.
  func bare(of score: Score) -> String { score.bare(mean) + spread(of: score) }

  /// The same half of an interval, in a score's own unit.
  func spread(of score: Score) -> String {
    guard score.unit != .fraction else { return spread }
    guard low.isFinite, high >= low else { return "" }
    let (below, above) = (mean - low, high - mean)
    return abs(below - above) <= 1e-9 * abs(above)
      ? " ± \(score.plain(above))" : " (\(score.interval(low, high)))"
  }

  /// A difference of a score in a sentence: `2.3 ± 0.4 points`, `0.310 ± 0.012 nats a token`.
  func amount(of score: Score) -> String {
    score.withDifferenceUnit(bare(of: score))
  }

  /// A point of a chart of a score, its repetitions as dots.
  func chartPoint(at place: Int, of score: Score) -> LineChart.Point {
    let scale = score.chartScale
    return LineChart.Point(
      epoch: place, value: scale * mean, low: scale * low, high: scale * high, singles: values.map { scale * $0 })
  }
}

extension RepeatedScore {
  /// `93.9 % ± 0.4`, `2.540 ± 0.012`: as it stands in a table whose place says the unit.
  var plain: String { over.plain(of: score) }

  /// `93.9 % ± 0.4`, `2.540 ± 0.012 nats a token`.
  var text: String {
    score.withName(plain)
  }
}

extension TransferSchedule {
  /// `2 epochs, learning rate 0.03, the same for all; one seed`.
  var text: String {
    let least = leastSteps.map { " but at least \(NumberText.plural($0, "step"))" } ?? ""
    let seeds = seedCount > 1 ? "means over \(seedCount) seeds with 95 % intervals" : "one seed"
    return
      "\(NumberText.plural(epochCount, "epoch"))\(least), learning rate \(NumberText.rate(learningRate)), the same for all; \(seeds)"
  }
}
