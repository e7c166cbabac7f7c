import Foundation
import TestSupport
import Testing

@testable import Metrics

@Suite struct ConfidenceSumsTests {
  /// Right answers are drawn from the probabilities, which are then sharpened: 1 is calibrated.
  private func drawn(_ count: Int, sharpness: Double, using random: inout RandomSource) -> Calibration {
    var (probabilities, labels): ([Double], [Int]) = ([], [])
    func softmax(_ scores: [Double], times factor: Double) -> [Double] {
      let weights = scores.map { exp(factor * $0) }
      return weights.map { $0 / weights.reduce(0, +) }
    }
    for _ in 0..<count {
      let scores = (0..<3).map { _ in 1.5 * random.normal() }
      let truth = softmax(scores, times: 1)
      let draw = random.uniform()
      labels.append(draw < truth[0] ? 0 : draw < truth[0] + truth[1] ? 1 : 2)
      probabilities += softmax(scores, times: sharpness)
    }
    return Calibration(classCount: 3, probabilities: probabilities, labels: labels)
  }

  @Test func figuresAreThoseOfTheProbabilities() throws {
    var random = RandomSource(seed: TestSeed.any())
    let own = drawn(300, sharpness: 2, using: &random)
    let scores = own.sums().scores
    #expect(abs(scores.negativeLogLikelihood - own.negativeLogLikelihood) < 1e-12)
    #expect(abs(scores.calibrationError - own.expectedCalibrationError()) < 1e-12)
    #expect(abs(scores.brierScore - own.brierScore) < 1e-12)
    // Many answers an example, some of which have none: the same answers.
    let many = own.sums(counts: [100, 0, 150, 50])
    #expect(many.count == 4 && abs(many.scores.calibrationError - scores.calibrationError) < 1e-12)
    #expect(abs(many.scores.brierScore - scores.brierScore) < 1e-12)
    let stored = try #require(ConfidenceSums(many.rows))
    #expect(stored == many && ConfidenceSums(ExampleSums(width: 2, values: [1, 2])) == nil)
    var halves = own.sums().selecting(Array(0..<150))
    halves.append(own.sums().selecting(Array(150..<300)))
    #expect(halves == own.sums())
    #expect(own.sums().selecting([]).scores.calibrationError.isNaN)
  }

  /// Two examples: losses 1 and 3 before, 2 and 6 after. The differences 1 and 3 have the mean 2 and the standard error 1;
  /// Student's t of one degree is 12.706.
  @Test func theRiseOfAMeanHasStudentsInterval() {
    func sums(_ losses: [Double]) -> ConfidenceSums {
      ConfidenceSums(
        losses: losses, brierScores: [0, 0], confidences: [0.9, 0.6], isRight: [true, true])
    }
    let rise = sums([1, 3]).rises(to: sums([2, 6]))[0]
    #expect(rise.value == 2)
    #expect(abs(rise.high - (2 + 12.7062)) < 1e-3 && abs(rise.low - (2 - 12.7062)) < 1e-3, "\(rise)")
    let alone = ConfidenceSums(losses: [1], brierScores: [0], confidences: [0.5], isRight: [true])
    #expect(alone.rises(to: alone)[0].value == 0 && alone.rises(to: alone)[0].low.isNaN)
  }

  /// The jackknife's figures are those of the examples that are left, by definition.
  @Test func theRiseOfTheCalibrationErrorIsTheJackknifes() {
    var random = RandomSource(seed: TestSeed.any())
    let calibrated = drawn(60, sharpness: 1, using: &random)
    let (before, after) = (calibrated.sums(), drawn(60, sharpness: 4, using: &random).sums())
    let all = Array(0..<60)
    let without = all.map { left -> Double in
      let others = all.filter { $0 != left }
      return after.selecting(others).scores.calibrationError - before.selecting(others).scores.calibrationError
    }
    let center = without.reduce(0, +) / 60
    let error = (59.0 / 60 * without.reduce(0) { $0 + ($1 - center) * ($1 - center) }).squareRoot()
    let rise = before.rises(to: after)[1]
    #expect(abs((rise.high - rise.low) / 2 - 2.00100 * error) < 1e-4, "\(rise), standard error \(error)")
    #expect(abs((rise.high + rise.low) / 2 - rise.value) < 1e-12)
  }

  /// Of 200 pairs of models, both sure of too much and the one more than the other, the interval of the calibration error's
  /// rise holds the truth in nine of ten or more.
  @Test func theIntervalHoldsTheTruth() {
    let seed = TestSeed.any()
    var random = RandomSource(seed: seed)
    let sharpness = (before: 1.6, after: 2.6)
    func rises(_ count: Int) -> (value: Double, low: Double, high: Double) {
      let truth = drawn(count, sharpness: 1, using: &random)
      func sharpened(_ factor: Double) -> ConfidenceSums {
        let rows = (0..<count).flatMap { row -> [Double] in
          let own = truth.probabilities[(3 * row)..<(3 * row + 3)].map { pow($0, factor) }
          return own.map { $0 / own.reduce(0, +) }
        }
        return Calibration(classCount: 3, probabilities: rows, labels: truth.labels).sums()
      }
      return sharpened(sharpness.before).rises(to: sharpened(sharpness.after))[1]
    }
    let truth = rises(40_000).value
    let held = (0..<200).count { _ in
      let rise = rises(300)
      return rise.low <= truth && truth <= rise.high
    }
    #expect(held >= 180, "\(held) of 200, seed \(seed), truth \(truth)")
  }
}
