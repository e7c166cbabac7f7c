/// The mean of a few repetitions, a fraction, with its interval where there are several.
public struct MeanValue: Sendable {
  /// One a repetition; empty where they are not known.
  public var values: [Double]
  public var mean: Double
  /// NaN for a single repetition; likewise `high`.
  public var low: Double
  public var high: Double

  public init(values: [Double] = [], mean: Double, low: Double = .nan, high: Double = .nan) {
    self.values = values
    self.mean = mean
    self.low = low
    self.high = high
  }

  var percent: ClosedRange<Double>? { low.isFinite && high >= low ? 100 * low...100 * high : nil }

  /// Half the interval in points, ` ± 0.4`; empty without one.
  var spread: String { percent.map { " ± \(NumberText.fixed(($0.upperBound - $0.lowerBound) / 2, 1))" } ?? "" }

  /// `93.9 % ± 0.4`.
  var text: String { NumberText.percent(mean) + spread }

  /// A point of a chart in percent, its repetitions as dots.
  func chartPoint(at place: Int) -> LineChart.Point {
    LineChart.Point(
      epoch: place, value: 100 * mean, low: 100 * low, high: 100 * high, singles: values.map { 100 * $0 })
  }
}
