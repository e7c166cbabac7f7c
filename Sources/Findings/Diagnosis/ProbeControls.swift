/// Scores of probes of the last layer that are there to compare with; NaN where they were not measured.
public struct ProbeControls: Sendable {
  /// Fitted to labels in random order: what a probe makes of nothing.
  public var permuted: ControlDraws
  /// On a network that was never trained: what a probe makes of the inputs alone.
  public var untrained: Double

  enum CodingKeys: String, CodingKey {
    case permuted = "fitted to permuted labels"
    case draws = "each draw of permuted labels"
    case untrained = "on a network never trained"
  }

  /// - Parameters: see the properties.
  public init(permuted: ControlDraws = ControlDraws([]), untrained: Double = .nan) {
    self.permuted = permuted
    self.untrained = untrained
  }

  /// What each is called.
  public static let permutedName = CodingKeys.permuted.rawValue
  /// Likewise.
  public static let untrainedName = CodingKeys.untrained.rawValue
}

extension ProbeControls: Codable {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(permuted.mean, forKey: .permuted)
    try container.encode(permuted.scores, forKey: .draws)
    try container.encode(untrained, forKey: .untrained)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      permuted: ControlDraws(try container.decode([Double].self, forKey: .draws)),
      untrained: try container.decode(Double.self, forKey: .untrained))
  }
}

/// The scores of a control that chance enters, one a draw.
public struct ControlDraws: Sendable, Hashable {
  /// How many draws there are where nothing else is said.
  public static let count = 5
  /// One a draw; none where it was not measured.
  public var scores: [Double]

  /// One a draw.
  public init(_ scores: [Double]) { self.scores = scores }

  /// Their mean; NaN of none, likewise the others.
  public var mean: Double { scores.isEmpty ? .nan : scores.reduce(0, +) / Double(scores.count) }
  /// The lowest.
  public var lowest: Double { scores.min() ?? .nan }
  /// The highest.
  public var highest: Double { scores.max() ?? .nan }
}
