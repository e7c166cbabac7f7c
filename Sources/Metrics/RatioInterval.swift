/// A mean over parts of examples, such as tokens, with its interval over whole examples: parts of one are not independent.
public struct RatioInterval: Sendable, Equatable {
  /// `Σ sums / Σ counts`.
  public let value: Double
  /// The interval's ends; NaN for fewer than two examples.
  public let low: Double
  /// The upper end; likewise.
  public let high: Double

  /// `value ± t · s / √n`, s the deviation of `(sum_i − value · count_i) / mean count` over the n examples, cut at the
  /// bounds. Cochran, Sampling Techniques, 3rd edition, section 6.4; where every count is 1 it is Student's interval of a
  /// mean.
  ///
  /// - Parameters:
  ///   - sums: of each example's parts.
  ///   - counts: how many parts each example has; 0 where none counts.
  ///   - bounds: between which the mean lies.
  public init(
    sums: [Double], counts: [Double], confidence: Double = 0.95,
    within bounds: ClosedRange<Double> = -.infinity ... .infinity
  ) {
    let total = counts.reduce(0, +)
    let value = sums.reduce(0, +) / total
    self.value = value
    let examples = Double(counts.count)
    let mean = total / examples
    let spread = MeanInterval(
      zip(sums, counts).map { ($0 - value * $1) / mean }, confidence: confidence)
    guard spread.low.isFinite else {
      (low, high) = (.nan, .nan)
      return
    }
    (low, high) = (max(bounds.lowerBound, value + spread.low), min(bounds.upperBound, value + spread.high))
  }
}
