import Findings
import Foundation
import Metrics
import TestSupport
import Testing

/// How often 95 % intervals hold a truth that is known, and how often a change is established where there is none.
///
/// `LETHE_SIMULATIONS=1 swift test --filter IntervalCoverageTests` repeats it more often.
@Suite struct IntervalCoverageTests {
  private static let paired: [(count: Int, lost: Double, gained: Double)] = [
    (500, 0.05, 0.01), (2000, 0.05, 0.01), (2000, 0.02, 0.02), (10_000, 0.004, 0.002),
  ]

  /// The paired bootstrap of what was lost, and the rule that calls it a loss.
  @Test(arguments: paired) func whatWasForgottenIsWithinItsInterval(_ count: Int, _ lost: Double, _ gained: Double) {
    var random = RandomSource(seed: 31)
    let repetitions = Simulation.repetitions(1000, few: 150)
    let covered = Simulation("forgetting of \(count) examples, \(lost) lost, \(gained) gained", "covered", repetitions)
    {
      _ in
      let loss = Self.loss(count: count, lost: lost, gained: gained, using: &random).loss
      return (loss.low...loss.high).contains(lost - gained)
    }
    #expect(covered.isWithin(0.93...0.97), "\(covered.share)")
  }

  @Test(arguments: [500, 2000]) func equalModelsAreSeldomSaidToHaveForgotten(_ count: Int) {
    for rate in [0.002, 0.02, 0.1] {
      var random = RandomSource(seed: 32)
      let repetitions = Simulation.repetitions(2000, few: 200)
      let alarms = Simulation("forgetting of \(count) examples, \(rate) lost and gained", "false alarm", repetitions) {
        _ in
        Self.loss(count: count, lost: rate, gained: rate, using: &random).change != .none
      }
      #expect(alarms.isWithin(0...0.05), "\(alarms.share)")
    }
  }

  private static func loss(
    count: Int, lost: Double, gained: Double, using random: inout RandomSource
  ) -> (loss: Estimate, change: EstablishedChange) {
    let lostCount = random.binomial(trials: count, probability: lost)
    let gainedCount = random.binomial(trials: count - lostCount, probability: gained / (1 - lost))
    let change = PairedComparison(count: count, lost: lostCount, gained: gainedCount)
    let interval = change.bootstrapInterval(resamples: 1000, using: &random)
    let loss = Estimate(-change.difference, low: -interval.high, high: -interval.low)
    return (loss, EstablishedChange(loss: loss, pairedPValue: change.pValue))
  }

  /// Accuracies of seeds: normal around 0.9; and close below 1, skewed, where the interval is cut.
  @Test(arguments: [2, 3, 5, 10]) func theMeanOverSeedsIsWithinItsInterval(_ seeds: Int) {
    var random = RandomSource(seed: 33)
    let repetitions = Simulation.repetitions(4000, few: 400)
    let normal = Simulation("mean over \(seeds) seeds, normal around 0.9", "covered", repetitions) { _ in
      let mean = RepeatedScore(.accuracy, (0..<seeds).map { _ in 0.9 + 0.02 * random.normal() })
      return (mean.low...mean.high).contains(0.9)
    }
    #expect(normal.isWithin(0.94...0.96), "\(normal.share)")
    // 1 − 0.005 χ²(4)/4: mean 0.995.
    let skewed = Simulation("mean over \(seeds) seeds, skewed below 1", "covered", repetitions) { _ in
      let values = (0..<seeds).map { _ in
        1 - 0.005 / 4 * (0..<4).reduce(0.0) { sum, _ in sum + pow(random.normal(), 2) }
      }
      let mean = RepeatedScore(.accuracy, values)
      #expect(mean.high <= 1)
      return (mean.low...mean.high).contains(0.995)
    }
    #expect(skewed.isWithin(0.88...0.97), "\(skewed.share)")
  }

  /// Spearman's of a bivariate normal distribution is 6/π asin(ρ/2).
  @Test(arguments: [5, 8, 12, 30]) func aRankCorrelationIsWithinItsInterval(_ count: Int) {
    for correlation in [0.0, 0.5, 0.9] {
      var random = RandomSource(seed: 34)
      let truth = 6 / Double.pi * asin(correlation / 2)
      let repetitions = Simulation.repetitions(2000, few: 300)
      let covered = Simulation(
        "rank correlation of \(count) layers, truth \(NSString(format: "%.2f", truth))", "covered", repetitions
      ) { _ in
        let x = (0..<count).map { _ in random.normal() }
        let y = x.map { correlation * $0 + (1 - correlation * correlation).squareRoot() * random.normal() }
        let interval = rankCorrelationInterval(rankCorrelation(x, y), count: count)
        return (interval.low...interval.high).contains(truth)
      }
      #expect(covered.isWithin(0.92...1), "\(covered.share)")
    }
  }
}
