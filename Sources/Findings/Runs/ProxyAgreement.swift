/// How far a model still says of some examples what it said at first: agreement with itself, not accuracy.
public struct ProxyAgreement: Codable, Sendable, Equatable {
  /// The fraction of the examples whose likeliest class is the one it was.
  public var agreement: Double
  /// The mean of `KL(p₀ ‖ p) = Σ p₀ log(p₀ / p)` over the examples, in nats: 0 where nothing changed.
  public var divergence: Double
  /// How many examples that is the mean of.
  public var count: Int

  /// Agreement over some examples.
  ///
  /// - Parameters:
  ///   - agreement: a fraction.
  ///   - divergence: in nats.
  public init(agreement: Double, divergence: Double, count: Int) {
    self.agreement = agreement
    self.divergence = divergence
    self.count = count
  }
}
