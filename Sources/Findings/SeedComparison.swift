import Metrics

/// Two ways of doing the same over the same seeds: what one has more than the other, and whether the seeds carry that.
///
/// A seed's two values belong together: they saw the same examples in the same order, so that what the seed alone does
/// falls out of their difference. The difference is established where there are ``fewestSeeds`` at least and its interval
/// by Student's t leaves out 0. It is a statement about other seeds on the same examples.
///
/// This is the one rule of every claim over seeds: what is best, where the knee is, what wins, what is recommended.
public struct SeedComparison: Sendable, Codable, Equatable {
  /// Fewer seeds establish nothing: two have one degree of freedom, and tell a spread from none by chance.
  public static let fewestSeeds = 3

  /// The mean difference, with its interval over seeds; no interval for a single seed.
  public var difference: Estimate
  /// Pairs that were compared; in JSON `seeds`.
  public var seedCount: Int
  /// Among how many comparisons the claim was chosen: the interval is as wide as lets all of them hold with 95 %
  /// confidence (Bonferroni); in JSON `comparisons`.
  public var comparisonCount: Int

  private enum CodingKeys: String, CodingKey {
    case difference
    case seedCount = "seeds"
    case comparisonCount = "comparisons"
  }

  /// Compares the values of two ways, one a seed in the same order.
  ///
  /// Lists of unequal length hold no pairs: then nothing can be established, and the difference is that of the means.
  ///
  /// - Parameters:
  ///   - comparisons: how many claims this one is chosen from, at least one.
  ///   - bounds: between which every difference lies.
  public init(
    _ values: [Double], less others: [Double], among comparisons: Int = 1,
    within bounds: ClosedRange<Double> = -.infinity ... .infinity
  ) {
    guard values.count == others.count else {
      let means = [values, others].map { MeanInterval($0).mean }
      self.init(difference: Estimate(means[0] - means[1]), seedCount: 0, among: comparisons)
      return
    }
    self.init(differences: zip(values, others).map { $0 - $1 }, among: comparisons, within: bounds)
  }

  /// A comparison of differences, or of another contrast, one a seed.
  public init(
    differences: [Double], among comparisons: Int = 1, within bounds: ClosedRange<Double> = -.infinity ... .infinity
  ) {
    let count = max(1, comparisons)
    let interval = MeanInterval(differences, confidence: 1 - 0.05 / Double(count), within: bounds)
    self.init(
      difference: Estimate(interval.mean, low: interval.low, high: interval.high), seedCount: differences.count,
      among: count)
  }

  /// A comparison whose interval is known.
  init(difference: Estimate, seedCount: Int, among comparisons: Int = 1) {
    self.difference = difference
    self.seedCount = seedCount
    comparisonCount = max(1, comparisons)
  }

  /// Whether there are seeds enough, and a spread among them to judge by: differences that agree but for rounding have none.
  public var isJudged: Bool { seedCount >= Self.fewestSeeds && difference.high - difference.low > 1e-9 }

  /// Whether it is established that the first way has more.
  public var isMore: Bool { isJudged && difference.low > 0 }
  /// Whether it is established that the first way has less.
  public var isLess: Bool { isJudged && difference.high < 0 }
  /// Whether it is established that the first way has at most so much more: that of two ways it is no worse to take the
  /// second.
  public func isAtMost(_ margin: Double) -> Bool { isJudged && difference.high <= margin }

  /// The comparison the other way round.
  public var reversed: SeedComparison {
    var result = self
    result.difference = -difference
    return result
  }
}
