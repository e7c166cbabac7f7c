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

  /// scipy.stats.t.ppf(0.975, n)
  @Test(arguments: [(1, 12.7062), (20, 2.0860), (21, 2.0796), (30, 2.0423), (100, 1.9840)])
  func quantilesAreStudents(_ degrees: Int, _ expected: Double) {
    #expect(abs(MeanInterval.studentQuantile(degrees: degrees) - expected) < 2e-4)
  }
}
