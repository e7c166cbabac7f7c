import Findings
import Testing

@Suite struct TransferAdviceTests {
  private let cuts = ["a", "b", "c"].enumerated().map {
    TransferResult.Cut(name: $1, blockCount: $0 + 1, frozenPatterns: [$1])
  }

  private func result(
    base: [Double], frozen: [[Double]], tuned: [[Double]], testCount: Int? = 10_000
  ) -> TransferResult {
    func curve(_ kind: TransferKind, _ values: [[Double]]) -> TransferResult.Curve {
      .init(
        kind: kind,
        points: zip(cuts, values).map { .init(copied: $0.blockCount, cut: $0.name, RepeatedScore(.accuracy, $1)) })
    }
    return TransferResult(
      target: "t", cuts: cuts, schedule: TransferSchedule(epochCount: 1, learningRate: 0.1, seedCount: base.count),
      exampleCount: 10, availableCount: 10, testCount: testCount, base: RepeatedScore(.accuracy, base),
      curves: [curve(.transfer, frozen), curve(.transferTuned, tuned)], trainsHeadAlone: { $0 == cuts.last })
  }

  /// Curves at three cuts, one seed, in the order base, AnB, AnB+.
  private func result(_ base: Double, _ frozen: [Double], _ tuned: [Double], testCount: Int = 10_000) -> TransferResult
  {
    result(base: [base], frozen: frozen.map { [$0] }, tuned: tuned.map { [$0] }, testCount: testCount)
  }

  @Test func layersAreFrozenAsFarAsThatCostsNothing() {
    #expect(result(0.9, [0.92, 0.92, 0.80], [0.92, 0.925, 0.92]).advice == .freeze(cuts[1]))
    #expect(result(0.9, [0.92, 0.92, 0.92], [0.92, 0.92, 0.92]).advice == .freeze(cuts[2]))
    // A cut that recovers after one that fell does not count: what fell is frozen with it.
    #expect(result(0.9, [0.92, 0.80, 0.92], [0.92, 0.92, 0.92]).advice == .freeze(cuts[0]))
  }

  @Test func nothingIsFrozenWhereTheFirstBlockIsWorthTraining() {
    #expect(result(0.9, [0.85, 0.84, 0.80], [0.92, 0.92, 0.92]).advice == .tuneAll)
  }

  @Test func copiesThatAllFallShortAreNotUsed() {
    #expect(result(0.9, [0.80, 0.80, 0.80], [0.85, 0.88, 0.87]).advice == .startAnew)
    // Within a point of the target's own network they do as well.
    #expect(result(0.9, [0.80, 0.80, 0.80], [0.85, 0.895, 0.87]).advice == .tuneAll)
  }

  @Test func seedsAreComparedWithThemselves() {
    let own = [0.80, 0.90, 0.70]
    // Two points below in every seed, though seeds are ten points apart; then two points in the mean, not in every seed.
    for (losses, advice) in [([0.02, 0.021, 0.019], TransferAdvice.startAnew), ([0.10, -0.10, 0.06], .tuneAll)] {
      let tuned = zip(own, losses).map { $0 - $1 }
      let result = result(
        base: own, frozen: cuts.map { _ in [0.5, 0.5, 0.5] }, tuned: cuts.map { _ in tuned })
      #expect(result.advice == advice)
    }
  }

  @Test func fewTestExamplesTellLessApart() {
    // One standard error of the difference of two shares near 0.9 of 100 examples: √(2 · 0.9 · 0.1 / 100) = 0.0424.
    let few = result(0.9, [0.89, 0.87, 0.80], [0.90, 0.90, 0.90], testCount: 100)
    #expect(abs(few.tolerance - 0.042426) < 1e-6, "\(few.tolerance)")
    #expect(few.advice == .freeze(cuts[1]))
    #expect(result(0.9, [0.89, 0.87, 0.80], [0.90, 0.90, 0.90]).advice == .freeze(cuts[0]))
    #expect(result(0.9, [0.9, 0.9, 0.9], [0.9, 0.9, 0.9]).tolerance == 0.01)
  }

  @Test func headAloneIsTrainedWhereAllElseIsFrozen() {
    #expect(result(0.9, [0.92, 0.92, 0.92], [0.92, 0.92, 0.92]).trainsHeadAlone)
    #expect(!result(0.9, [0.92, 0.92, 0.80], [0.92, 0.925, 0.92]).trainsHeadAlone)
  }

  @Test func theTrialThatForgetsLeastOfTheBestIsFollowed() {
    func choice(_ trials: [(factor: Double, target: Double, forgetting: Double?)]) -> Double? {
      var result = result(0.9, [0.92], [0.92])
      #expect(result.tolerance == 0.01)
      result.add(
        trials.map {
          TransferTrial(
            factor: $0.factor, learningRate: 0.1 * $0.factor, target: RepeatedScore(.accuracy, [$0.target]),
            forgetting: $0.forgetting.map { RepeatedMean([$0]) })
        })
      #expect(result.trials.count(where: \.isRecommended) <= 1)
      return result.choice?.factor
    }
    let trials: [(Double, Double, Double?)] = [(1, 0.95, 0.05), (0.3, 0.945, 0.02), (0.1, 0.92, 0)]
    #expect(choice(trials) == 0.3)
    #expect(choice(trials + [(0.05, 0.97, 0.2)]) == 0.05)
    #expect(choice(trials.map { ($0.0, $0.1, nil) }) == 0.3)
    #expect(choice([]) == nil)
  }

  @Test func ratesAreWithoutTheNoiseOfBinaryFractions() {
    let trial = TransferTrial(
      factor: 0.1, learningRate: 0.07 * 0.1, target: RepeatedScore(.accuracy, [0.5]), forgetting: nil)
    #expect(0.07 * 0.1 != 0.007 && trial.learningRate == 0.007 && trial.rate == "0.007, 0.1 × the head's")
    // Nine decimals would leave nothing of it.
    #expect(1e-10.withoutNoise == 1e-10)
  }

  @Test func aSeedsNetworksAreComparedWithEachOther() {
    let result = result(
      base: [0.8, 0.9], frozen: [[0.82, 0.92], [0.7, 0.9], [0.6, 0.6]], tuned: cuts.map { _ in [0.8, 0.9] })
    // 0.02 and 0.02; −0.1 and 0; −0.2 and −0.3.
    #expect(zip(result.differences.map(\.mean), [0.02, -0.05, -0.25]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(abs(result.differences[0].high - 0.02) < 1e-12)
  }
}
