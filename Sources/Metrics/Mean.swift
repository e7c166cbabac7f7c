/// The arithmetic mean; NaN of nothing.
func mean(_ values: [Double]) -> Double { values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count) }

/// The deviation of values from their mean, of the sample (n − 1); NaN of fewer than two.
public func standardDeviation(of values: [Double]) -> Double {
  guard values.count > 1 else { return .nan }
  let mean = mean(values)
  return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
}
