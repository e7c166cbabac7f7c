/// What the evaluation of one model on one task found.
public struct EvaluationFinding: Sendable, Equatable {
  /// One class of the task.
  public struct Class: Sendable, Codable, Equatable {
    /// Its name; `class` in JSON.
    public var name: String
    /// The score on its examples, `accuracy` in JSON; nil where it has none.
    public var score: Double?
    /// How many examples are of it.
    public var count: Int

    private enum CodingKeys: String, CodingKey {
      case name = "class"
      case score = "accuracy"
      case count
    }

    /// - Parameters: see the properties.
    public init(_ name: String, score: Double?, count: Int) {
      self.name = name
      self.score = score
      self.count = count
    }
  }

  /// The checkpoint's path.
  public var checkpoint: String
  /// The task whose head was judged.
  public var head: String
  /// The data's name.
  public var data: String
  /// The score, the loss and the number of examples.
  public var result: ScoredExamples
  /// The classes of the data in order.
  public var perClass: [Class]
  /// Which outputs of the head they are; nil where it is not known.
  public var matchedClasses: ClassMatch?

  /// - Parameters: see the properties.
  public init(
    checkpoint: String, head: String, data: String, result: ScoredExamples, perClass: [Class],
    matchedClasses: ClassMatch? = nil
  ) {
    self.checkpoint = checkpoint
    self.head = head
    self.data = data
    self.result = result
    self.perClass = perClass
    self.matchedClasses = matchedClasses
  }
}

extension EvaluationFinding: Codable {
  private enum CodingKeys: String, CodingKey { case checkpoint, head, data, perClass, matchedClasses }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(checkpoint, forKey: .checkpoint)
    try container.encode(head, forKey: .head)
    try container.encode(data, forKey: .data)
    try result.encode(to: encoder)
    try container.encode(perClass, forKey: .perClass)
    try container.encodeIfPresent(matchedClasses, forKey: .matchedClasses)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      checkpoint: try container.decode(String.self, forKey: .checkpoint),
      head: try container.decode(String.self, forKey: .head), data: try container.decode(String.self, forKey: .data),
      result: try ScoredExamples(from: decoder), perClass: try container.decode([Class].self, forKey: .perClass),
      matchedClasses: try container.decodeIfPresent(ClassMatch.self, forKey: .matchedClasses))
  }
}
