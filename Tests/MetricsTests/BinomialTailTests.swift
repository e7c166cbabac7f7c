import Metrics
import Testing

@Suite struct BinomialTailTests {
  @Test func itIsThatOfSciPy() {
    // scipy.stats.binom.sf(successes - 1, trials, probability)
    let expected: [(Int, Int, Double, Double)] = [
      (60, 500, 0.1, 0.08098716222703299),
      (65, 500, 0.1, 0.017971753385883353),
      (3, 12, 0.5, 0.980712890625),
      (9040, 10000, 0.9, 0.09341356093133439),
      (1, 5, 0.2, 0.67232),
    ]
    for (successes, trials, probability, expected) in expected {
      let found = binomialUpperTail(of: successes, trials: trials, probability: probability)
      #expect(abs(found / expected - 1) < 1e-9, "\(successes) of \(trials), \(probability): \(found)")
    }
  }

  @Test func theEndsAreExact() {
    #expect(binomialUpperTail(of: 0, trials: 7, probability: 0) == 1)
    #expect(binomialUpperTail(of: 1, trials: 7, probability: 0) == 0)
    #expect(binomialUpperTail(of: 7, trials: 7, probability: 1) == 1)
  }

  @Test func theCommonestClassHasItsShare() {
    #expect(([3, 1, 3, 2] as [Int32]).shareOfCommonest == 0.5 && ([] as [Int32]).shareOfCommonest == 0)
  }
}
