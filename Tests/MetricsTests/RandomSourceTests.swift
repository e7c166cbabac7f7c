import Foundation
import Metrics
import TestSupport
import Testing

@Suite struct RandomSourceTests {
  /// The reference implementation of xoshiro256** started from state (1, 2, 3, 4) gives 11520, 0, 1509978240.
  @Test func followsTheReferenceGenerator() throws {
    let json = Data(#"{"state0":1,"state1":2,"state2":3,"state3":4}"#.utf8)
    var random = try JSONDecoder().decode(RandomSource.self, from: json)
    #expect([random.next(), random.next(), random.next()] == [11520, 0, 1_509_978_240])
  }

  /// SplitMix64 of seed 0 gives 0x6e789e6aa1b965f4 as its second word: rotl(5 · that, 7) · 9 is the first output.
  @Test func seedFillsTheStateBySplitMix() {
    var random = RandomSource(seed: 0)
    let product: UInt64 = 0x6E78_9E6A_A1B9_65F4 &* 5
    #expect(random.next() == ((product << 7) | (product >> 57)) &* 9)
  }

  @Test func continuesFromItsStoredState() throws {
    var random = RandomSource(seed: TestSeed.any())
    _ = random.next()
    var resumed = try JSONDecoder().decode(RandomSource.self, from: JSONEncoder().encode(random))
    #expect((0..<10).map { _ in resumed.next() } == (0..<10).map { _ in random.next() })
  }

  @Test func permutationHoldsEveryNumberOnce() {
    var random = RandomSource(seed: 3)
    let order = random.permutation(count: 1000)
    #expect(order.sorted() == Array(0..<1000))
    #expect(order != Array(0..<1000))
  }

  @Test func normalHasMeanZeroAndVarianceOne() {
    let seed = TestSeed.any()
    var random = RandomSource(seed: seed)
    let values = (0..<40_000).map { _ in random.normal() }
    let mean = values.reduce(0, +) / 40_000
    let variance = values.reduce(0) { $0 + $1 * $1 } / 40_000
    // Standard errors 0.005 and 0.007: six of them.
    #expect(abs(mean) < 0.03 && abs(variance - 1) < 0.042, "seed \(seed): mean \(mean), variance \(variance)")
  }

  /// Both methods of drawing, and the mirrored one; mean np and variance np(1 − p) within six standard errors.
  @Test(arguments: [(40, 0.1), (10_000, 0.0002), (10_000, 0.02), (50, 0.5), (10_000, 0.9)])
  func binomialHasItsMeanAndVariance(trials: Int, probability: Double) {
    let seed = TestSeed.any()
    var random = RandomSource(seed: seed)
    let draws = 20_000.0
    let values = (0..<Int(draws)).map { _ in Double(random.binomial(trials: trials, probability: probability)) }
    let mean = values.reduce(0, +) / draws
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / draws
    let trueMean = Double(trials) * probability
    let trueVariance = trueMean * (1 - probability)
    #expect(abs(mean - trueMean) < 6 * (trueVariance / draws).squareRoot(), "seed \(seed): mean \(mean)")
    // Var(s²) ≈ (μ₄ − σ⁴)/N = (2σ⁴ + σ²(1 − 6p(1 − p)))/N.
    let spread = 2 * trueVariance * trueVariance + trueVariance * (1 - 6 * probability * (1 - probability))
    #expect(abs(variance - trueVariance) < 6 * (spread / draws).squareRoot(), "seed \(seed): variance \(variance)")
  }

  /// Frequencies against the exact probabilities for n = 40, p = 0.3 (drawn by rejection): χ² with 40 degrees of freedom
  /// and less exceeds 90 once in a hundred thousand times.
  @Test func binomialByRejectionHasTheExactDistribution() {
    let seed = TestSeed.any()
    var random = RandomSource(seed: seed)
    let trials = 40
    var counts = [Double](repeating: 0, count: trials + 1)
    for _ in 0..<100_000 { counts[random.binomial(trials: trials, probability: 0.3)] += 1 }
    var probability = pow(0.7, Double(trials))
    var chiSquare = 0.0
    for successes in 0...trials {
      let expected = 100_000 * probability
      if expected >= 5 { chiSquare += (counts[successes] - expected) * (counts[successes] - expected) / expected }
      probability *= Double(trials - successes) / Double(successes + 1) * 0.3 / 0.7
    }
    #expect(chiSquare < 90, "seed \(seed): \(chiSquare)")
  }

  @Test func binomialAtItsEnds() {
    var random = RandomSource(seed: 1)
    #expect(random.binomial(trials: 100, probability: 0) == 0)
    #expect(random.binomial(trials: 100, probability: 1) == 100)
    #expect(random.binomial(trials: 0, probability: 0.4) == 0)
  }
}
