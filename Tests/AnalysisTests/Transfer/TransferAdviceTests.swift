import Programs
import Testing

@testable import Analysis

@Suite struct TransferAdviceTests {
  private let cuts = ["a", "b", "c"].map {
    TransferCut(name: $0, blockCount: 1, parameterNames: ["\($0).weight"], bufferNames: [], frozenPatterns: [$0])
  }

  /// Curves at three cuts, one seed, in the order base, AnB, AnB+.
  private func result(_ base: Double, _ frozen: [Double], _ tuned: [Double], testCount: Int = 10_000) -> TransferResult
  {
    TransferResult(TransferPlan(cuts: cuts, kinds: [.transfer, .transferTuned], seeds: [0]), testCount: testCount) {
      point in
      guard let kind = point.kind, let cut = point.cut, let place = cuts.firstIndex(of: cut) else { return base }
      return kind == .transfer ? frozen[place] : tuned[place]
    }
  }

  @Test func layersAreFrozenAsFarAsThatCostsNothing() {
    #expect(result(0.9, [0.92, 0.92, 0.80], [0.92, 0.925, 0.92]).advice(cuts: cuts) == .freeze(cuts[1]))
    #expect(result(0.9, [0.92, 0.92, 0.92], [0.92, 0.92, 0.92]).advice(cuts: cuts) == .freeze(cuts[2]))
    // A cut that recovers after one that fell does not count: what fell is frozen with it.
    #expect(result(0.9, [0.92, 0.80, 0.92], [0.92, 0.92, 0.92]).advice(cuts: cuts) == .freeze(cuts[0]))
  }

  @Test func nothingIsFrozenWhereTheFirstBlockIsWorthTraining() {
    #expect(result(0.9, [0.85, 0.84, 0.80], [0.92, 0.92, 0.92]).advice(cuts: cuts) == .tuneAll)
  }

  @Test func copiesThatAllFallShortAreNotUsed() {
    #expect(result(0.9, [0.80, 0.80, 0.80], [0.85, 0.88, 0.87]).advice(cuts: cuts) == .startAnew)
    // Within a point of the target's own network they do as well.
    #expect(result(0.9, [0.80, 0.80, 0.80], [0.85, 0.895, 0.87]).advice(cuts: cuts) == .tuneAll)
  }

  @Test func seedsAreComparedWithThemselves() {
    let plan = TransferPlan(cuts: cuts, kinds: [.transfer, .transferTuned], seeds: [0, 1, 2])
    let own = [0.80, 0.90, 0.70]
    // Two points below in every seed, though seeds are ten points apart; then two points in the mean, not in every seed.
    for (losses, advice) in [([0.02, 0.021, 0.019], TransferAdvice.startAnew), ([0.10, -0.10, 0.06], .tuneAll)] {
      let result = TransferResult(plan, testCount: 10_000) { point in
        let seed = Int(point.seed)
        switch point.kind {
        case nil: return own[seed]
        case .transferTuned?: return own[seed] - losses[seed]
        default: return 0.5
        }
      }
      #expect(result.advice(cuts: cuts) == advice)
    }
  }

  @Test func fewTestExamplesTellLessApart() {
    // One standard error of the difference of two shares near 0.9 of 100 examples: √(2 · 0.9 · 0.1 / 100) = 0.0424.
    let few = result(0.9, [0.89, 0.87, 0.80], [0.90, 0.90, 0.90], testCount: 100)
    #expect(abs(few.tolerance - 0.042426) < 1e-6, "\(few.tolerance)")
    #expect(few.advice(cuts: cuts) == .freeze(cuts[1]))
    #expect(result(0.9, [0.89, 0.87, 0.80], [0.90, 0.90, 0.90]).advice(cuts: cuts) == .freeze(cuts[0]))
    #expect(result(0.9, [0.9, 0.9, 0.9], [0.9, 0.9, 0.9]).tolerance == 0.01)
  }

  @Test func theTrialThatForgetsLeastOfTheBestIsFollowed() {
    let trials = [
      TransferTrial(factor: 1, target: [0.95], forgetting: [0.05]),
      TransferTrial(factor: 0.3, target: [0.945], forgetting: [0.02]),
      TransferTrial(factor: 0.1, target: [0.92], forgetting: [0.0]),
    ]
    #expect(trials.choice(within: 0.01) == 1)
    #expect((trials + [TransferTrial(factor: 0.05, target: [0.97], forgetting: [0.2])]).choice(within: 0.01) == 3)
    let unjudged = trials.map { TransferTrial(factor: $0.factor, target: $0.target, forgetting: []) }
    #expect(unjudged.choice(within: 0.01) == 1)
    #expect([TransferTrial]().choice(within: 0.01) == nil)
  }
}
