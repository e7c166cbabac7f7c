import Metrics
import TestSupport
import Testing

@Suite struct PairedMeanTests {
  /// Of three differences that are all 1 only two of eight sign patterns are as extreme: a quarter.
  @Test func pValueIsTheShareOfSignsThatAreAsExtreme() {
    var random = RandomSource(seed: 4)
    let mean = PairedMean([1, 1, 1, 0])
    #expect(mean.value == 0.75)
    let found = mean.pValue(draws: 20_000, using: &random)
    #expect(abs(found - 0.25) < 0.02, "\(found)")
    #expect(PairedMean([0, 0]).pValue(using: &random) == 1 && PairedMean([]).pValue(using: &random).isNaN)
  }

  @Test func isWhatResamplingGivesOfAMean() {
    let seed = TestSeed.any()
    var random = RandomSource(seed: seed)
    let (before, after) = ((0..<150).map { _ in random.normal() }, (0..<150).map { _ in random.normal() + 0.15 })
    let mean = PairedMean(zip(before, after).map { $0 - $1 })
    let resampling = PairedResampling(
      before: ExampleSums(width: 1, values: before), after: ExampleSums(width: 1, values: after)
    ) { before, after, counts in
      let total = Double(counts?.reduce(0, +) ?? before.count)
      return (before.totals(counting: counts)[0] - after.totals(counting: counts)[0]) / total
    }
    #expect(abs(mean.value - resampling.value) < 1e-12)
    let (own, other) = (mean.pValue(using: &random), resampling.pValue(using: &random))
    // Two shares of 2,000 draws: four deviations of their difference at most.
    #expect(abs(own - other) < 4 * (2 * 0.25 / 2000).squareRoot(), "seed \(seed): \(own), \(other)")
  }

  /// R's p.adjust(c(0.04, 0.01, 0.03, 0.02), "holm") and of c(0.5, 0.9, 0.01).
  @Test func holmsAdjustmentIsRs() {
    let four = holmAdjusted([0.04, 0.01, 0.03, 0.02])
    #expect(zip(four, [0.06, 0.04, 0.06, 0.06]).allSatisfy { abs($0 - $1) < 1e-12 }, "\(four)")
    let three = holmAdjusted([0.5, 0.9, 0.01])
    #expect(zip(three, [1, 1, 0.03]).allSatisfy { abs($0 - $1) < 1e-12 }, "\(three)")
    let some = holmAdjusted([.nan, 0.01])
    #expect(some[0].isNaN && some[1] == 0.01)
  }
}
