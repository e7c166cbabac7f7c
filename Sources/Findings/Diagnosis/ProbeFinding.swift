/// What linear probes of the layers of one model, or of several, found.
public struct ProbeFinding: Sendable {
  /// The probes of one layer, one a model.
  public struct Layer: Sendable, Codable {
    /// Its name.
    public var layer: String
    /// The score of each model's probe on test examples.
    public var scores: [Double]
    /// The penalty of each, chosen on training examples it was not fitted to.
    public var penalties: [Double]

    /// What the last model's probe lost against the first's, with its interval over the test examples, which both were
    /// judged on; nil of one model.
    public var drop: Estimate?

    enum CodingKeys: String, CodingKey {
      case layer
      case scores = "accuracy"
      case penalties = "penalty"
      case drop
    }

    /// - Parameters: see the properties.
    public init(layer: String, scores: [Double], penalties: [Double], drop: Estimate? = nil) {
      self.layer = layer
      self.scores = scores
      self.penalties = penalties
      self.drop = drop
    }
  }

  /// What probes are judged by; in JSON the scores stand under `accuracy` whatever it is.
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

  /// - Parameters: see the properties.
  public init(
    score: Score = .accuracy, data: String, control: ControlDraws, layers: [Layer], models: [String], trainCount: Int,
    testCount: Int
  ) {
    self.score = score
    self.data = data
    self.control = control
    self.layers = layers
    self.models = models
    self.trainCount = trainCount
    self.testCount = testCount
  }
}

extension ProbeFinding: Codable {
  private enum CodingKeys: String, CodingKey {
    case score, data, control, controlDraws, layers, models, trainCount, testCount
  }

  /// The control's mean, and each of its draws.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(score, forKey: .score)
    try container.encode(data, forKey: .data)
    try container.encode(control.mean, forKey: .control)
    try container.encode(control.scores, forKey: .controlDraws)
    try container.encode(layers, forKey: .layers)
    try container.encode(models, forKey: .models)
    try container.encode(trainCount, forKey: .trainCount)
    try container.encode(testCount, forKey: .testCount)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      score: try container.decodeIfPresent(Score.self, forKey: .score) ?? .accuracy,
      data: try container.decode(String.self, forKey: .data),
      control: ControlDraws(try container.decode([Double].self, forKey: .controlDraws)),
      layers: try container.decode([Layer].self, forKey: .layers),
      models: try container.decode([String].self, forKey: .models),
      trainCount: try container.decode(Int.self, forKey: .trainCount),
      testCount: try container.decode(Int.self, forKey: .testCount))
  }
}
