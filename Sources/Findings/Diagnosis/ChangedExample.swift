/// A source example that fine-tuning made wrong, or right.
public struct ChangedExample: Sendable, Codable {
  /// Its place among the source's test examples.
  public var index: Int
  /// Its class.
  public var label: String
  /// The likeliest class before.
  public var before: String
  /// The likeliest class after.
  public var after: String
  /// The probability of its own class before.
  public var confidenceBefore: Double
  /// The probability of its own class after.
  public var confidenceAfter: Double
  /// Nil where it is not an image, or not shown.
  public var picture: Picture?

  enum CodingKeys: String, CodingKey {
    case index
    case label = "class"
    case before, after
    case confidenceBefore = "probabilityBefore"
    case confidenceAfter = "probabilityAfter"
    case picture
  }

  /// - Parameters: see the properties.
  public init(
    index: Int, label: String, before: String, after: String, confidenceBefore: Double, confidenceAfter: Double,
    picture: Picture? = nil
  ) {
    self.index = index
    self.label = label
    self.before = before
    self.after = after
    self.confidenceBefore = confidenceBefore
    self.confidenceAfter = confidenceAfter
    self.picture = picture
  }

  /// Whether it was right before and is wrong now, rather than the other way round.
  public var isLost: Bool { before == label }
}
