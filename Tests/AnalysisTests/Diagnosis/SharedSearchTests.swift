import Checkpoints
import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Testing
import Torch

@testable import Analysis

/// Searches that leave out what cannot be chosen, and fits that go on from what is known, find what all of it would find.
@Suite struct SharedSearchTests {
  private func compared(seed: UInt64) throws -> ComparedModels {
    let source = try PlantedModels.data("source", seed: seed)
    let target = try PlantedModels.data("target", seed: seed + 1)
    let model = try PlantedModels.trained(on: source, seed: seed)
    let before = try model.checkpoint(epoch: 0)
    try withoutGradients {
      try PlantedModels.noise(try #require(model.parameters["hidden1.weight"]), 0.3, seed: 6)
      try PlantedModels.noise(try #require(model.parameters["hidden2.weight"]), 0.5, seed: 7)
    }
    return try ComparedModels(
      before: before, after: model.checkpoint(epoch: 1), source: source, target: target, targetTask: "source")
  }

  /// Two of ten are asked about more than a quarter; what is chosen of them is nearly as good as the best of all.
  @Test func whatIsBestOnAQuarterIsGoodOnTheHalf() throws {
    let models = try compared(seed: 3)
    func merit(_ change: ModelChange) throws -> Double {
      let target = try models.targetAnswers(changing: [change], half: .choosing)?[0].merit ?? 0
      return try models.sourceAnswers(changing: [change], half: .choosing)[0].merit + target
    }
    func found(measuresAll: Bool) throws -> (share: Double, merits: [Double], done: Int) {
      var counted: [String: Int] = [:]
      models.progress.onChange = { if $0.total != nil { counted[$0.name] = $0.done } }
      let search = InterpolationSearch(models, measuresAll: measuresAll)
      let whole = try search.bestShare()
      let blocks = try search.bestShares(from: whole)
      return (
        whole.share, try [merit(whole.change), merit(blocks.change)], counted["interpolating"] ?? 0
      )
    }
    let (all, some) = (try found(measuresAll: true), try found(measuresAll: false))
    #expect(all.share > 0 && some.share > 0)
    for (own, best) in zip(some.merits, all.merits) { #expect(own >= best - 0.05, "\(own) of \(best)") }
    let (start, known) = (try merit(ModelChange()), Set(some.merits))
    #expect(known.allSatisfy { $0 > start + 0.05 })
    // What is left out counts as done: ten shares of half of both tasks.
    #expect(some.done == 10 * 400 && all.done == 10 * 400)
  }

  /// Of equal answers nothing is established; of answers that are all wrong it is.
  @Test func onlyWhatIsEstablishedIsLeftOut() {
    func trial(_ right: Int) -> InterpolationTrial {
      InterpolationTrial(source: Answers(isCorrect: (0..<40).map { $0 < right }), target: nil)
    }
    #expect(!trial(30).isEstablishedWorse(than: trial(30)))
    #expect(!trial(29).isEstablishedWorse(than: trial(30)))
    #expect(trial(10).isEstablishedWorse(than: trial(30)))
    #expect(!trial(40).isEstablishedWorse(than: trial(30)))
  }

  /// A quarter and the others are the half, each example in its place.
  @Test func aHalfIsPutTogetherOfItsParts() throws {
    let models = try compared(seed: 4)
    let half = Half.choosing
    let count = models.sourceTest.count
    let (quarter, others) = (half.taking(.quarter).indices(of: count), half.taking(.others).indices(of: count))
    #expect(quarter.count == 50 && (quarter + others).sorted() == half.indices(of: count))
    let whole = InterpolationTrial(source: half.take(try models.answersAfter().source), target: nil)
    let parts = (
      whole.selecting(.quarter, of: half, in: models), whole.selecting(.others, of: half, in: models)
    )
    #expect(parts.0.source == half.taking(.quarter).take(try models.answersAfter().source))
    #expect(parts.0.joined(with: parts.1, of: half, in: models).source == whole.source)
    #expect(Set(whole.source.isCorrect).count == 2)
  }

  @Test func aHeadIsJudgedByWhatIsKnownAsByWhatIsAskedAnew() throws {
    let models = try compared(seed: 5)
    let kept = try models.refittedHead()
    let anew = try models.refitted([RefittedHead.problem(of: models.after, in: models, judgedInputs: nil)])[0]
    #expect(kept.answers == anew.answers && kept.penalty == anew.penalty)
    let restored = try #require(try models.headRefittedRestored())
    let change = try #require(try models.reestimatedStatistics())
    let own = try models.applying(change) {
      (
        try models.refitted([RefittedHead.problem(of: models.after, in: models, judgedInputs: nil)])[0].answers,
        try models.sourceAnswers(models.after)
      )
    }
    #expect(try restored.answers == own.0 && models.answersRestored() == own.1)
    #expect(try restored.answers != models.headRefittedBefore().answers)
  }

  /// Fits are counted, so that the time left can be said.
  @Test func fitsOfTheCausesAreCounted() throws {
    let models = try compared(seed: 6)
    var steps: [DiagnosisProgress.Step] = []
    models.progress.onChange = { steps.append($0) }
    _ = try WaterfallMeasure(models, averagesOrders: true).causes()
    let fits = steps.filter { $0.name == "why" }
    #expect(fits.map(\.done) == [0, 1, 2, 3] && fits.allSatisfy { $0.total == 3 && $0.unit == "fit" })
  }
}
