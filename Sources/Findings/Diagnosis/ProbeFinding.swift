/// What linear probes of the layers of one model, or of several, found.
public struct ProbeFinding: Sendable, Codable {
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

  /// The data's name.
  public var data: String
  /// The score of a probe of the last layer that was fitted to permuted labels: what a probe makes of nothing.
  public var control: Double
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
    data: String, control: Double, layers: [Layer], models: [String], trainCount: Int, testCount: Int
  ) {
    self.data = data
    self.control = control
    self.layers = layers
    self.models = models
    self.trainCount = trainCount
    self.testCount = testCount
  }
}
