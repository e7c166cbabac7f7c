/// What two files of predictions of the same examples say of each other: what was lost, where, and which examples changed.
public struct ComparisonFinding: Sendable, Equatable, Codable {
  /// A column that was taken for something.
  public struct Column: Sendable, Equatable, Codable {
    /// What for: `id`, `label`, `prediction`, `score` or `group`.
    public var role: String
    /// Its name.
    public var name: String

    /// - Parameters: see the properties.
    public init(role: String, name: String) {
      self.role = role
      self.name = name
    }
  }

  /// A part of the examples.
  public struct Group: Sendable, Equatable {
    /// Its name; `group` in JSON.
    public var name: String
    /// Its score, whose interval holds together with those of all other groups, and whose change is established together
    /// with theirs.
    public var compared: ComparedScore

    /// - Parameters: see the properties.
    public init(_ name: String, _ compared: ComparedScore) {
      self.name = name
      self.compared = compared
    }
  }

  /// An example that one model is right on and the other wrong; of another score, one of those that got worst.
  public struct ChangedPrediction: Sendable, Equatable, Codable {
    /// Which example.
    public var id: String
    /// What is right; nil where it is not known.
    public var label: String?
    /// What the one model says, nil where that is not known; of a score that is no right and wrong its value.
    public var before: String?
    /// Likewise of the other.
    public var after: String?
    /// Whether it got worse.
    public var isLost: Bool

    /// - Parameters: see the properties.
    public init(id: String, label: String? = nil, before: String? = nil, after: String? = nil, isLost: Bool) {
      self.id = id
      self.label = label
      self.before = before
      self.after = after
      self.isLost = isLost
    }
  }

  /// The one file.
  public var before: String
  /// The other.
  public var after: String
  /// What an example is called: `example`, `image`.
  public var unit: String
  /// What was found in the files.
  public var columns: [Column]
  /// The filter of lm-evaluation-harness whose rows were compared; nil where there is none.
  public var filter: String?
  /// What is compared.
  public var score: Score
  /// Over all examples.
  public var whole: ComparedScore
  /// The score of always naming the commonest class; nil without classes.
  public var chance: Double?
  /// What was lost as a share of what the model before had above chance; nil where it had nothing above it.
  public var relative: Double?
  /// Other scores of the same examples; none where there are none.
  public var further: [ChangedScore]
  /// What the groups are: `label`, or a column; nil without groups.
  public var groupedBy: String?
  /// The groups, those that lost most first.
  public var groups: [Group]
  /// Examples that went wrong, then those that came right, in the files' order; of another score those that got worst.
  public var changed: [ChangedPrediction]
  /// What became of the confidence; nil without probabilities in both files.
  public var confidence: ConfidenceChange?
  /// What was allowed to be lost, and whether it was kept; nil where nothing was said.
  public var judgement: ForgettingJudgement?

  /// - Parameters: see the properties.
  public init(
    before: String, after: String, unit: String = "example", columns: [Column] = [], filter: String? = nil,
    score: Score, whole: ComparedScore, chance: Double? = nil, further: [ChangedScore] = [], groupedBy: String? = nil,
    groups: [Group] = [], changed: [ChangedPrediction] = [], confidence: ConfidenceChange? = nil
  ) {
    self.before = before
    self.after = after
    self.unit = unit
    self.columns = columns
    self.filter = filter
    self.score = score
    self.whole = whole
    self.chance = chance
    relative = chance.flatMap { whole.before > $0 ? whole.loss.value / (whole.before - $0) : nil }
    self.further = further
    self.groupedBy = groupedBy
    self.groups = groups.sorted { ($1.compared.loss.value, $0.name) < ($0.compared.loss.value, $1.name) }
    self.changed = changed
    self.confidence = confidence
  }

  /// Whether an example is right or wrong, rather than having a score that may be any number.
  public var isOfRightAndWrong: Bool { score == .accuracy }
}

extension ComparisonFinding.Group: Codable {
  private enum CodingKeys: String, CodingKey { case name = "group" }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try compared.encode(to: encoder)
  }

  public init(from decoder: any Decoder) throws {
    self.init(
      try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .name),
      try ComparedScore(from: decoder))
  }
}
