import Metrics

/// What became of a model's confidence between two states, on the same examples.
public struct ConfidenceChange: Codable, Equatable, Sendable {
  /// Before.
  public var before: CalibrationScores
  /// After.
  public var after: CalibrationScores
  /// By how much the negative log-likelihood rose, in nats, with its interval over examples (jackknife).
  public var negativeLogLikelihoodRise: Estimate
  /// By how much the calibration error rose, a fraction; likewise.
  public var calibrationErrorRise: Estimate
  /// By how much the Brier score rose; likewise.
  public var brierScoreRise: Estimate
  /// How many examples it is of.
  public var count: Int
  /// What has an answer of its own within an example, as `tokens`; nil where an example has one.
  public var places: String?

  /// The change from what each example adds before to what it adds after.
  ///
  /// - Parameters:
  ///   - after: of the same examples in the same order.
  ///   - places: see the property.
  public init(from before: ConfidenceSums, to after: ConfidenceSums, places: String? = nil) {
    let rises = before.rises(to: after).map { Estimate($0.value, low: $0.low, high: $0.high) }
    self.before = before.scores
    self.after = after.scores
    (negativeLogLikelihoodRise, calibrationErrorRise, brierScoreRise) = (rises[0], rises[1], rises[2])
    count = before.count
    self.places = places
  }
}

extension ConfidenceChange {
  private var isJudged: Bool { count >= TooLittle.leastExamples }

  /// Whether the calibration error changed beyond its interval, of enough examples.
  public var isEstablished: Bool {
    isJudged && calibrationErrorRise.hasInterval && (calibrationErrorRise.low > 0 || calibrationErrorRise.high < 0)
  }

  /// Whether confidence is worth less: both the calibration error and the negative log-likelihood are established to be
  /// higher.
  public var isLoss: Bool { isEstablished && calibrationErrorRise.low > 0 && negativeLogLikelihoodRise.low > 0 }

  /// Whether confidence is worth more: likewise lower.
  public var isGain: Bool { isEstablished && calibrationErrorRise.high < 0 && negativeLogLikelihoodRise.high < 0 }
}

/// What became of a model's confidence on both tasks of a run, from epoch 0 to the one that it stands for.
public struct RunConfidence: Codable, Equatable, Sendable {
  /// On the task learnt before; nil where it was not measured twice.
  public var source: ConfidenceChange?
  /// On the task that was trained; nil likewise, and where its head was drawn just before.
  public var target: ConfidenceChange?

  /// - Parameters: see the properties.
  /// - Returns: nil without either.
  public init?(source: ConfidenceChange?, target: ConfidenceChange?) {
    guard source != nil || target != nil else { return nil }
    self.source = source
    self.target = target
  }
}

/// What a diagnosis found of the source's confidence.
public struct DiagnosedConfidence: Codable, Equatable, Sendable {
  /// What became of it on the judged examples.
  public var change: ConfidenceChange
  /// Whether it is a cause of its own: it was lost, and the score was not.
  public var isCause: Bool

  /// - Parameter forgetting: what became of the score.
  public init(_ change: ConfidenceChange, beside forgetting: Forgetting) {
    self.change = change
    isCause =
      change.isLoss
      && (forgetting.change != .loss || forgetting.high < forgetting.score.tolerance(at: forgetting.before))
  }
}

/// What dividing the scores of a head by a temperature brings, which was fitted to other examples.
public struct MendedConfidence: Codable, Equatable, Sendable {
  /// What scores are divided by.
  public var temperature: Double
  /// From the model as it is to the mended one, on the examples that had no part in fitting it.
  public var change: ConfidenceChange

  /// - Parameters: see the properties.
  public init(temperature: Double, change: ConfidenceChange) {
    self.temperature = temperature
    self.change = change
  }
}
