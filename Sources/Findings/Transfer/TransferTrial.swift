/// The fine-tuning that the curves point to, done at one rate of the layers under the head.
public struct TransferTrial: Sendable {
  /// The learning rate of the layers between what is frozen and the head, relative to the head's.
  public var factor: Double
  /// The same in itself, without the noise of binary fractions.
  public var learningRate: Double
  /// Whether it is the one to follow.
  public var isRecommended = false
  /// How well it did on the target.
  public var target: RepeatedScore
  /// By how much the source's score got worse, a fraction; nil where there is no source to measure on.
  public var forgetting: RepeatedMean?

  /// A fine-tuning at one rate.
  ///
  /// - Parameters:
  ///   - factor: the rate of the layers under the head, relative to the head's.
  ///   - learningRate: the same in itself; the noise of binary fractions is taken off.
  ///   - target: the score on the target, one value a seed.
  ///   - forgetting: a fraction, one value a seed; nil without a source.
  public init(factor: Double, learningRate: Double, target: RepeatedScore, forgetting: RepeatedMean?) {
    self.factor = factor
    self.learningRate = learningRate.withoutNoise
    self.target = target
    self.forgetting = forgetting
  }

  /// `0.003, 0.3 × the head's`.
  public var rate: String { factor == 1 ? "\(learningRate)" : "\(learningRate), \(factor) × the head's" }
}

extension TransferTrial: Codable {
  private enum CodingKeys: String, CodingKey {
    case rate, factor, learningRate, isRecommended
    /// The mean alone; the values stand beside it.
    case forgetting
    case forgettingValues
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rate, forKey: .rate)
    try container.encode(factor, forKey: .factor)
    try container.encode(learningRate, forKey: .learningRate)
    try container.encode(isRecommended, forKey: .isRecommended)
    try target.encode(to: encoder)
    try container.encodeIfPresent(forgetting?.mean, forKey: .forgetting)
    try container.encodeIfPresent(forgetting?.values, forKey: .forgettingValues)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      factor: try container.decode(Double.self, forKey: .factor),
      learningRate: try container.decode(Double.self, forKey: .learningRate), target: try RepeatedScore(from: decoder),
      forgetting: try container.decodeIfPresent([Double].self, forKey: .forgettingValues).map { RepeatedMean($0) })
    isRecommended = try container.decode(Bool.self, forKey: .isRecommended)
  }
}

extension TransferResult {
  /// The trial to follow.
  public var choice: TransferTrial? { trials.first(where: \.isRecommended) }

  /// Sets the trials, and which of them to follow: of those as good as the best on the target, within the tolerance, the
  /// one that forgets least, or the one that moves the layers least where forgetting was not measured.
  public mutating func add(_ tried: [TransferTrial]) {
    trials = tried
    guard let best = trials.map(\.target.mean).max() else { return }
    let good = trials.indices.filter { trials[$0].target.mean >= best - tolerance }
    let choice = good.min { first, second in
      let (one, other) = (trials[first], trials[second])
      guard let lost = one.forgetting, let otherLost = other.forgetting else { return one.factor < other.factor }
      return lost.mean < otherLost.mean
    }
    for index in trials.indices { trials[index].isRecommended = index == choice }
  }
}

extension Double {
  /// A learning rate without the noise of binary fractions: nine decimals where these are not all 0.
  public var withoutNoise: Double {
    let rounded = (self * 1e9).rounded() / 1e9
    return rounded == 0 ? self : rounded
  }
}
