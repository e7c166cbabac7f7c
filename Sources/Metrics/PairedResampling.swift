/// Two lists of sums over the same examples, compared by a score that need not be a mean.
public struct PairedResampling: Sendable {
  private let before: ExampleSums
  private let after: ExampleSums
  private let difference: @Sendable (_ before: ExampleSums, _ after: ExampleSums, _ counts: [Int]?) -> Double

  /// - Parameter difference: the score of the one less that of the other, each example counted so often.
  public init(
    before: ExampleSums, after: ExampleSums,
    difference: @escaping @Sendable (_ before: ExampleSums, _ after: ExampleSums, _ counts: [Int]?) -> Double
  ) {
    precondition(before.count == after.count, "\(before.count) examples before, \(after.count) after")
    self.before = before
    self.after = after
    self.difference = difference
  }

  /// The difference over all examples.
  public var value: Double { difference(before, after, nil) }

  /// Percentile bootstrap interval of the difference, over resamples of the examples with replacement.
  ///
  /// - Returns: NaN of fewer than two examples. Resamples of which the score is undefined are left out.
  ///
  /// Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
  public func interval(
    confidence: Double = 0.95, resamples: Int = 2000, using random: inout RandomSource
  ) -> (low: Double, high: Double) {
    bootstrapIntervals(
      exampleCount: before.count, figureCount: 1, confidence: confidence, resamples: resamples, using: &random
    ) { counts in [difference(before, after, counts)] }[0]
  }

  /// Two-sided p-value of the permutation test that exchanges before and after of each example by a coin.
  ///
  /// `(1 + #{|Δ*| ≥ |Δ|}) / (1 + draws)`: never 0, and exact for the draws made.
  ///
  /// Phipson and Smyth, "Permutation P-values should never be zero", 2010.
  public func pValue(draws: Int = 2000, using random: inout RandomSource) -> Double {
    let seen = abs(value)
    guard seen.isFinite, before.count > 0 else { return .nan }
    var isSwapped = [Bool](repeating: false, count: before.count)
    var extreme = 0
    for _ in 0..<draws {
      for row in isSwapped.indices { isSwapped[row] = random.next() >> 63 == 1 }
      let value = difference(before.swapping(isSwapped, with: after), after.swapping(isSwapped, with: before), nil)
      // Rounding must not make a permutation that is the same differ.
      if abs(value) >= seen * (1 - 1e-12) { extreme += 1 }
    }
    return Double(1 + extreme) / Double(1 + draws)
  }
}
