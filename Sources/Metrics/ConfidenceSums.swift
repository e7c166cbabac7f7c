import Foundation

/// What a model's confidence is worth over some examples; each is better when it is less.
public struct CalibrationScores: Sendable, Codable, Equatable {
  /// The mean over answers of `−ln p` of the right class, in nats.
  public var negativeLogLikelihood: Double
  /// How far confidence is from accuracy, of ``Calibration/standardBinCount`` bins; a fraction.
  public var calibrationError: Double
  /// The mean over answers of `Σ_k (p_k − [k is right])²`; from 0 to 2.
  public var brierScore: Double

  /// - Parameters: see the properties; NaN of what was not measured.
  public init(negativeLogLikelihood: Double, calibrationError: Double, brierScore: Double) {
    self.negativeLogLikelihood = negativeLogLikelihood
    self.calibrationError = calibrationError
    self.brierScore = brierScore
  }

  /// NaN equals NaN here: it says the same of both.
  public static func == (left: CalibrationScores, right: CalibrationScores) -> Bool {
    zip(left.figures, right.figures).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }

  fileprivate var figures: [Double] { [negativeLogLikelihood, calibrationError, brierScore] }
}

/// What each example adds to how much a model's confidence is worth: the unit of intervals is the example, whether it has
/// one answer or many.
public struct ConfidenceSums: Sendable, Equatable {
  /// A row an example. Of one answer each: its `−ln p` of what is right, its Brier score, the probability of what was said,
  /// and whether that was right (1 or 0). Of many: how many, the sums of the first two, and by bin of confidence the sum of
  /// confidence less right.
  public private(set) var rows: ExampleSums

  /// Numbers of an example with one answer.
  private static let answerWidth = 4
  /// Bins, with that of a confidence of 1.
  private static let binCount = Calibration.standardBinCount + 1
  /// Numbers of an example with many answers.
  private static let manyWidth = 3 + binCount

  /// What was stored as ``rows``; nil of rows that are of something else.
  public init?(_ rows: ExampleSums) {
    guard rows.width == Self.answerWidth || rows.width == Self.manyWidth else { return nil }
    self.rows = rows
  }

  /// - Parameters:
  ///   - losses: `−ln p` of the right class, one an answer; the others likewise.
  ///   - brierScores: `Σ_k (p_k − [k is right])²`.
  ///   - confidences: the probability of what was said.
  ///   - isRight: whether that was right.
  ///   - counts: how many answers each example has, in their order; nil where each has one.
  public init(
    losses: [Double], brierScores: [Double], confidences: [Double], isRight: [Bool], counts: [Int]? = nil
  ) {
    precondition(
      brierScores.count == losses.count && confidences.count == losses.count && isRight.count == losses.count
        && counts.map { $0.reduce(0, +) == losses.count } ?? true, "\(losses.count) answers")
    guard let counts else {
      rows = ExampleSums(
        width: Self.answerWidth,
        values: losses.indices.flatMap { [losses[$0], brierScores[$0], confidences[$0], isRight[$0] ? 1 : 0] })
      return
    }
    var values: [Double] = []
    var next = 0
    for count in counts {
      var row = [Double](repeating: 0, count: Self.manyWidth)
      row[0] = Double(count)
      for place in next..<(next + count) {
        row[1] += losses[place]
        row[2] += brierScores[place]
        row[3 + confidenceBin(of: confidences[place])] += confidences[place] - (isRight[place] ? 1 : 0)
      }
      values += row
      next += count
    }
    rows = ExampleSums(width: Self.manyWidth, values: values)
  }

  /// The number of examples.
  public var count: Int { rows.count }

  /// Examples, and others behind them; traps where only one of the two has many answers an example.
  public mutating func append(_ others: ConfidenceSums) { rows.append(others.rows) }

  /// Some of the examples, in the order given.
  public func selecting(_ places: [Int]) -> ConfidenceSums { ConfidenceSums(rows.selecting(places)) ?? self }

  /// The figures over all examples; NaN of none.
  public var scores: CalibrationScores { totals.scores }

  /// By how much each figure rose from one model to another on the same examples, with its 95 % interval: after less before.
  ///
  /// The jackknife over examples: `d ± t · √((n − 1) / n · Σ (d_(i) − d̄)²)`, `d_(i)` the difference without example i. Of the
  /// mean of one answer an example it is Student's interval of the paired difference. Of the calibration error, which is no
  /// mean, the interval is approximate, and errs where a model is so well calibrated that chance alone makes its figure.
  ///
  /// - Parameter after: of the same examples in the same order.
  /// - Returns: in the order of ``CalibrationScores``; ends are NaN of fewer than two examples.
  /// - Complexity: O(examples · bins).
  ///
  /// Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 11.
  public func rises(to after: ConfidenceSums) -> [(value: Double, low: Double, high: Double)] {
    precondition(after.count == count, "\(count) examples before, \(after.count) after")
    let values = zip(scores.figures, after.scores.figures).map { $1 - $0 }
    guard count > 1 else { return values.map { ($0, .nan, .nan) } }
    let without = zip(leftOut, after.leftOut).map { before, after in zip(before, after).map { $1 - $0 } }
    let (examples, t) = (Double(count), StudentsT(degrees: count - 1).quantile(0.95))
    return values.indices.map { figure in
      let differences = without.map { $0[figure] }
      let center = mean(differences)
      let spread = differences.reduce(0) { $0 + ($1 - center) * ($1 - center) }
      let half = t * ((examples - 1) / examples * spread).squareRoot()
      return (values[figure], values[figure] - half, values[figure] + half)
    }
  }

  private var totals: ConfidenceTotals {
    var totals = ConfidenceTotals(binCount: Self.binCount)
    for row in 0..<count { add(row, to: &totals, times: 1) }
    return totals
  }

  /// The figures without one example, for each.
  private var leftOut: [[Double]] {
    var totals = totals
    return (0..<count).map { row in
      add(row, to: &totals, times: -1)
      let figures = totals.scores.figures
      add(row, to: &totals, times: 1)
      return figures
    }
  }

  private func add(_ row: Int, to totals: inout ConfidenceTotals, times: Double) {
    let own = rows[row]
    let start = own.startIndex
    guard rows.width != Self.answerWidth else {
      totals.count += times
      totals.loss += times * own[start]
      totals.brier += times * own[start + 1]
      totals.gaps[confidenceBin(of: own[start + 2])] += times * (own[start + 2] - own[start + 3])
      return
    }
    totals.count += times * own[start]
    totals.loss += times * own[start + 1]
    totals.brier += times * own[start + 2]
    for bin in 0..<Self.binCount { totals.gaps[bin] += times * own[start + 3 + bin] }
  }
}

/// Sums over examples.
private struct ConfidenceTotals {
  var count = 0.0
  var loss = 0.0
  var brier = 0.0
  /// Confidence less right, by bin of confidence.
  var gaps: [Double]

  init(binCount: Int) { gaps = [Double](repeating: 0, count: binCount) }

  var scores: CalibrationScores {
    guard count > 0 else {
      return CalibrationScores(negativeLogLikelihood: .nan, calibrationError: .nan, brierScore: .nan)
    }
    return CalibrationScores(
      negativeLogLikelihood: loss / count, calibrationError: gaps.reduce(0) { $0 + abs($1) } / count,
      brierScore: brier / count)
  }
}
