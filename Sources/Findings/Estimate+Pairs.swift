import Metrics

extension PairedComparison {
  /// The score after minus before, with its paired bootstrap interval over the examples.
  public func change(using random: inout RandomSource) -> Estimate {
    let interval = bootstrapInterval(resamples: 4000, using: &random)
    return Estimate(difference, low: interval.low, high: interval.high)
  }
}

extension Estimate {
  /// The same, counted the other way round.
  public static prefix func - (estimate: Estimate) -> Estimate {
    Estimate(-estimate.value, low: -estimate.high, high: -estimate.low)
  }
}
