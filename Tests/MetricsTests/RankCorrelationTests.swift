import Metrics
import Testing

@Suite struct RankCorrelationTests {
  @Test func itIsThatOfTheRanks() {
    #expect(abs(rankCorrelation([1, 2, 3, 4, 5], [1, 10, 100, 1000, 2000]) - 1) < 1e-12)
    #expect(abs(rankCorrelation([1, 2, 3, 4, 5], [5, 4, 3, 2, 1]) + 1) < 1e-12)
    // Ranks 1, 2.5, 2.5, 4, 5 and 1, 3, 2, 4, 5 about their mean of 3: the products sum to 4 + 0 + 0.5 + 1 + 4 = 9.5, the
    // squares to 9.5 and 10.
    #expect(abs(rankCorrelation([1, 2, 2, 3, 4], [1, 3, 2, 4, 5]) - 9.5 / 95.0.squareRoot()) < 1e-12)
  }

  @Test func fewerThanFiveItemsSayNothing() {
    #expect(rankCorrelation([1, 2, 3, 4], [1, 2, 3, 4]).isNaN)
    #expect(rankCorrelation([1, .nan, 2, 3, 4], [1, 2, 3, 4, 5]).isNaN)
    #expect(rankCorrelation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]).isNaN)
    #expect(rankCorrelationInterval(0.5, count: 4).low.isNaN && rankCorrelationInterval(.nan, count: 9).high.isNaN)
  }

  @Test func itIsOverTheItemsThatHaveBothValues() {
    #expect(rankedItemCount([1, .nan, 2, 3, .infinity], [1, 2, .nan, 4, 5]) == 3)
  }

  @Test func theIntervalIsWideForFewItemsAndHoldsTheValue() {
    // atanh 0.5 = 0.5493; √((1 + 0.125)/(10 − 3)) = 0.40089, times 1.96 is 0.78574: tanh(−0.23644) and tanh(1.33504).
    let interval = rankCorrelationInterval(0.5, count: 10)
    #expect(abs(interval.low + 0.23213) < 1e-4 && abs(interval.high - 0.87043) < 1e-4, "\(interval)")
    let perfect = rankCorrelationInterval(1, count: 5)
    #expect(perfect.low < 0.3 && perfect.high < 1, "\(perfect)")
  }
}
