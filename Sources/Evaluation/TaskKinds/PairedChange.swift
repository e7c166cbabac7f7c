import Findings
import Metrics

/// What became of a score between two models on the same examples.
public struct PairedChange: Sendable, Equatable {
  /// The score of the one.
  public var before: Double
  /// The score of the other.
  public var after: Double
  /// By how much it got worse, whichever way is better, with its interval.
  public var loss: Estimate
  /// Two-sided, of the paired test.
  public var pValue: Double
  /// Examples that got worse; of right and wrong, those that went wrong.
  public var worse: Int
  /// Examples that got better; likewise.
  public var better: Int
  /// Examples in all.
  public var count: Int

  /// - Parameters: see the properties.
  public init(
    before: Double, after: Double, loss: Estimate, pValue: Double, worse: Int, better: Int, count: Int
  ) {
    self.before = before
    self.after = after
    self.loss = loss
    self.pValue = pValue
    self.worse = worse
    self.better = better
    self.count = count
  }
}

extension TaskKind {
  /// The same with as many resamples as the kind takes by itself.
  public func change(
    from before: ExampleSums, to after: ExampleSums, using random: inout RandomSource
  ) -> PairedChange {
    change(from: before, to: after, resamples: nil, using: &random)
  }

  /// The paired bootstrap of the sums, and the permutation test that exchanges the models' sums of each example.
  ///
  /// An example got worse where its own loss rose.
  public func change(
    from before: ExampleSums, to after: ExampleSums, resamples: Int?, using random: inout RandomSource
  ) -> PairedChange {
    let score = score
    let (first, last) = (values(of: before, counting: nil), values(of: after, counting: nil))
    let resampling = PairedResampling(before: before, after: after) { before, after, counts in
      score.decline(
        from: self.values(of: before, counting: counts).scores[0],
        to: self.values(of: after, counting: counts).scores[0])
    }
    let interval = resampling.interval(resamples: resamples ?? 2000, using: &random)
    let losses = (0..<before.count).map { row in
      (lossOfExample(row, in: before), lossOfExample(row, in: after))
    }
    return PairedChange(
      before: first.scores[0], after: last.scores[0],
      loss: Estimate(
        score.decline(from: first.scores[0], to: last.scores[0]), low: interval.low, high: interval.high),
      pValue: resampling.pValue(using: &random), worse: losses.count { $0.1 > $0.0 },
      better: losses.count { $0.1 < $0.0 }, count: before.count)
  }

  /// The scores beside the first, before and after.
  ///
  /// - Returns: nil where there is none.
  public func further(from before: ExampleSums, to after: ExampleSums) -> [ChangedScore]? {
    guard scores.count > 1 else { return nil }
    let (first, last) = (values(of: before, counting: nil).scores, values(of: after, counting: nil).scores)
    return scores.indices.dropFirst().map { ChangedScore(scores[$0], before: first[$0], after: last[$0]) }
  }

  /// The loss of one example alone.
  public func lossOfExample(_ row: Int, in sums: ExampleSums) -> Double {
    values(of: ExampleSums(width: sums.width, values: Array(sums[row])), counting: nil).loss
  }
}
