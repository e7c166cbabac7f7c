/// How far a model still says of some examples what it said at first: agreement with itself, not accuracy.
public struct ProxyAgreement: Codable, Sendable, Equatable {
  /// The fraction of the examples, or of ``places``, of which the same is said: the likeliest class, or yes and no; NaN of
  /// numbers, which are near or far.
  public var agreement: Double
  /// The mean divergence from what was said, over the same: 0 where nothing changed.
  public var divergence: Double
  /// How many examples that is the mean of.
  public var count: Int
  /// What has an answer of its own within an example, as `tokens`; nil where an example has one.
  public var places: String?
  /// What ``divergence`` is counted in.
  public var unit: OutputDivergence.Unit

  /// Agreement over some examples.
  ///
  /// - Parameters:
  ///   - agreement: a fraction; NaN of numbers.
  ///   - places: what has an answer of its own within an example; nil where an example has one.
  public init(
    agreement: Double, divergence: Double, count: Int, places: String? = nil, unit: OutputDivergence.Unit = .nats
  ) {
    self.agreement = agreement
    self.divergence = divergence
    self.count = count
    self.places = places
    self.unit = unit
  }

  /// How far the answers moved.
  public var moved: OutputDivergence {
    OutputDivergence(value: divergence, count: count, places: places, unit: unit)
  }

  /// NaN equals NaN here: it says the same of both.
  public static func == (left: ProxyAgreement, right: ProxyAgreement) -> Bool {
    left.moved == right.moved
      && (left.agreement == right.agreement || (left.agreement.isNaN && right.agreement.isNaN))
  }
}
