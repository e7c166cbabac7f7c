import Metrics

/// A value with its 95 % interval; NaN for what was not measured.
public struct Estimate: Sendable, Codable, Hashable {
  /// The point estimate, in the unit of what is measured.
  public var value: Double
  /// The interval's lower end; NaN where there is none.
  public var low: Double
  /// The interval's upper end; NaN where there is none.
  public var high: Double

  /// A value with its interval, or without one.
  public init(_ value: Double, low: Double = .nan, high: Double = .nan) {
    self.value = value
    self.low = low
    self.high = high
  }

  /// What stands for no measurement: all NaN.
  public static let unmeasured = Estimate(.nan)

  /// Whether there is a finite value.
  var isMeasured: Bool { value.isFinite }
  /// Whether both ends of the interval are finite.
  var hasInterval: Bool { low.isFinite && high.isFinite }

  public static func == (left: Estimate, right: Estimate) -> Bool {
    zip([left.value, left.low, left.high], [right.value, right.low, right.high])
      .allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }
}
