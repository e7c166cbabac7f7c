/// Something to do about forgetting, tried on examples that had no part in choosing it, or proposed.
public struct Remedy: Sendable {
  /// What is done.
  public enum Kind: String, Sendable, Codable {
    /// The running statistics are measured anew.
    case statistics
    /// The source's head is fitted anew.
    case head
    /// The head's rows of classes that were added to it are brought to the others' length.
    case alignment
    /// The biases of those classes are moved.
    case offset
    /// Layers are put back to what they were.
    case rewind
    /// All layers go a share of the way back.
    case interpolation
    /// Each block goes its own share of the way back.
    case blockInterpolation
    /// The scores of the source's head are divided by a temperature.
    case temperature
    /// Trained again with a regularizer.
    case retraining
  }

  /// What is done.
  public var kind: Kind
  /// In words: `refit the source head`.
  public var action: String
  /// What to type; nil where nobody said.
  public var command: String?
  /// The score regained, with its paired bootstrap interval; not measured where it is only proposed.
  public var gain: Estimate
  /// The target's score lost, likewise; not measured without a target.
  public var cost: Estimate
  /// How many source examples it was judged on; nil where it is only proposed.
  public var count: Int?
  /// The layers that are put back, or frozen in training again.
  public var layers: [String]
  /// What it brings to the source's confidence, of a temperature, which leaves the score as it is; nil of all others.
  public var confidence: MendedConfidence?

  /// - Parameters: see the properties.
  public init(
    kind: Kind, action: String, command: String? = nil, gain: Estimate = .unmeasured, cost: Estimate = .unmeasured,
    count: Int? = nil, layers: [String] = [], confidence: MendedConfidence? = nil
  ) {
    self.kind = kind
    self.action = action
    self.command = command
    self.gain = gain
    self.cost = cost
    self.count = count
    self.layers = layers
    self.confidence = confidence
  }

  /// Whether it was measured, rather than only proposed.
  public var isTried: Bool { gain.isMeasured }

  /// What it regains less what it costs.
  public var merit: Double { gain.value - (cost.isMeasured ? cost.value : 0) }
}

extension Remedy: Codable {
  private enum CodingKeys: String, CodingKey {
    case action, command, sourceGain, low, high, targetCost, costLow, costHigh, kind, count, layers
    case confidence
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(action, forKey: .action)
    try container.encodeIfPresent(command, forKey: .command)
    try container.encode(gain, .sourceGain, .low, .high)
    try container.encode(cost, .targetCost, .costLow, .costHigh)
    try container.encode(kind, forKey: .kind)
    try container.encodeIfPresent(count, forKey: .count)
    try container.encode(layers, forKey: .layers)
    try container.encodeIfPresent(confidence, forKey: .confidence)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      kind: try container.decode(Kind.self, forKey: .kind), action: try container.decode(String.self, forKey: .action),
      command: try container.decodeIfPresent(String.self, forKey: .command),
      gain: try container.estimate(.sourceGain, .low, .high),
      cost: try container.estimate(.targetCost, .costLow, .costHigh),
      count: try container.decodeIfPresent(Int.self, forKey: .count),
      layers: try container.decode([String].self, forKey: .layers),
      confidence: try container.decodeIfPresent(MendedConfidence.self, forKey: .confidence))
  }
}
