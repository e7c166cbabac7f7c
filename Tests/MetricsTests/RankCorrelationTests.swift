import Metrics
import Testing

@Suite struct RankCorrelationTests {
  @Test func ranksCountNotDistances() {
    #expect(abs(rankCorrelation([1, 2, 3, 4], [1, 10, 100, 1000]) - 1) < 1e-12)
    #expect(abs(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1]) + 1) < 1e-12)
    // Ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4: 4.5 / √(4.5 · 5).
    #expect(abs(rankCorrelation([1, 2, 2, 3], [1, 3, 2, 4]) - 4.5 / 22.5.squareRoot()) < 1e-12)
    #expect(rankCorrelation([1, 1, 1], [1, 2, 3]).isNaN)
    #expect(rankCorrelation([1, .nan, 2], [1, 2, 3]).isNaN)
  }
}
