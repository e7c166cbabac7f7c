/// What a measure of similarity says of a layer where the answer is known.
public struct SimilarityControls: Sendable {
  /// How the network that was never trained was made.
  public enum Untrained: String, Sendable, Codable, CaseIterable {
    /// Drawn as the program says.
    case freshWeights = "fresh weights"
    /// The trained ones, in random order.
    case randomOrder = "weights in random order"
  }

  /// Of the layer with itself: 1, or something is wrong with the measure.
  public var itself: Double
  /// With a network that was never trained: how alike layers are for their architecture and inputs alone.
  public var untrained: Double
  /// What that network was.
  public var untrainedKind: Untrained
  /// Of the model after with other runs of the same fine-tuning, the mean over these: what a seed alone changes. Nil
  /// without other runs.
  public var otherRuns: Double?

  /// - Parameters: see the properties.
  public init(
    itself: Double = .nan, untrained: Double = .nan, untrainedKind: Untrained = .freshWeights, otherRuns: Double? = nil
  ) {
    self.itself = itself
    self.untrained = untrained
    self.untrainedKind = untrainedKind
    self.otherRuns = otherRuns
  }

  /// Each with the name it has in JSON and on pages.
  public var named: [(name: String, value: Double)] {
    [(Key.itself.rawValue, itself), (untrainedKind.rawValue, untrained)]
      + (otherRuns.map { [(Key.otherRuns.rawValue, $0)] } ?? [])
  }
}

extension SimilarityControls: Codable {
  private enum Key: String, CodingKey {
    case itself
    case freshWeights = "fresh weights"
    case randomOrder = "weights in random order"
    case otherRuns = "other runs"
  }

  private static let keys: [Untrained: Key] = [.freshWeights: .freshWeights, .randomOrder: .randomOrder]

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(itself, forKey: .itself)
    if let key = Self.keys[untrainedKind] { try container.encode(untrained, forKey: key) }
    if let otherRuns { try container.encode(otherRuns, forKey: .otherRuns) }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let isFresh = container.contains(.freshWeights)
    self.init(
      itself: try container.decode(Double.self, forKey: .itself),
      untrained: try container.decode(Double.self, forKey: isFresh ? .freshWeights : .randomOrder),
      untrainedKind: isFresh ? .freshWeights : .randomOrder,
      otherRuns: container.contains(.otherRuns) ? try container.decode(Double.self, forKey: .otherRuns) : nil)
  }
}
