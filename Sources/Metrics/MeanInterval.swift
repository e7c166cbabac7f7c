/// The mean of a few repetitions with its interval by Student's t.
public struct MeanInterval: Sendable, Equatable {
  /// The arithmetic mean.
  public let mean: Double
  /// The interval's ends; NaN for a single repetition.
  public let low: Double
  /// The upper end; NaN for a single repetition.
  public let high: Double
  /// How many repetitions there are.
  public let count: Int

  /// `mean ± t · s / √n`, cut at the bounds of what is repeated.
  ///
  /// A mean of shares lies within 0 and 1, so that what is cut off never holds the truth: the cut interval covers it as
  /// often as the whole one.
  ///
  /// - Parameters:
  ///   - values: one a repetition, at least one.
  ///   - confidence: coverage, between 0 and 1.
  ///   - bounds: between which every value lies, whatever the repetition: 0 and 1 for a share.
  public init(
    _ values: [Double], confidence: Double = 0.95, within bounds: ClosedRange<Double> = -.infinity ... .infinity
  ) {
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    guard values.count > 1 else {
      (low, high) = (.nan, .nan)
      return
    }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    let half =
      StudentsT(degrees: values.count - 1).quantile(confidence) * (variance / Double(values.count)).squareRoot()
    (low, high) = (max(bounds.lowerBound, mean - half), min(bounds.upperBound, mean + half))
  }
}
