import Testing

@testable import Metrics

@Suite struct FrontierTests {
  @Test func whatIsWorseInBothIsNotOnIt() {
    let frontier = Frontier([(0.9, 0.5), (0.8, 0.8), (0.5, 0.9), (0.7, 0.7), (.nan, 1), (0.8, 0.8)])
    #expect(frontier.members == [2, 1, 0])
    // Ends (0.5, 0.9) and (0.9, 0.5): (0.8, 0.8) rises 0.75 + 0.75 − 1 above their line.
    #expect(frontier.knee == 1)
  }

  @Test func aStraightOrHollowFrontierHasNoKnee() {
    #expect(Frontier([(0, 1), (0.5, 0.4), (1, 0)]).knee == nil)
    #expect(Frontier([(0, 1), (1, 0)]).knee == nil)
    #expect(Frontier([]).members.isEmpty)
  }
}

@Suite struct MeanIntervalTests {
  /// Mean 3, deviation √2.5, t(4) = 2.7764: half width 2.7764 · √(2.5/5) = 1.9632.
  @Test func fiveValuesByHand() {
    let interval = MeanInterval([1, 2, 3, 4, 5])
    #expect(interval.mean == 3 && abs(interval.high - 4.9632) < 1e-3 && abs(interval.low - 1.0368) < 1e-3)
  }

  @Test func oneValueHasNoInterval() {
    let interval = MeanInterval([0.7])
    #expect(interval.mean == 0.7 && interval.low.isNaN && interval.high.isNaN)
  }

  /// Without bounds 12.7062 · 0.05 = 0.6353 each way; a share is not above 1.
  @Test func aMeanOfSharesStaysWithinZeroAndOne() {
    let free = MeanInterval([0.8, 0.9])
    #expect(abs(free.low - 0.2147) < 1e-4 && abs(free.high - 1.4853) < 1e-4)
    let share = MeanInterval([0.8, 0.9], within: 0...1)
    #expect(share.low == free.low && share.high == 1)
    #expect(MeanInterval([0.02, 0.01, 0.0], within: 0...1).low == 0)
  }

  /// scipy.stats.t.ppf(0.975, n)
  @Test(arguments: [(1, 12.7062), (2, 4.3027), (5, 2.5706), (20, 2.0860), (21, 2.0796), (30, 2.0423), (100, 1.9840)])
  func quantilesAreStudents(_ degrees: Int, _ expected: Double) {
    #expect(abs(StudentsT(degrees: degrees).quantile(0.95) - expected) < 6e-5)
  }

  /// scipy.stats.t.ppf(0.995, n), and of 0.9875 for three degrees: two comparisons at 5 % together.
  @Test(arguments: [
    (1, 0.99, 63.6567), (2, 0.99, 9.92484), (4, 0.99, 4.60409), (7, 0.99, 3.49948), (3, 0.975, 4.17653),
  ])
  func quantilesOfOtherConfidences(_ degrees: Int, _ confidence: Double, _ expected: Double) {
    #expect(abs(StudentsT(degrees: degrees).quantile(confidence) - expected) < 1e-4)
    #expect(abs(StudentsT(degrees: degrees).probability(within: expected) - confidence) < 1e-6)
  }
}
