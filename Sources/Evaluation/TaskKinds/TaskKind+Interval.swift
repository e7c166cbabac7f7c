import Findings
import Metrics

extension TaskKind {
  /// The score of one model on some examples, with its 95 % interval: the bootstrap over examples.
  public func estimate(of sums: ExampleSums, using random: inout RandomSource) -> Estimate {
    let interval = bootstrapIntervals(exampleCount: sums.count, figureCount: 1, using: &random) {
      [values(of: sums, counting: $0).scores[0]]
    }[0]
    return Estimate(values(of: sums, counting: nil).scores[0], low: interval.low, high: interval.high)
  }
}

extension Classification {
  /// Wilson's interval of the share that is right.
  public func estimate(of sums: ExampleSums, using random: inout RandomSource) -> Estimate {
    let share = sums.totals()[0] / Double(max(1, sums.count))
    let interval = wilsonInterval(share, count: sums.count)
    return Estimate(share, low: interval.low, high: interval.high)
  }
}
