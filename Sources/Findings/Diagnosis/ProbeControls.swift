/// Scores of probes of the last layer that are there to compare with; NaN where they were not measured.
public struct ProbeControls: Sendable, Codable {
  /// Fitted to labels in random order: what a probe makes of nothing.
  public var permuted: Double
  /// On a network that was never trained: what a probe makes of the inputs alone.
  public var untrained: Double

  enum CodingKeys: String, CodingKey, CaseIterable {
    case permuted = "fitted to permuted labels"
    case untrained = "on a network never trained"
  }

  /// - Parameters: see the properties.
  public init(permuted: Double = .nan, untrained: Double = .nan) {
    self.permuted = permuted
    self.untrained = untrained
  }

  /// Each with the name it has in JSON and on pages.
  public var named: [(name: String, value: Double)] {
    [(CodingKeys.permuted.rawValue, permuted), (CodingKeys.untrained.rawValue, untrained)]
  }
}
