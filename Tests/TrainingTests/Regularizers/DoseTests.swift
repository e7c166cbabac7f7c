import Datasets
import Foundation
import Metrics
import Models
import Testing
import Torch
import Training

@Suite struct DoseTests {
  private func doses(_ texts: [String]) throws -> (EpochStatistics, Model) {
    let fixture = try RegularizerFixture()
    var options = fixture.options
    options.epochCount = 1
    options.regularizers = try texts.map { try .init(parsing: $0) }
    let model = try fixture.model()
    let trainer = try Trainer(
      model, on: fixture.target(), dataset: "target", options: options, sources: [fixture.source()])
    return (try trainer.runEpoch(1), model)
  }

  @Test func theShareOfADisplacementPulledBackIsTheFormula() throws {
    // 64 examples in batches of 8 are 8 steps; lr·α = 0.1 · 0.5.
    let (statistics, _) = try doses(["l2-sp:alpha=0.5,beta=0"])
    let dose = try #require(statistics.doses.first)
    #expect(dose.name == "l2-sp")
    #expect(abs(dose.pulledBack - (1 - pow(1 - 0.05, 8))) < 1e-12)
  }

  @Test func lossSharesAndPenaltiesAddUp() throws {
    let (statistics, _) = try doses(["l2-sp:alpha=0.5", "replay:lambda=0.7", "l2-sp:alpha=1"])
    #expect(statistics.doses.map(\.name) == ["l2-sp", "replay", "l2-sp-2"])
    let whole = statistics.loss + statistics.doses.reduce(0) { $0 + $1.penalty }
    for dose in statistics.doses {
      #expect(abs(dose.lossShare - dose.penalty / whole) < 1e-9, "\(dose)")
      #expect(dose.gradientRatio > 0, "\(dose)")
    }
    #expect(statistics.doses[1].pulledBack.isNaN)
  }

  @Test func aDoubleStrengthDoublesTheGradientRatioOfTheFirstStep() throws {
    // L2 begins away from its minimum, so that its gradient on the one step is β‖w‖ exactly.
    func ratio(_ beta: Double) throws -> Double {
      let fixture = try RegularizerFixture()
      var options = fixture.options
      options.batchSize = 64
      options.regularizers = [try .init(parsing: "l2:beta=\(beta)")]
      let trainer = try Trainer(fixture.model(), on: fixture.target(), dataset: "target", options: options)
      return try trainer.runEpoch(1).doses[0].gradientRatio
    }
    let single = try ratio(0.1)
    #expect(single > 0)
    #expect(abs(try ratio(0.2) / single - 2) < 1e-5)
  }

  @Test func measuringAPullChangesNothing() throws {
    // 64 steps of one example, of which 8 are measured, against the same steps by hand, none measured.
    let fixture = try RegularizerFixture()
    var options = fixture.options
    options.batchSize = 1
    options.learningRate = 0.01
    options.regularizers = [try .init(parsing: "l2-sp:alpha=0.5"), try .init(parsing: "l1-sp:alpha=0.01")]
    let (measured, plain) = (try fixture.model(), try fixture.model())
    let first = try Trainer(measured, on: fixture.target(), dataset: "target", options: options)
    let target = try fixture.target()
    // The same order of examples, taken from the same seed.
    var random = RandomSource(seed: options.seed)
    let order = Array(0..<target.count).shuffled(using: &random)
    _ = try first.runEpoch(1)
    let second = try Trainer(plain, on: target, dataset: "target", options: options)
    for batch in try Batches(split: target, batchSize: 1, order: order) { _ = try second.step(batch, epoch: 1) }
    for (name, tensor) in measured.parameters {
      #expect(try tensor.bytes() == plain.parameters[name]?.bytes(), "\(name)")
    }
  }

  @Test func aRegularizerThatDivergesIsNamed() throws {
    let fixture = try RegularizerFixture()
    var options = fixture.options
    options.regularizers = [try .init(parsing: "delta:alpha=1e6")]
    let trainer = try Trainer(
      fixture.model(), on: fixture.target(), dataset: "target", options: options, sources: [fixture.source()])
    let error = try #require(
      #expect(throws: TrainingError.self) { for epoch in 1...3 { _ = try trainer.runEpoch(epoch) } })
    #expect(error.description.contains("regularizer 'delta' is too strong"), "\(error.description)")
  }
}
