/// How far a model's answers moved from what they were before training, on examples whose labels do not count: a gauge of
/// forgetting, no measure of it.
public struct OutputDivergence: Codable, Sendable, Equatable {
  /// What it is counted in.
  public enum Unit: String, Codable, Sendable {
    /// `KL(p⁰ ‖ p) = Σ p⁰ log(p⁰ / p)`, of classes, or of the yes and no of a label.
    case nats
    /// `(x − x⁰)²` of numbers, in the square of their unit.
    case squares
  }

  /// The mean over the examples, or over ``places`` of them: 0 where nothing moved.
  public var value: Double
  /// The lower end of the 95 % interval over examples; NaN for a single one.
  public var low: Double
  /// The upper end; likewise.
  public var high: Double
  /// How many examples it is of.
  public var count: Int
  /// What has an answer of its own within an example, as `tokens`; nil where an example has one.
  public var places: String?
  /// What it is counted in.
  public var unit: Unit

  /// A divergence over some examples.
  ///
  /// - Parameters: see the properties.
  public init(
    value: Double, low: Double = .nan, high: Double = .nan, count: Int, places: String? = nil, unit: Unit = .nats
  ) {
    self.value = value
    self.low = low
    self.high = high
    self.count = count
    self.places = places
    self.unit = unit
  }

  /// NaN equals NaN here: it says the same of both.
  public static func == (left: OutputDivergence, right: OutputDivergence) -> Bool {
    left.count == right.count && left.places == right.places && left.unit == right.unit
      && zip([left.value, left.low, left.high], [right.value, right.low, right.high])
        .allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }
}
