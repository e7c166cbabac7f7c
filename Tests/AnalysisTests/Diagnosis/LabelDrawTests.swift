import Metrics
import TestSupport
import Testing

@testable import Analysis

@Suite struct LabelDrawTests {
  /// p = (0.5, 0.3, 0.2), Σp² = 0.38. p ‖e − p‖² = p (1 − 2p + 0.38) = 0.5 · 0.38, 0.3 · 0.78, 0.2 · 0.98 = 0.19, 0.234,
  /// 0.196, together 0.62. One draw stands for 0.62 / 0.38, 0.62 / 0.78 or 0.62 / 0.98.
  @Test func aLabelStandsForItsProbabilityOverItsChance() throws {
    let weights = [0.62 / 0.38, 0.62 / 0.78, 0.62 / 0.98]
    let seed = TestSeed.any(below: 1_000_000)
    var random = RandomSource(seed: seed)
    var counts = [0.0, 0, 0]
    let draws = 20_000
    for _ in 0..<draws {
      let terms = LabelDraw.terms([0.5, 0.3, 0.2], count: 1, using: &random)
      #expect(terms.count == 1)
      let term = try #require(terms.first)
      #expect(abs(term.weight - weights[term.label]) < 1e-12)
      counts[term.label] += 1
    }
    // The chance of a label is at most 0.62; three standard errors of a share of 20,000 are 0.011.
    for (label, chance) in [0.19, 0.234, 0.196].map({ $0 / 0.62 }).enumerated() {
      #expect(abs(counts[label] / Double(draws) - chance) < 0.014, "label \(label), seed \(seed)")
    }
  }

  /// A label that is drawn twice costs one pass.
  @Test func eachLabelIsThereOnce() {
    var random = RandomSource(seed: 4)
    for _ in 0..<200 {
      let terms = LabelDraw.terms([0.9, 0.05, 0.05], count: 4, using: &random)
      #expect(terms.map(\.label) == Array(Set(terms.map(\.label))).sorted())
    }
  }

  @Test func noMoreLabelsThanDrawsAreAllTaken() {
    var random = RandomSource(seed: 1)
    let terms = LabelDraw.terms([0.25, 0.75], using: &random)
    #expect(terms.map(\.label) == [0, 1] && terms.map(\.weight) == [0.25, 0.75])
    // Of a label that is certain nothing has a slope.
    #expect(LabelDraw.terms([0, 1, 0], using: &random).isEmpty)
  }

  @Test func oneSeedDrawsOneSample() {
    let probabilities = (1...40).map { Double($0) / 820 }
    func drawn(_ seed: UInt64) -> [Int] {
      var random = RandomSource(seed: seed)
      return (0..<20).flatMap { _ in LabelDraw.terms(probabilities, using: &random).map(\.label) }
    }
    #expect(drawn(5) == drawn(5) && drawn(5) != drawn(6))
  }
}
