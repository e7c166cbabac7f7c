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
    let sums = Self.sums(ofEachFour: changed)
    let groupCount = sums.count / 16
    var extreme = 0
    sums.withUnsafeBufferPointer { sums in
      for _ in 0..<draws {
        var kept = 0.0
        var bits: UInt64 = 0
        for group in 0..<groupCount {
          if group & 15 == 0 { bits = random.next() }
          kept += sums[group &* 16 &+ Int(truncatingIfNeeded: bits & 15)]
          bits >>= 4
        }
        if abs(2 * kept - total) >= seen { extreme += 1 }
      }
    }
    return Double(1 + extreme) / Double(1 + draws)
  }

  /// Of each four values the sums of all sixteen choices of them, the choice's lowest bit being the first value's.
  private static func sums(ofEachFour values: [Double]) -> [Double] {
    var sums: [Double] = []
    sums.reserveCapacity(4 * values.count + 16)
    for first in stride(from: 0, to: values.count, by: 4) {
      let own = values[first..<min(first + 4, values.count)]
      for choice in 0..<16 {
        var sum = 0.0
        for (bit, value) in own.enumerated() where (choice >> bit) & 1 == 1 { sum += value }
        sums.append(sum)
      }
    }
    return sums
  }
}
