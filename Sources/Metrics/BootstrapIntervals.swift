/// Percentile bootstrap intervals of several figures over the same resamples of examples with replacement.
///
/// - Parameters:
///   - exampleCount: examples that are drawn from.
///   - figures: of a resample, each example counted so often: always as many, in one order.
/// - Returns: one a figure; NaN of fewer than two examples. Resamples of which a figure is undefined are left out of its own.
///
/// Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
public func bootstrapIntervals(
  exampleCount: Int, figureCount: Int, confidence: Double = 0.95, resamples: Int = 2000,
  using random: inout RandomSource, _ figures: (_ counts: [Int]) -> [Double]
) -> [(low: Double, high: Double)] {
  bootstrapValues(
    exampleCount: exampleCount, figureCount: figureCount, resamples: resamples, using: &random, figures
  ).map { percentileInterval(of: $0, confidence: confidence) }
}

/// The values of several figures over the same resamples of examples with replacement.
///
/// - Returns: a list a figure, without the resamples of which it is undefined; empty ones of fewer than two examples.
public func bootstrapValues(
  exampleCount: Int, figureCount: Int, resamples: Int, using random: inout RandomSource,
  _ figures: (_ counts: [Int]) -> [Double]
) -> [[Double]] {
  var drawn = [[Double]](repeating: [], count: figureCount)
  guard exampleCount > 1 else { return drawn }
  var counts = [Int](repeating: 0, count: exampleCount)
  for _ in 0..<resamples {
    for row in counts.indices { counts[row] = 0 }
    for _ in counts.indices { counts[Int.random(in: counts.indices, using: &random)] += 1 }
    for (number, value) in figures(counts).enumerated() where value.isFinite { drawn[number].append(value) }
  }
  return drawn
}

/// The interval that leaves out as many of some values below as above; NaN of none.
public func percentileInterval(of values: [Double], confidence: Double = 0.95) -> (low: Double, high: Double) {
  guard !values.isEmpty else { return (.nan, .nan) }
  let sorted = values.sorted()
  let tail = (1 - confidence) / 2
  return (quantile(tail, ofSorted: sorted), quantile(1 - tail, ofSorted: sorted))
}
