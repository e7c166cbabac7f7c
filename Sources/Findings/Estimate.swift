import Metrics

/// A value with its 95 % interval; NaN for what was not measured.
public struct Estimate: Sendable, Codable, Hashable {
  public var value: Double
  public var low: Double
  public var high: Double

  public init(_ value: Double, low: Double = .nan, high: Double = .nan) {
    self.value = value
    self.low = low
    self.high = high
  }

  public static let unmeasured = Estimate(.nan)

  public var isMeasured: Bool { value.isFinite }
  public var hasInterval: Bool { low.isFinite && high.isFinite }

  public static func == (left: Estimate, right: Estimate) -> Bool {
    zip([left.value, left.low, left.high], [right.value, right.low, right.high])
      .allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }
}
