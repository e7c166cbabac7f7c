import Metrics

/// What says how good a model is on a task: its name, its unit and which way is better.
public struct Score: Sendable, Codable, Hashable {
  /// What a score is counted in.
  public enum Unit: String, Sendable, Codable, Hashable {
    /// From 0 to 1; shown in per cent, differences in points.
    case fraction
    case nats
    case bits
    /// Nats for each token.
    case natsPerToken
    /// The label's own unit, or none.
    case number
  }

  /// Which way is better.
  public enum Direction: String, Sendable, Codable, Hashable { case up, down }

  /// The field's word for it, which is also its key in JSON: `accuracy`.
  public var name: String
  /// What its numbers are counted in.
  public var unit: Unit
  /// Which way is better; differences that say "worse" follow it.
  public var direction: Direction

  /// A figure that models are judged by.
  ///
  /// - Parameter name: the field's word for it, which is also its key in JSON.
  public init(name: String, unit: Unit, direction: Direction) {
    self.name = name
    self.unit = unit
    self.direction = direction
  }

  /// The share of examples whose most probable class is the right one.
  public static let accuracy = Score(name: "accuracy", unit: .fraction, direction: .up)
  /// The share of examples of which the model says what it said before.
  public static let agreement = Score(name: "agreement", unit: .fraction, direction: .up)
  /// The mean over labels, or over categories of objects and overlaps, of the area under precision and recall.
  public static let meanAveragePrecision = Score(name: "mean_average_precision", unit: .fraction, direction: .up)
  /// Mean loss of the task over examples.
  public static let loss = Score(name: "loss", unit: .nats, direction: .down)

  /// Between which its values lie, and the interval of a mean of them.
  ///
  /// Losses and errors, of which less is better, are never below 0, and R² never above 1.
  public var bounds: ClosedRange<Double> {
    if unit == .fraction { return 0...1 }
    if direction == .down { return 0 ... .infinity }
    return -.infinity...(name == "r2" ? 1 : .infinity)
  }
  /// Likewise of a difference of two values.
  public var differenceBounds: ClosedRange<Double> { unit == .fraction ? -1...1 : -.infinity ... .infinity }

  /// The value with its sign so that higher is better.
  public func merit(_ value: Double) -> Double { direction == .up ? value : -value }

  /// What two values may differ by and still count as no different: a point of a share, a hundredth of a nat or a bit, one
  /// per cent of a number.
  ///
  /// - Parameter value: what a number is one per cent of.
  public func tolerance(at value: Double) -> Double { unit == .number ? 0.01 * abs(value) : 0.01 }

  /// By how much a score got worse: positive for a loss, whichever way is better.
  public func decline(from before: Double, to after: Double) -> Double { merit(before) - merit(after) }
}

/// A model's score on a task's examples, and its mean loss there.
///
/// In JSON the score stands under its own name: `{"accuracy": 0.91, "loss": 0.2}`.
public struct ScoredTask: Sendable, Equatable {
  /// What is counted; in JSON the key that ``value`` stands under.
  public var score: Score
  /// NaN where it was not measured; likewise the loss.
  public var value: Double
  /// Mean loss over the same examples; of a classifier the cross-entropy, in nats.
  public var loss: Double
  /// Other figures of the same examples, as perplexity; none of a classifier.
  public var further: [MeasuredScore]
  /// What the model's confidence is worth on the same examples; nil where that was not measured.
  public var confidence: CalibrationScores?

  /// A score's value, with the loss where it was measured.
  public init(
    _ score: Score, _ value: Double, loss: Double = .nan, further: [MeasuredScore] = [],
    confidence: CalibrationScores? = nil
  ) {
    self.score = score
    self.value = value
    self.loss = loss
    self.further = further
    self.confidence = confidence
  }

  /// Accuracy.
  public init(_ value: Double, loss: Double = .nan) { self.init(.accuracy, value, loss: loss) }

  public static func == (left: ScoredTask, right: ScoredTask) -> Bool {
    left.score == right.score && isSame(left.value, right.value) && isSame(left.loss, right.loss)
      && left.further == right.further && left.confidence == right.confidence
  }

  /// NaN is the same as NaN: it says the same of both.
  private static func isSame(_ a: Double, _ b: Double) -> Bool { a == b || (a.isNaN && b.isNaN) }
}

extension ScoredTask: Codable {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: ScoreKey.self)
    try container.encode(value, of: score)
    try container.encode(loss, forKey: ScoreKey(Score.loss.name))
    if !further.isEmpty { try container.encode(further, forKey: ScoreKey(Self.furtherKey)) }
    if let confidence { try container.encode(confidence, forKey: ScoreKey(Self.confidenceKey)) }
  }

  private static let (furtherKey, confidenceKey) = ("further", "confidence")

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: ScoreKey.self)
    (score, value) = try container.decodeScore()
    loss = try container.decode(Double.self, forKey: ScoreKey(Score.loss.name))
    further = try container.decodeIfPresent([MeasuredScore].self, forKey: ScoreKey(Self.furtherKey)) ?? []
    confidence = try container.decodeIfPresent(CalibrationScores.self, forKey: ScoreKey(Self.confidenceKey))
  }
}

/// A score with its value.
public struct MeasuredScore: Sendable, Codable, Equatable {
  /// What is counted.
  public var score: Score
  /// NaN where it was not measured.
  public var value: Double

  /// A score with its value.
  public init(_ score: Score, _ value: Double) {
    self.score = score
    self.value = value
  }

  public static func == (left: MeasuredScore, right: MeasuredScore) -> Bool {
    left.score == right.score && (left.value == right.value || (left.value.isNaN && right.value.isNaN))
  }
}

/// A key that need not be known beforehand: a score's own name.
struct ScoreKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// Scores that their name alone tells; any other is written out beside its value.
private let knownScores: [Score] = [.accuracy, .agreement]

extension KeyedEncodingContainer where Key == ScoreKey {
  /// Writes a value under its score's name.
  mutating func encode(_ value: Double, of score: Score) throws {
    try encode(value, forKey: ScoreKey(score.name))
    if !knownScores.contains(score) { try encode(score, forKey: ScoreKey("score")) }
  }
}

extension KeyedDecodingContainer where Key == ScoreKey {
  /// Reads what ``KeyedEncodingContainer/encode(_:of:)`` wrote.
  func decodeScore() throws -> (Score, Double) {
    let known = knownScores.first { contains(ScoreKey($0.name)) }
    let score = try known ?? decode(Score.self, forKey: ScoreKey("score"))
    return (score, try decode(Double.self, forKey: ScoreKey(score.name)))
  }
}
