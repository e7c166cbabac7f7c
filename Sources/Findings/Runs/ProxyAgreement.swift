/// How far a model still says of some examples what it said at first: agreement with itself, not accuracy.
public struct ProxyAgreement: Codable, Sendable, Equatable {
  /// The fraction of the examples, or of ``places``, whose likeliest class is the one it was.
  public var agreement: Double
  /// The mean of `KL(p₀ ‖ p) = Σ p₀ log(p₀ / p)` over the same, in nats: 0 where nothing changed.
  public var divergence: Double
  /// How many examples that is the mean of.
  public var count: Int
  /// What has an answer of its own within an example, as `tokens`; nil where an example has one.
  public var places: String?

  /// Agreement over some examples.
  ///
  /// - Parameters:
  ///   - agreement: a fraction.
  ///   - divergence: in nats.
  ///   - places: what has an answer of its own within an example; nil where an example has one.
  public init(agreement: Double, divergence: Double, count: Int, places: String? = nil) {
    self.agreement = agreement
    self.divergence = divergence
    self.count = count
    self.places = places
  }
}
