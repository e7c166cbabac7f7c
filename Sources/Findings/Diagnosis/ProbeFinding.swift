/// What linear probes of the layers of one model, or of several, found.
public struct ProbeFinding: Sendable {
  /// The probes of one layer, one a model.
  public struct Layer: Sendable {
    /// Its name.
    public var layer: String
    /// The score of each model's probe on test examples.
    public var scores: [Double]
    /// The penalty of each, chosen on training examples it was not fitted to.
    public var penalties: [Double]

    /// What the last model's probe lost against the first's, with its interval over the test examples, which both were
    /// judged on; nil of one model.
    public var drop: Estimate?

    /// - Parameters: see the properties.
    public init(layer: String, scores: [Double], penalties: [Double], drop: Estimate? = nil) {
      self.layer = layer
      self.scores = scores
      self.penalties = penalties
      self.drop = drop
    }
  }

  /// What probes are judged by; in JSON the scores of a layer stand under its name.
  public var score: Score
  /// The data's name.
  public var data: String
  /// Scores of probes of the last layer that were fitted to permuted labels: what a probe makes of nothing.
  public var control: ControlDraws
  /// From the input on.
  public var layers: [Layer]
  /// The models, as they were named.
  public var models: [String]
  /// How many examples the probes were fitted to.
  public var trainCount: Int
  /// How many they were judged on.
  public var testCount: Int
  /// The classes that they are of; nil where they are of all.
  public var classes: DrawnClasses?

  /// - Parameters: see the properties.
  public init(
    score: Score = .accuracy, data: String, control: ControlDraws, layers: [Layer], models: [String], trainCount: Int,
    testCount: Int, classes: DrawnClasses? = nil
  ) {
    self.score = score
    self.data = data
    self.control = control
    self.layers = layers
    self.models = models
    self.trainCount = trainCount
    self.testCount = testCount
    self.classes = classes
  }
}

extension ProbeFinding: Codable {
  private enum CodingKeys: String, CodingKey {
    case score, data, control, controlDraws, layers, models, trainCount, testCount, classes
  }

  /// The control's mean, and each of its draws.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(score, forKey: .score)
    try container.encode(data, forKey: .data)
    try container.encode(control.mean, forKey: .control)
    try container.encode(control.scores, forKey: .controlDraws)
    var own = container.nestedUnkeyedContainer(forKey: .layers)
    for layer in layers {
      var container = own.nestedContainer(keyedBy: ScoreKey.self)
      try layer.encode(to: &container, judgedBy: score)
    }
    try container.encode(models, forKey: .models)
    try container.encode(trainCount, forKey: .trainCount)
    try container.encode(testCount, forKey: .testCount)
    try container.encodeIfPresent(classes, forKey: .classes)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let score = try container.decodeIfPresent(Score.self, forKey: .score) ?? .accuracy
    var stored = try container.nestedUnkeyedContainer(forKey: .layers)
    var layers: [Layer] = []
    while !stored.isAtEnd {
      layers.append(try Layer(from: stored.nestedContainer(keyedBy: ScoreKey.self), judgedBy: score))
    }
    self.init(
      score: score,
      data: try container.decode(String.self, forKey: .data),
      control: ControlDraws(try container.decode([Double].self, forKey: .controlDraws)),
      layers: layers,
      models: try container.decode([String].self, forKey: .models),
      trainCount: try container.decode(Int.self, forKey: .trainCount),
      testCount: try container.decode(Int.self, forKey: .testCount),
      classes: try container.decodeIfPresent(DrawnClasses.self, forKey: .classes))
  }
}

extension ProbeFinding.Layer {
  private static let (nameKey, penaltyKey, dropKey) = (ScoreKey("layer"), ScoreKey("penalty"), ScoreKey("drop"))

  fileprivate func encode(to container: inout KeyedEncodingContainer<ScoreKey>, judgedBy score: Score) throws {
    try container.encode(layer, forKey: Self.nameKey)
    try container.encode(scores, forKey: ScoreKey(score.name))
    try container.encode(penalties, forKey: Self.penaltyKey)
    try container.encodeIfPresent(drop, forKey: Self.dropKey)
  }

  fileprivate init(from container: KeyedDecodingContainer<ScoreKey>, judgedBy score: Score) throws {
    self.init(
      layer: try container.decode(String.self, forKey: Self.nameKey),
      scores: try container.decode([Double].self, forKey: ScoreKey(score.name)),
      penalties: try container.decode([Double].self, forKey: Self.penaltyKey),
      drop: try container.decodeIfPresent(Estimate.self, forKey: Self.dropKey))
  }
}
