import Foundation

/// Two models on the same examples: what was lost, what was gained, and whether that is more than chance.
public struct PairedComparison: Sendable, Codable, Equatable {
  /// Number of examples.
  public let count: Int
  /// Examples that were right before and are wrong after.
  public let lost: Int
  /// Examples that were wrong before and are right after.
  public let gained: Int

  /// Compares two lists of "was this example classified correctly?", in the same order of examples.
  public init(before: [Bool], after: [Bool]) {
    precondition(before.count == after.count, "\(before.count) results before, \(after.count) after")
    var lost = 0
    var gained = 0
    for (wasRight, isRight) in zip(before, after) where wasRight != isRight {
      if wasRight { lost += 1 } else { gained += 1 }
    }
    self.init(count: before.count, lost: lost, gained: gained)
  }

  /// Compares two lists of predicted classes on the same labelled examples.
  public init(labels: [Int32], before: [Int32], after: [Int32]) {
    precondition(
      labels.count == before.count && labels.count == after.count,
      "\(labels.count) labels, \(before.count) predictions before, \(after.count) after")
    self.init(before: zip(labels, before).map { $0 == $1 }, after: zip(labels, after).map { $0 == $1 })
  }

  /// A comparison from its counts, which are all that the statistics below depend on.
  public init(count: Int, lost: Int, gained: Int) {
    precondition(
      lost >= 0 && gained >= 0 && lost + gained <= count, "\(lost) lost and \(gained) gained of \(count) examples")
    self.count = count
    self.lost = lost
    self.gained = gained
  }

  /// Accuracy after minus accuracy before, as a fraction: negative when more was lost than gained.
  public var difference: Double {
    count == 0 ? 0 : Double(gained - lost) / Double(count)
  }

  /// Two-sided p-value of McNemar's exact test: were losses and gains equally likely?
  ///
  /// `min(1, 2 Σ_{i ≤ k} C(n, i) / 2ⁿ)`, with `n = lost + gained` and `k` the smaller of them. Unchanged examples do
  /// not matter. 1 when nothing changed. It assumes independent examples.
  ///
  /// - Complexity: O(k).
  ///
  /// McNemar, "Note on the sampling error of the difference between correlated proportions", Psychometrika 1947.
  public var pValue: Double {
    let changed = lost + gained
    let smaller = min(lost, gained)
    if 2 * smaller == changed { return 1 }
    // Sum relative to the largest term, C(n, k), whose logarithm is summed apart: 2ⁿ overflows beyond n = 1023.
    var logLargest = 0.0
    for i in 0..<smaller { logLargest += log(Double(changed - i) / Double(i + 1)) }
    var sum = 1.0
    var term = 1.0
    var i = smaller
    while i > 0 && term > sum * 1e-18 {
      term *= Double(i) / Double(changed - i + 1)
      sum += term
      i -= 1
    }
    return min(1, exp(logLargest + log(sum) - Double(changed - 1) * log(2)))
  }

  /// Percentile bootstrap interval of ``difference``, over resamples of the examples with replacement.
  ///
  /// A resample matters only by how many lost and gained examples it holds, so these two counts are drawn from their
  /// multinomial distribution instead of the examples themselves: the same interval, at a cost that does not depend on
  /// the number of examples.
  ///
  /// - Parameters:
  ///   - confidence: coverage, between 0 and 1.
  ///   - resamples: number of resamples; the ends vary from seed to seed by about `1/√resamples` of their width.
  ///   - random: where chance comes from.
  /// - Returns: the ends as fractions. Both are 0 when no example changed: that is what was seen, not a proof.
  ///
  /// Efron, "Bootstrap methods: another look at the jackknife", Ann. Statist. 7, 1979.
  public func bootstrapInterval(
    confidence: Double = 0.95, resamples: Int = 10_000, using random: inout RandomSource
  ) -> (low: Double, high: Double) {
    precondition(confidence > 0 && confidence < 1 && resamples > 0, "\(resamples) resamples, confidence \(confidence)")
    if count == 0 { return (0, 0) }
    let lossRate = Double(lost) / Double(count)
    let gainRate = lost == count ? 0 : Double(gained) / Double(count - lost)
    let differences = (0..<resamples).map { _ in
      let drawnLost = random.binomial(trials: count, probability: lossRate)
      let drawnGained = random.binomial(trials: count - drawnLost, probability: gainRate)
      return Double(drawnGained - drawnLost) / Double(count)
    }.sorted()
    let tail = (1 - confidence) / 2
    return (quantile(tail, ofSorted: differences), quantile(1 - tail, ofSorted: differences))
  }
}

/// Percentile bootstrap interval of a mean, over resamples of the values with replacement.
///
/// - Complexity: O(values · resamples).
public func bootstrapInterval(
  ofMean values: [Double], confidence: Double = 0.95, resamples: Int = 2000, using random: inout RandomSource
) -> (low: Double, high: Double) {
  guard !values.isEmpty else { return (.nan, .nan) }
  let means = values.withUnsafeBufferPointer { values in
    (0..<resamples).map { _ in
      var sum = 0.0
      for _ in 0..<values.count { sum += values[Int.random(in: 0..<values.count, using: &random)] }
      return sum / Double(values.count)
    }
  }.sorted()
  let tail = (1 - confidence) / 2
  return (quantile(tail, ofSorted: means), quantile(1 - tail, ofSorted: means))
}

/// The `fraction` quantile of sorted values, interpolated linearly between neighbours (NumPy's default).
public func quantile(_ fraction: Double, ofSorted values: [Double]) -> Double {
  precondition(!values.isEmpty && fraction >= 0 && fraction <= 1, "quantile \(fraction) of \(values.count) values")
  let position = fraction * Double(values.count - 1)
  let below = Int(position)
  let above = min(below + 1, values.count - 1)
  return values[below] + (position - Double(below)) * (values[above] - values[below])
}
