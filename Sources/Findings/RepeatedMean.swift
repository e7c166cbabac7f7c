import Metrics

/// The mean of a figure over a few repetitions (seeds), with its 95 % interval by Student's t where there are several.
public struct RepeatedMean: Sendable, Codable {
  /// NaN where nothing was repeated.
  public var mean: Double
  /// NaN for a single repetition; likewise `high`.
  public var low: Double
  /// The interval's upper end.
  public var high: Double
  /// One a repetition.
  public var values: [Double]

  /// - Parameters:
  ///   - values: one a repetition; without any the mean is NaN.
  ///   - bounds: between which every value lies: the interval ends there.
  public init(_ values: [Double], within bounds: ClosedRange<Double> = -.infinity ... .infinity) {
    let interval = MeanInterval(values, within: bounds)
    self.init(mean: interval.mean, low: interval.low, high: interval.high, values: values)
  }

  /// A mean that others took.
  public init(mean: Double, low: Double = .nan, high: Double = .nan, values: [Double] = []) {
    self.mean = mean
    self.low = low
    self.high = high
    self.values = values
  }
}

/// A score over a few repetitions.
///
/// In JSON its mean stands under the score's own name: `{"accuracy": 0.91, "low": …, "high": …, "values": […]}`.
public struct RepeatedScore: Sendable {
  /// What is counted.
  public var score: Score
  /// The figures, in the score's unit.
  public var over: RepeatedMean

  /// - Parameter values: one a repetition.
  public init(_ score: Score, _ values: [Double]) { self.init(score, RepeatedMean(values, within: score.bounds)) }

  /// A score with the mean of its repetitions, computed already.
  public init(_ score: Score, _ over: RepeatedMean) {
    self.score = score
    self.over = over
  }

  /// The mean over the repetitions; NaN where there is none.
  public var mean: Double { over.mean }
  /// The interval's ends; NaN for a single repetition.
  public var low: Double { over.low }
  /// The interval's upper end; NaN for a single repetition.
  public var high: Double { over.high }
  /// One a repetition.
  public var values: [Double] { over.values }

  /// The mean with its sign so that higher is better.
  public var merit: Double { score.merit(mean) }

  /// By how much it is better than another, repetition by repetition: below 0 where it is worse, whichever way is better.
  ///
  /// - Parameter count: how many claims this one is chosen from.
  public func gain(over other: RepeatedScore, among count: Int = 1) -> SeedComparison {
    SeedComparison(
      values.map(score.merit), less: other.values.map(score.merit), among: count, within: score.differenceBounds)
  }
}

extension RepeatedScore: Codable {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: ScoreKey.self)
    try container.encode(mean, of: score)
    try container.encode(low, forKey: ScoreKey("low"))
    try container.encode(high, forKey: ScoreKey("high"))
    try container.encode(values, forKey: ScoreKey("values"))
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: ScoreKey.self)
    let (score, mean) = try container.decodeScore()
    self.init(
      score,
      RepeatedMean(
        mean: mean, low: try container.decode(Double.self, forKey: ScoreKey("low")),
        high: try container.decode(Double.self, forKey: ScoreKey("high")),
        values: try container.decode([Double].self, forKey: ScoreKey("values"))))
  }
}
