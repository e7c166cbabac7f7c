import Metrics
import Testing

@Suite struct RatioIntervalTests {
  /// NumPy and SciPy: residuals `(s − v·c) / mean(c)`, `stats.t.ppf(0.975, 4)`.
  @Test func itIsTheIntervalOfAMeanOverParts() {
    let found = RatioInterval(sums: [0.5, 1.25, 0, 3, 0.75], counts: [1, 2, 0, 4, 1])
    #expect(abs(found.value - 0.6875) < 1e-12)
    #expect(abs(found.low - 0.5546704334651844) < 1e-9 && abs(found.high - 0.8203295665348156) < 1e-9, "\(found)")
    let cut = RatioInterval(sums: [0, 4, 0, 0], counts: [1, 1, 1, 1], within: 0 ... .infinity)
    #expect(cut.low == 0 && cut.value == 1)
  }

  @Test func whereEveryExampleHasOnePartItIsStudents() {
    let values = [0.2, 0.9, 1.4, 0.1]
    let (ratio, mean) = (RatioInterval(sums: values, counts: [1, 1, 1, 1]), MeanInterval(values))
    #expect(abs(ratio.low - mean.low) < 1e-12 && abs(ratio.high - mean.high) < 1e-12)
    #expect(RatioInterval(sums: [1], counts: [2]).low.isNaN)
  }
}
