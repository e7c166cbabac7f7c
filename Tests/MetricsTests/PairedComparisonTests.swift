import Foundation
import Metrics
import TestSupport
import Testing

@Suite struct PairedComparisonTests {
  @Test func countsWhatWasLostAndGained() {
    let comparison = PairedComparison(
      before: [true, true, false, true, false, false], after: [true, false, true, false, false, false])
    #expect(comparison.lost == 2)
    #expect(comparison.gained == 1)
    #expect(comparison.difference == -1.0 / 6)
    let fromPredictions = PairedComparison(labels: [1, 2, 0], before: [1, 2, 2], after: [0, 2, 0])
    #expect(fromPredictions == PairedComparison(count: 3, lost: 1, gained: 1))
  }

  /// Exact rational sums of binomials; 10 and 2: 2 · (1 + 12 + 66) / 4096 = 0.03857421875.
  private static let exactCases: [(Int, Int, Double)] = [
    (10, 2, 0.03857421875), (2, 10, 0.03857421875), (6, 0, 0.03125), (0, 0, 1.0), (1, 0, 1.0), (5, 4, 1.0), (7, 7, 1.0),
    (188, 83, 1.5795078391113198e-10), (3000, 2900, 0.1974390248435765), (900, 0, 0x1p-899),
  ]

  @Test(arguments: exactCases)
  func pValueIsTheExactBinomial(lost: Int, gained: Int, expected: Double) {
    let found = PairedComparison(count: lost + gained + 5, lost: lost, gained: gained).pValue
    #expect(abs(found - expected) <= 1e-11 * expected, "\(found) instead of \(expected)")
  }

  @Test func pValueVanishesWithoutOverflow() {
    #expect(PairedComparison(count: 100_000, lost: 60_000, gained: 3).pValue == 0)
  }

  /// With rates l and g, the difference has variance (l + g − (l − g)²)/n, and 10,000 examples are nearly normal:
  /// −0.0105 ± 1.96 · √((0.0271 − 0.00011025)/10000) = −0.01372 to −0.00728.
  @Test func bootstrapIntervalMatchesTheNormalOne() {
    let seed = TestSeed.any()
    var random = RandomSource(seed: seed)
    let comparison = PairedComparison(count: 10_000, lost: 188, gained: 83)
    let interval = comparison.bootstrapInterval(using: &random)
    #expect(abs(interval.low + 0.01372) < 3e-4, "seed \(seed): \(interval)")
    #expect(abs(interval.high + 0.00728) < 3e-4, "seed \(seed): \(interval)")
    let narrower = comparison.bootstrapInterval(confidence: 0.5, using: &random)
    #expect(narrower.low > interval.low && narrower.high < interval.high)
  }

  @Test func bootstrapIntervalIsRepeatable() {
    let comparison = PairedComparison(count: 500, lost: 20, gained: 10)
    var first = RandomSource(seed: 5)
    var second = RandomSource(seed: 5)
    #expect(comparison.bootstrapInterval(using: &first) == comparison.bootstrapInterval(using: &second))
  }

  @Test func bootstrapIntervalAtItsEnds() {
    var random = RandomSource(seed: 5)
    #expect(PairedComparison(count: 50, lost: 0, gained: 0).bootstrapInterval(using: &random) == (0, 0))
    #expect(PairedComparison(count: 50, lost: 50, gained: 0).bootstrapInterval(using: &random) == (-1, -1))
    #expect(PairedComparison(count: 0, lost: 0, gained: 0).bootstrapInterval(using: &random) == (0, 0))
  }

  @Test func quantileInterpolates() {
    // NumPy: quantile([1, 2, 4, 8], 0.4) → position 1.2 → 2 + 0.2 · 2
    #expect(abs(quantile(0.4, ofSorted: [1, 2, 4, 8]) - 2.4) < 1e-15)
    #expect(quantile(1, ofSorted: [1, 2, 4, 8]) == 8)
  }
}

@Suite struct NullRateTests {
  /// Two models of the same skill: the test at 5 % calls no more than about 5 % of such pairs forgetting.
  @Test func equalModelsAreSeldomCalledForgetful() {
    let seed = TestSeed.any()
    var random = RandomSource(seed: seed)
    let pairs = 2000
    let alarms = (0..<pairs).count { _ in
      // 500 examples, each right with probability 0.9 for either model, by itself.
      let before = (0..<500).map { _ in random.uniform() < 0.9 }
      let after = (0..<500).map { _ in random.uniform() < 0.9 }
      return PairedComparison(before: before, after: after).pValue < 0.05
    }
    // 100 expected at most; the exact test is conservative; five deviations above.
    #expect(alarms < 150, "\(alarms) of \(pairs), seed \(seed)")
    #expect(alarms > 20, "\(alarms) of \(pairs), seed \(seed)")
  }
}
