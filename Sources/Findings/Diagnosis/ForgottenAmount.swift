/// How much of the source task was lost: what a run says of itself, or what two models say, and other runs of the same.
@dynamicMemberLookup
public struct ForgottenAmount: Sendable {
  /// By every measure. Those over epochs are NaN where the source was not measured over epochs.
  public var forgetting: Forgetting
  /// The mean over runs that differ by their seed; nil of one run.
  public var runs: MeanOfRuns?

  /// - Parameters: see the properties.
  public init(_ forgetting: Forgetting, runs: MeanOfRuns? = nil) {
    self.forgetting = forgetting
    self.runs = runs
  }

  /// A measure of it.
  public subscript<Value>(dynamicMember member: KeyPath<Forgetting, Value>) -> Value { forgetting[keyPath: member] }

  /// Whether it is agreement with the model before, not the source task itself.
  public var isAgreement: Bool { forgetting.score == .agreement }

  /// Whether more was lost than chance explains.
  public var isSignificant: Bool { forgetting.change == .loss }

  /// The further measures, each by a name that says what it is; those over epochs only where they were measured.
  ///
  /// All are fractions: shares of something, or differences of scores, which are counted in points.
  public var measures: [(name: String, value: Double, isShare: Bool)] {
    // Chance is known of classes alone.
    var named = forgetting.chance.isFinite ? [("relative: final / (before − chance)", forgetting.relative, true)] : []
    if forgetting.maxMinusFinal.isFinite {
      named += [
        ("best epoch minus last", forgetting.maxMinusFinal, false),
        ("before minus worst epoch", forgetting.worst, false), ("mean over the epochs", forgetting.area, false),
      ]
    }
    if !isAgreement, forgetting.chance.isFinite {
      named.append(("always naming the commonest class", forgetting.chance, true))
    }
    if let runs {
      named += [
        ("mean of \(runs.count) runs", runs.loss.value, false), ("its 95 % interval, from", runs.loss.low, false),
        ("to", runs.loss.high, false),
      ]
    }
    return named.map { (name: $0.0, value: $0.1, isShare: $0.2) }
  }
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

  /// The same as a claim over seeds.
  public var comparison: SeedComparison { SeedComparison(difference: loss, seedCount: count) }
}

extension ForgottenAmount: Codable {
  private enum CodingKeys: String, CodingKey { case isAgreement, runs, measures }

  private struct MeasureName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// The members of ``Forgetting``, and some beside them.
  public func encode(to encoder: any Encoder) throws {
    try forgetting.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(isAgreement, forKey: .isAgreement)
    try container.encodeIfPresent(runs, forKey: .runs)
    // The same by the names that version 0.1 gave them; not read.
    var named = container.nestedContainer(keyedBy: MeasureName.self, forKey: .measures)
    for measure in measures { try named.encode(measure.value, forKey: MeasureName(stringValue: measure.name)) }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try Forgetting(from: decoder), runs: try container.decodeIfPresent(MeanOfRuns.self, forKey: .runs))
  }
}
