/// How much of the source task a run lost by the epoch that it stands for, and how sure that is.
///
/// Differences are positive where the score got worse, whichever way is better; those of a fraction are fractions
/// (0.02 is two points). The epochs that count are those from 0 to ``epoch``.
public struct Forgetting: Codable, Equatable, Sendable {
  /// What was lost: the source's score, or agreement with the model before.
  public var score: Score
  /// The epoch that is compared with epoch 0: the best one by the run's rule, else the last.
  public var epoch: Int
  /// The score at epoch 0, and at ``epoch``.
  public var before: Double
  /// The score at ``epoch``.
  public var after: Double
  /// The score before minus after.
  public var final: Double
  /// The ends of the 95 % interval of ``final``, a paired bootstrap over the examples.
  public var low: Double
  /// The upper end of that interval; NaN where there is none.
  public var high: Double
  /// The best score of any epoch minus the last: never negative.
  public var maxMinusFinal: Double
  /// The score before minus the worst of any epoch: the stability gap, never negative.
  public var worst: Double
  /// ``final`` as a share of what the model had above ``chance``; NaN if it had nothing above it.
  public var relative: Double
  /// The mean drop over the epochs after epoch 0.
  public var area: Double
  /// Two-sided, of the paired test (McNemar's exact one where an example is right or wrong).
  public var pairedPValue: Double
  /// Examples that went wrong, and that came right.
  public var lost: Int
  /// Examples that were wrong before and are right after.
  public var gained: Int
  /// Examples that were judged: all test examples of the source.
  public var sourceCount: Int
  /// The score of always naming the commonest class of the judged examples.
  public var chance: Double
  /// Other figures of the same examples, as perplexity; nil of a classifier.
  public var further: [ChangedScore]?
  /// Of agreement, what has an answer of its own within an example, as `tokens`; nil where an example has one.
  public var places: String?

  /// What a run lost; NaN for what was not measured.
  ///
  /// - Parameters: see the properties.
  public init(
    score: Score = .accuracy, epoch: Int, before: Double, after: Double, final: Double, low: Double = .nan,
    high: Double = .nan, maxMinusFinal: Double = .nan, worst: Double = .nan, relative: Double = .nan,
    area: Double = .nan, pairedPValue: Double = .nan, lost: Int = 0, gained: Int = 0, sourceCount: Int = 0,
    chance: Double = .nan, further: [ChangedScore]? = nil, places: String? = nil
  ) {
    self.score = score
    self.epoch = epoch
    self.before = before
    self.after = after
    self.final = final
    self.low = low
    self.high = high
    self.maxMinusFinal = maxMinusFinal
    self.worst = worst
    self.relative = relative
    self.area = area
    self.pairedPValue = pairedPValue
    self.lost = lost
    self.gained = gained
    self.sourceCount = sourceCount
    self.chance = chance
    self.further = further
    self.places = places
  }

  /// What was lost, with its interval.
  public var loss: Estimate { Estimate(final, low: low, high: high) }

  /// What was gained, with its interval the right way round.
  public var gain: Estimate { -loss }

  /// Whether that is more than chance explains; of too little nothing is established.
  public var change: EstablishedChange {
    tooLittle == nil ? EstablishedChange(loss: loss, pairedPValue: pairedPValue) : .none
  }
}

/// A score before and after.
public struct ChangedScore: Codable, Equatable, Sendable {
  /// What is counted.
  public var score: Score
  /// Its value before.
  public var before: Double
  /// Its value after.
  public var after: Double

  /// A score with its two values.
  public init(_ score: Score, before: Double, after: Double) {
    self.score = score
    self.before = before
    self.after = after
  }
}

extension Forgetting {
  private enum VerdictKeys: String, CodingKey { case change, tooLittle }

  /// The numbers, and beside them what they establish: ``change``, and ``tooLittle`` where nothing can be said.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(score, forKey: .score)
    try container.encode(epoch, forKey: .epoch)
    for (key, value) in [
      (CodingKeys.before, before), (.after, after), (.final, final), (.low, low), (.high, high),
      (.maxMinusFinal, maxMinusFinal), (.worst, worst), (.relative, relative), (.area, area),
      (.pairedPValue, pairedPValue),
    ] {
      try container.encode(value, forKey: key)
    }
    for (key, value) in [(CodingKeys.lost, lost), (.gained, gained), (.sourceCount, sourceCount)] {
      try container.encode(value, forKey: key)
    }
    try container.encode(chance, forKey: .chance)
    try container.encodeIfPresent(further, forKey: .further)
    try container.encodeIfPresent(places, forKey: .places)
    var verdict = encoder.container(keyedBy: VerdictKeys.self)
    try verdict.encode(change, forKey: .change)
    try verdict.encodeIfPresent(tooLittle, forKey: .tooLittle)
  }
}
