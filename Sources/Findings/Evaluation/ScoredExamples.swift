/// A model's score on a task, its mean loss there, and how many examples both are of.
///
/// In JSON `{"accuracy": 0.91, "loss": 0.2, "count": 5000}`: the score stands under its own name.
public struct ScoredExamples: Sendable, Equatable {
  /// The score and the loss.
  public var scored: ScoredTask
  /// How many examples.
  public var count: Int

  /// - Parameters: see the properties.
  public init(_ scored: ScoredTask, count: Int) {
    self.scored = scored
    self.count = count
  }
}

extension ScoredExamples: Codable {
  private enum CodingKeys: String, CodingKey { case count }

  public func encode(to encoder: any Encoder) throws {
    try scored.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(count, forKey: .count)
  }

  public init(from decoder: any Decoder) throws {
    self.init(
      try ScoredTask(from: decoder),
      count: try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .count))
  }
}
