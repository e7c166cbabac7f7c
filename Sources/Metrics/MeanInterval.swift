/// The mean of a few repetitions with its 95 % interval.
public struct MeanInterval: Sendable, Equatable {
  /// The arithmetic mean.
  public let mean: Double
  /// The interval's ends, by Student's t; NaN for a single repetition.
  public let low: Double
  /// The upper end; NaN for a single repetition.
  public let high: Double
  /// How many repetitions there are.
  public let count: Int

  /// - Parameter values: one a repetition, at least one.
  public init(_ values: [Double]) {
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    guard values.count > 1 else {
      (low, high) = (.nan, .nan)
      return
    }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    let half = Self.studentQuantile(degrees: values.count - 1) * (variance / Double(values.count)).squareRoot()
    (low, high) = (mean - half, mean + half)
  }

  /// The 97.5 % quantile of Student's t.
  static func studentQuantile(degrees: Int) -> Double {
    let small = [
      12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448,
      2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    ]
    if degrees <= small.count { return small[degrees - 1] }
    // Cornish and Fisher's expansion around the normal quantile.
    let z = 1.959964
    let (z3, z5, z7) = (z * z * z, z * z * z * z * z, z * z * z * z * z * z * z)
    let n = Double(degrees)
    let second = (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n)
    let third = (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n)
    return z + (z3 + z) / (4 * n) + second + third
  }
}
