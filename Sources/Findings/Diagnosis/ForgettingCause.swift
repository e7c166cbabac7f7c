/// A part of what was lost, and what it was lost to.
public struct ForgettingCause: Sendable {
  /// What can go wrong with a network.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// A normalization's statistics are another task's.
    case statistics = "running statistics"
    /// The features tell the classes apart, but the source's head reads them wrong.
    case readout = "readout misaligned"
    /// What no head gets back.
    case features = "lost features"
  }

  /// To what.
  public var kind: Kind
  /// How much of the score, with its paired bootstrap interval. A part may be negative: a head fitted anew can be better
  /// than the one that was there.
  public var loss: Estimate
  /// What it is counted in.
  public var unit: Score.Unit

  /// - Parameters: see the properties.
  public init(_ kind: Kind, loss: Estimate, unit: Score.Unit = .fraction) {
    self.kind = kind
    self.loss = loss
    self.unit = unit
  }
}

extension ForgettingCause {
  /// Whether it is established to have cost something: the whole interval is above 0.
  public var isEstablished: Bool { loss.hasInterval && loss.low > 0 }

  /// Whether it is established to be better than before.
  public var isGain: Bool { loss.hasInterval && loss.high < 0 }
}

extension ForgettingCause: Codable {
  private enum CodingKeys: String, CodingKey { case cause, points, low, high, loss, unit }

  /// Of `{"cause", "points", "low", "high", "loss"}` the numbers before `loss` are its own in points. What is counted in
  /// another unit has none of these, and its `unit`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .cause)
    if unit == .fraction {
      try container.encode(
        Estimate(100 * loss.value, low: 100 * loss.low, high: 100 * loss.high), .points, .low, .high)
    } else {
      try container.encode(unit, forKey: .unit)
    }
    try container.encode(loss, forKey: .loss)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try container.decode(Kind.self, forKey: .cause), loss: try container.decode(Estimate.self, forKey: .loss),
      unit: try container.decodeIfPresent(Score.Unit.self, forKey: .unit) ?? .fraction)
  }
}
