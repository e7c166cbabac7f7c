/// How alike the layers of two networks are on the same examples.
public struct LayerSimilarity: Codable, Equatable, Sendable {
  /// What is measured.
  public enum Measure: String, Codable, Equatable, Sendable, CaseIterable {
    /// Centred kernel alignment, summed over minibatches.
    case cka
    /// Canonical correlations or the best rotation, of all examples at once.
    case svcca, pwcca, procrustes

    /// As a reader knows it.
    public var title: String { self == .procrustes ? "Procrustes" : rawValue.uppercased() }
  }

  /// One layer with its namesake.
  public struct Entry: Codable, Equatable, Sendable {
    /// The layer's name.
    public var layer: String
    /// 1 for identical representations up to what the measure ignores; never clamped. NaN without a signal.
    /// In JSON `cka`.
    public var value: Double
    /// The ends of the 95 % interval; NaN where there is none.
    public var low: Double
    /// The interval's upper end.
    public var high: Double
    /// The value with the examples of the second network shuffled: what no relation at all gives.
    public var null: Double

    private enum CodingKeys: String, CodingKey {
      case layer
      case value = "cka"
      case low, high, null
    }

    /// One layer; in JSON the value stands under `cka`, whatever the measure.
    public init(layer: String, value: Double, low: Double = .nan, high: Double = .nan, null: Double = .nan) {
      self.layer = layer
      self.value = value
      self.low = low
      self.high = high
      self.null = null
    }

    /// The value with its interval.
    public var estimate: Estimate { Estimate(value, low: low, high: high) }

    /// Whether the features have no structure above the noise, so that there is no value.
    public var isLowSignal: Bool { !value.isFinite }

    /// NaN equals NaN here: it says the same of both.
    public static func == (left: Entry, right: Entry) -> Bool {
      left.layer == right.layer && left.estimate == right.estimate && Estimate(left.null) == Estimate(right.null)
    }
  }

  /// What the numbers are of: CKA, or canonical correlations and their like.
  public var measure: Measure
  /// How it was estimated: `linear, debiased`.
  public var estimator: String
  /// The tool whose numbers these are; nil for the field's own definition.
  public var compat: String?
  /// Examples in all that the features are of.
  public var sampleCount: Int
  /// Examples a minibatch; as many as ``sampleCount`` where all are taken at once.
  public var batchSize: Int
  /// The name of the data, or of a file of features.
  public var data: String
  /// How outputs with several places became rows of features: `standard` is flattened images and averaged tokens.
  public var pool: String
  /// Rows that each example has in the features, where places are drawn from it; nil where it has one.
  public var rowsPerExample: Int?
  /// The layers before and after.
  public var layersA: [String]
  /// The layers of the second network.
  public var layersB: [String]
  /// `[layersA][layersB]`; in JSON `cka`.
  public var values: [[Double]]
  /// The layers both networks have.
  public var diagonal: [Entry]
  /// Layers with fewer than ten examples for each direction, whose canonical correlations are too high.
  public var crowded: [String]
  /// The epoch of the run that is compared with epoch 0; nil for two models.
  public var epoch: Int?

  private enum CodingKeys: String, CodingKey {
    case measure, estimator, compat, sampleCount, batchSize, data, pool, rowsPerExample, layersA, layersB
    case values = "cka"
    case diagonal, crowded, epoch
  }

  /// How alike the layers are; in JSON the values stand under `cka`, whatever the measure.
  ///
  /// - Parameter batchSize: nil where all examples were taken at once.
  public init(
    measure: Measure = .cka, estimator: String, compat: String? = nil, sampleCount: Int, batchSize: Int? = nil,
    data: String = "", pool: String = "standard", rowsPerExample: Int? = nil, layersA: [String], layersB: [String],
    values: [[Double]],
    diagonal: [Entry], crowded: [String] = [], epoch: Int? = nil
  ) {
    self.measure = measure
    self.estimator = estimator
    self.compat = compat
    self.sampleCount = sampleCount
    self.batchSize = batchSize ?? sampleCount
    self.data = data
    self.pool = pool
    self.rowsPerExample = rowsPerExample
    self.layersA = layersA
    self.layersB = layersB
    self.values = values
    self.diagonal = diagonal
    self.crowded = crowded
    self.epoch = epoch
  }

  /// The entry of a layer; nil where the networks do not share it.
  public subscript(layer: String) -> Entry? { diagonal.first { $0.layer == layer } }
}
