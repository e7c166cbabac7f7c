/// The examples of some data that choose: an epoch, when to stop, a rate, a method. Others are trained on, and judge.
public struct ValidationReference: Sendable, Equatable, Codable {
  /// What they are taken from.
  public enum Origin: String, Sendable, Codable {
    /// A split that the data hold ready for it.
    case own
    /// The training examples, without which the run is then trained.
    case train
    /// The test examples, of which only the others judge.
    case test
  }

  /// What they are taken from.
  public var origin: Origin
  /// The share of each class that was drawn; nil of a split that the data hold ready, and so the seed.
  public var fraction: Double?
  /// What they were drawn by.
  public var seed: UInt64?
  /// How many there are.
  public var count: Int
  /// The hash of what they say, `Split.fingerprint`.
  public var fingerprint: String

  /// A reference to the examples that choose.
  ///
  /// - Parameters: see the properties.
  public init(origin: Origin, fraction: Double? = nil, seed: UInt64? = nil, count: Int, fingerprint: String) {
    self.origin = origin
    self.fraction = fraction
    self.seed = seed
    self.count = count
    self.fingerprint = fingerprint
  }
}
