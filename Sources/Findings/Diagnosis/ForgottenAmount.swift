import Metrics

/// How much of the source task was lost, by every measure. Scores as they are counted: fractions, say.
public struct ForgottenAmount: Sendable {
  /// What was lost: accuracy, or agreement with the model before where the source's examples were not at hand.
  public var score: Score
  /// The score before fine-tuning and after.
  public var before: Double
  /// The score after it.
  public var after: Double
  /// What was lost, with its paired interval: positive for a loss.
  public var loss: Estimate
  /// Of the paired test: are losses and gains equally likely?
  public var pValue: Double
  /// How many examples it is of.
  public var count: Int
  /// How many of them went wrong.
  public var lost: Int
  /// How many came right.
  public var gained: Int
  /// The epoch that is meant by "after"; nil without a run.
  public var epoch: Int?
  /// The loss as a share of what the source model had above chance; NaN where it had nothing.
  public var relative = Double.nan
  /// The best epoch minus the one after; NaN where the source was not measured over epochs, likewise the next two.
  public var maxMinusFinal = Double.nan
  /// The score before minus the worst epoch's.
  public var worst = Double.nan
  /// The mean loss over the epochs.
  public var area = Double.nan
  /// The score of guessing.
  public var chance = Double.nan
  /// The mean over runs that differ by their seed; nil of one run.
  public var runs: MeanOfRuns?

  /// - Parameters:
  ///   - comparison: of the same examples before and after.
  ///   - interval: of its difference, which is negative for a loss.
  public init(
    _ score: Score, before: Double, after: Double, _ comparison: PairedComparison,
    interval: (low: Double, high: Double),
    epoch: Int? = nil
  ) {
    self.score = score
    self.before = before
    self.after = after
    loss = Estimate(-comparison.difference, low: -interval.high, high: -interval.low)
    pValue = comparison.pValue
    count = comparison.count
    lost = comparison.lost
    gained = comparison.gained
    self.epoch = epoch
  }

  /// - Parameters: see the properties.
  init(
    score: Score, before: Double, after: Double, loss: Estimate, pValue: Double, count: Int, lost: Int, gained: Int
  ) {
    self.score = score
    self.before = before
    self.after = after
    self.loss = loss
    self.pValue = pValue
    self.count = count
    self.lost = lost
    self.gained = gained
  }

  /// Whether it is agreement with the model before, not the source task itself.
  public var isAgreement: Bool { score == .agreement }

  /// Whether more was lost than chance explains.
  public var isSignificant: Bool { before > after && pValue < DiagnosisThresholds.significance }
}

/// The mean loss of several runs of one fine-tuning.
public struct MeanOfRuns: Sendable, Codable, Hashable {
  /// How many runs.
  public var count: Int
  /// What they lost, with the interval over runs.
  public var loss: Estimate

  /// - Parameters: see the properties.
  public init(count: Int, loss: Estimate) {
    self.count = count
    self.loss = loss
  }
}

extension ForgottenAmount: Codable {
  private enum CodingKeys: String, CodingKey {
    case final, low, high, maxMinusFinal, worst, relative, area, pairedPValue, lost, gained, sourceCount, epoch
    case before, after, chance, score, isAgreement, runs, measures
  }

  private struct MeasureName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(loss, .final, .low, .high)
    try container.encode(maxMinusFinal, forKey: .maxMinusFinal)
    try container.encode(worst, forKey: .worst)
    try container.encode(relative, forKey: .relative)
    try container.encode(area, forKey: .area)
    try container.encode(pValue, forKey: .pairedPValue)
    try container.encode(lost, forKey: .lost)
    try container.encode(gained, forKey: .gained)
    try container.encode(count, forKey: .sourceCount)
    try container.encodeIfPresent(epoch, forKey: .epoch)
    try container.encode(before, forKey: .before)
    try container.encode(after, forKey: .after)
    try container.encode(chance, forKey: .chance)
    try container.encode(score, forKey: .score)
    try container.encode(isAgreement, forKey: .isAgreement)
    try container.encodeIfPresent(runs, forKey: .runs)
    // The same by the names that version 0.1 gave them; not read.
    var named = container.nestedContainer(keyedBy: MeasureName.self, forKey: .measures)
    for measure in measures { try named.encode(measure.value, forKey: MeasureName(stringValue: measure.name)) }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double { try container.decode(Double.self, forKey: key) }
    self.init(
      score: try container.decode(Score.self, forKey: .score), before: try number(.before), after: try number(.after),
      loss: try container.estimate(.final, .low, .high), pValue: try number(.pairedPValue),
      count: try container.decode(Int.self, forKey: .sourceCount), lost: try container.decode(Int.self, forKey: .lost),
      gained: try container.decode(Int.self, forKey: .gained))
    epoch = try container.decodeIfPresent(Int.self, forKey: .epoch)
    relative = try number(.relative)
    maxMinusFinal = try number(.maxMinusFinal)
    worst = try number(.worst)
    area = try number(.area)
    chance = try number(.chance)
    runs = try container.decodeIfPresent(MeanOfRuns.self, forKey: .runs)
  }
}

extension ForgottenAmount {
  /// The further measures, each by a name that says what it is; those over epochs only where they were measured.
  public var measures: [(name: String, value: Double)] {
    var named = [("relative: final / (before − chance)", relative)]
    if maxMinusFinal.isFinite {
      named += [
        ("best epoch minus last", maxMinusFinal), ("before minus worst epoch", worst), ("mean over the epochs", area),
      ]
    }
    named.append(("chance level of \(Score.accuracy.name)", chance))
    if let runs {
      named += [
        ("mean of \(runs.count) runs", runs.loss.value), ("its 95 % interval, from", runs.loss.low),
        ("to", runs.loss.high),
      ]
    }
    return named.map { (name: $0.0, value: $0.1) }
  }
}
