/// One of the four treatments of Yosinski et al. 2014; B is the target, A what the base network was trained on.
public enum TransferKind: String, Sendable, Codable, CaseIterable {
  /// Layers of a network trained on the target itself, frozen: what cutting alone breaks.
  case selffer = "BnB"
  /// The same, trained on.
  case selfferTuned = "BnB+"
  /// Layers of the base network, frozen: how general they are.
  case transfer = "AnB"
  /// The same, trained on.
  case transferTuned = "AnB+"

  /// Whether the copied layers stay as they are.
  public var isFrozen: Bool { self == .selffer || self == .transfer }
  /// Whether the copied layers are the base network's.
  public var takesBase: Bool { self == .transfer || self == .transferTuned }
}
