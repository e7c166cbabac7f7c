/// What putting one layer's, or several layers', tensors back brings and costs.
public struct Rewind: Sendable {
  /// The layers put back.
  public var layers: [String]
  /// The source's score regained, with its paired bootstrap interval.
  public var gain: Estimate
  /// The target's score lost, likewise; not measured without a target.
  public var cost: Estimate

  /// - Parameters: see the properties.
  public init(layers: [String], gain: Estimate, cost: Estimate = .unmeasured) {
    self.layers = layers
    self.gain = gain
    self.cost = cost
  }
}

extension Rewind: Codable {
  private enum CodingKeys: String, CodingKey { case layers, gain, low, high, cost, costLow, costHigh }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(layers, forKey: .layers)
    try container.encode(gain, .gain, .low, .high)
    try container.encode(cost, .cost, .costLow, .costHigh)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      layers: try container.decode([String].self, forKey: .layers), gain: try container.estimate(.gain, .low, .high),
      cost: try container.estimate(.cost, .costLow, .costHigh))
  }
}

/// What rewinding layers found: each alone, or more and more of them from either end.
public struct RewindFinding: Sendable, Codable {
  /// Which layers are put back together.
  public enum Order: String, Sendable, CaseIterable {
    /// Each layer by itself.
    case alone = "each alone"
    /// The last, then the last two, and so on.
    case fromHead = "from the head down"
    /// The first, then the first two, and so on.
    case fromInput = "from the input up"
  }

  /// Each layer by itself; nil where it was not asked for, likewise the others.
  public var alone: [Rewind]?
  /// More and more layers from the last on.
  public var fromHead: [Rewind]?
  /// More and more layers from the first on.
  public var fromInput: [Rewind]?
  /// The data that judge the source.
  public var source: String
  /// How many of its examples did.
  public var sourceCount: Int
  /// How many of the target's; nil without a target.
  public var targetCount: Int?
  /// What is regained.
  public var score: Score
  /// Which outputs of their heads the classes of both tasks are; nil where it is not known.
  public var matchedClasses: JudgedClasses?

  enum CodingKeys: String, CodingKey {
    case alone = "each alone"
    case fromHead = "from the head down"
    case fromInput = "from the input up"
    case source, sourceCount, targetCount, score, matchedClasses
  }

  /// - Parameters: see the properties.
  public init(
    _ rewinds: [Order: [Rewind]], source: String, sourceCount: Int, targetCount: Int? = nil, score: Score = .accuracy,
    matchedClasses: JudgedClasses? = nil
  ) {
    alone = rewinds[.alone]
    fromHead = rewinds[.fromHead]
    fromInput = rewinds[.fromInput]
    self.source = source
    self.sourceCount = sourceCount
    self.targetCount = targetCount
    self.score = score
    self.matchedClasses = matchedClasses
  }

  /// What was asked for, in the order of ``Order``.
  public var parts: [(order: Order, rewinds: [Rewind])] {
    [(Order.alone, alone), (.fromHead, fromHead), (.fromInput, fromInput)].compactMap { order, rewinds in
      rewinds.map { (order: order, rewinds: $0) }
    }
  }
}
