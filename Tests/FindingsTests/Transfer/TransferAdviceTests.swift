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
    #expect(result(0.9, [0.92, 0.92, 0.80], [0.92, 0.925, 0.92]).advice.frozen == cuts[1])
    #expect(result(0.9, [0.92, 0.92, 0.92], [0.92, 0.92, 0.92]).advice.frozen == cuts[2])
    // A cut that recovers after one that fell does not count: what fell is frozen with it.
    #expect(result(0.9, [0.92, 0.80, 0.92], [0.92, 0.92, 0.92]).advice.frozen == cuts[0])
  }

  @Test func nothingIsFrozenWhereTheFirstBlockIsWorthTraining() {
    #expect(result(0.9, [0.85, 0.84, 0.80], [0.92, 0.92, 0.92]).advice.action == .tuneAll)
  }

  @Test func copiesThatAllFallShortAreNotUsed() {
    #expect(result(0.9, [0.80, 0.80, 0.80], [0.85, 0.88, 0.87]).advice.action == .startAnew)
    // Within a point of the target's own network they do as well.
    #expect(result(0.9, [0.80, 0.80, 0.80], [0.85, 0.895, 0.87]).advice.action == .tuneAll)
  }

  @Test func seedsAreComparedWithThemselves() {
    let own = [0.80, 0.90, 0.70]
    // Two points below in every seed, though seeds are ten points apart; then two points in the mean, not in every seed.
    for (losses, advice) in [
      ([0.02, 0.021, 0.019], TransferAdvice.Action.startAnew), ([0.10, -0.10, 0.06], .tuneAll),
    ] {
      let tuned = zip(own, losses).map { $0 - $1 }
      let result = result(
        base: own, frozen: cuts.map { _ in [0.5, 0.5, 0.5] }, tuned: cuts.map { _ in tuned })
      #expect(result.advice.action == advice && result.advice.isEstablished == (advice == .startAnew))
    }
  }

  @Test func oneSeedAdvisesByTheMeansAndEstablishesNothing() {
    for result in [
      result(0.9, [0.92, 0.92, 0.80], [0.92, 0.925, 0.92]), result(0.9, [0.85, 0.84, 0.80], [0.92, 0.92, 0.92]),
      result(0.9, [0.80, 0.80, 0.80], [0.85, 0.88, 0.87]),
    ] {
      #expect(!result.advice.isEstablished && result.advice.evidence?.seedCount == 1)
    }
  }

  @Test func freezingIsEstablishedAsFarAsItIsNoWorseOverSeeds() {
    let tuned: [[Double]] = [[0.92, 0.921, 0.919, 0.92], [0.92, 0.922, 0.921, 0.92], [0.92, 0.92, 0.92, 0.92]]
    // AnB+ has 0.1, 0.2 and 0.0 points more at the first cut; at the second from −4 to 4; at the third 10.
    let frozen: [[Double]] = [[0.919, 0.919, 0.919, 0.919], [0.96, 0.88, 0.961, 0.88], [0.82, 0.81, 0.82, 0.83]]
    let own = [0.9, 0.9, 0.9, 0.9]
    let result = result(base: own, frozen: frozen, tuned: tuned)
    #expect(result.advice.frozen == cuts[0] && result.advice.isEstablished)
    #expect(result.advice.evidence?.isAtMost(0.01) == true)
    // Where it is established nowhere, the means decide, and it is said that they do.
    let vague = self.result(base: own, frozen: [frozen[1]], tuned: [tuned[1]])
    #expect(vague.advice.frozen == cuts[0] && !vague.advice.isEstablished)
    let lost = self.result(base: own, frozen: [frozen[2]], tuned: [tuned[2]])
    #expect(lost.advice.action == .tuneAll && lost.advice.isEstablished)
  }

  @Test func aPointIsTheToleranceWhateverTheTestExamples() {
    #expect(result(0.9, [0.9], [0.9], testCount: 100).tolerance == 0.01)
    #expect(result(0.9, [0.895, 0.87, 0.80], [0.90, 0.90, 0.90], testCount: 100).advice.frozen == cuts[0])
    // Two standard errors of the difference of shares near 0.9 of 100 examples: 2 √(2 · 0.09 / 100) = 0.085.
    #expect(!result(0.9, [0.9], [0.9], testCount: 100).areApart(0.9, 0.82))
    #expect(result(0.9, [0.9], [0.9]).areApart(0.9, 0.82))
  }

  @Test func adviceOfEarlierVersionsIsNotEstablished() throws {
    let text = #"{"action":"freeze","frozen":{"name":"a","copiedLayers":1,"frozenPatterns":["a"]}}"#
    let read = try FindingDecoder.decode(TransferAdvice.self, from: text)
    #expect(read.frozen == cuts[0] && !read.isEstablished && read.evidence == nil)
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
