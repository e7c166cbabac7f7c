/// The fine-tuning that the curves point to, done at one rate of the layers under the head.
public struct TransferTrial: Sendable {
  /// What it came to on the examples that choose the rate.
  public struct Validation: Sendable, Codable {
    /// How well it did on the target.
    public var target: RepeatedScore
    /// By how much the source's score got worse, in its unit; nil where there is no source.
    public var forgetting: RepeatedMean?

    /// Scores, one a seed.
    public init(target: RepeatedScore, forgetting: RepeatedMean?) {
      self.target = target
      self.forgetting = forgetting
    }
  }

  /// The learning rate of the layers between what is frozen and the head, relative to the head's.
  public var factor: Double
  /// The same in itself, without the noise of binary fractions.
  public var learningRate: Double
  /// Whether it is the one to follow.
  public var isRecommended = false
  /// How well it did on the target.
  public var target: RepeatedScore
  /// By how much the source's score got worse, in its unit; nil where there is no source to measure on.
  public var forgetting: RepeatedMean?
  /// What the source is judged by; in JSON where it is not accuracy.
  public var sourceScore: Score
  /// On the examples that choose; nil where the runs held none aside.
  public var validation: Validation?
  /// By which examples its runs may choose; nil where that is not known.
  public var chosenBy: ChoiceBasis?

  /// A fine-tuning at one rate.
  ///
  /// - Parameters:
  ///   - factor: the rate of the layers under the head, relative to the head's.
  ///   - learningRate: the same in itself; the noise of binary fractions is taken off.
  ///   - target: the score on the target, one value a seed.
  ///   - forgetting: in the unit of `sourceScore`, one value a seed; nil without a source.
  public init(
    factor: Double, learningRate: Double, target: RepeatedScore, forgetting: RepeatedMean?,
    sourceScore: Score = .accuracy, validation: Validation? = nil, chosenBy: ChoiceBasis? = nil
  ) {
    self.factor = factor
    self.learningRate = learningRate.withoutNoise
    self.target = target
    self.forgetting = forgetting
    self.sourceScore = sourceScore
    self.validation = validation
    self.chosenBy = chosenBy
  }

  /// `0.003, 0.3 × the head's`.
  public var rate: String { factor == 1 ? "\(learningRate)" : "\(learningRate), \(factor) × the head's" }
}

extension TransferTrial: Codable {
  private enum CodingKeys: String, CodingKey {
    case rate, factor, learningRate, isRecommended
    /// The mean alone; the values stand beside it.
    case forgetting
    case forgettingValues, sourceScore, validation, chosenBy
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
    if sourceScore != .accuracy { try container.encode(sourceScore, forKey: .sourceScore) }
    try container.encodeIfPresent(validation, forKey: .validation)
    try container.encodeIfPresent(chosenBy, forKey: .chosenBy)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      factor: try container.decode(Double.self, forKey: .factor),
      learningRate: try container.decode(Double.self, forKey: .learningRate), target: try RepeatedScore(from: decoder),
      forgetting: try container.decodeIfPresent([Double].self, forKey: .forgettingValues).map { RepeatedMean($0) },
      sourceScore: try container.decodeIfPresent(Score.self, forKey: .sourceScore) ?? .accuracy,
      validation: try container.decodeIfPresent(Validation.self, forKey: .validation),
      chosenBy: try container.decodeIfPresent(ChoiceBasis.self, forKey: .chosenBy))
    isRecommended = try container.decode(Bool.self, forKey: .isRecommended)
  }
}

extension TransferResult {
  /// The trial to follow.
  public var choice: TransferTrial? { trials.first(where: \.isRecommended) }

  /// Sets the trials, and which of them to follow: of those as good as the best on the target, within the tolerance, the
  /// one that forgets least, or the one that moves the layers least where forgetting was not measured. The examples that
  /// choose say so, where all trials have such, else those that judge.
  public mutating func add(_ tried: [TransferTrial]) {
    trials = tried
    let isValidated = tried.allSatisfy { $0.validation != nil }
    func merit(_ trial: TransferTrial) -> Double {
      (isValidated ? trial.validation?.target : trial.target)?.merit ?? .nan
    }
    func forgetting(_ trial: TransferTrial) -> RepeatedMean? {
      isValidated ? trial.validation?.forgetting : trial.forgetting
    }
    if tried.count > 1, let basis = tried.lazy.compactMap(\.chosenBy).first {
      // Where either was chosen on the test set, both sentences say so.
      var joint = chosenBy?.examples == .test || !isValidated ? chosenBy ?? basis : basis
      if !isValidated { joint.examples = .test }
      joint.choices = (chosenBy?.choices ?? []) + basis.choices
      chosenBy = joint
    }
    guard let best = trials.map(merit).max() else { return }
    let good = trials.indices.filter { merit(trials[$0]) >= best - tolerance }
    let choice = good.min { first, second in
      let (one, other) = (trials[first], trials[second])
      guard let lost = forgetting(one), let otherLost = forgetting(other) else { return one.factor < other.factor }
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
