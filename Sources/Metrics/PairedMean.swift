/// How much a mean over examples got worse between two models, of each example's own difference.
public struct PairedMean: Sendable, Equatable {
  /// One an example.
  public let differences: [Double]

  /// - Parameter differences: of each example, positive where it got worse.
  public init(_ differences: [Double]) { self.differences = differences }

  /// The mean difference; NaN of none.
  public var value: Double { mean(differences) }

  /// Two-sided p-value of the permutation test that turns the sign of each difference by a coin, which is to exchange the
  /// two models' scores of an example.
  ///
  /// `(1 + #{|Δ*| ≥ |Δ|}) / (1 + draws)`: never 0, and exact for the draws made. What ``PairedResampling`` gives for a
  /// mean, at a fraction of its cost.
  ///
  /// - Complexity: O(differences · draws).
  ///
  /// Phipson and Smyth, "Permutation P-values should never be zero", 2010.
  public func pValue(draws: Int = 2000, using random: inout RandomSource) -> Double {
    // An example that did not change changes no permutation.
    let changed = differences.filter { $0 != 0 }
    guard !differences.isEmpty else { return .nan }
    guard !changed.isEmpty else { return 1 }
    // Σ ±d = 2 · Σ of those with a plus − Σ d.
    let total = changed.reduce(0, +)
    let seen = abs(total) * (1 - 1e-12)
    var extreme = 0
    for _ in 0..<draws {
      var kept = 0.0
      var bits: UInt64 = 0
      for (place, difference) in changed.enumerated() {
        if place & 63 == 0 { bits = random.next() }
        if bits & 1 == 1 { kept += difference }
        bits >>= 1
      }
      if abs(2 * kept - total) >= seen { extreme += 1 }
    }
    return Double(1 + extreme) / Double(1 + draws)
  }
}
