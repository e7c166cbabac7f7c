import Checkpoints
import Datasets
import Findings
import Metrics
import Models
import Programs
import TestSupport
import Testing
import Torch
import Training

@testable import Analysis

@Suite struct TransferTrialTests {
  private func experiment(_ folder: TemporaryFolder, hasSource: Bool) throws -> TransferExperiment {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 28, 28], classCount: 5, hiddenSizes: [16, 12]))
    let source = try Datasets.Dataset.load(Repository.fixture("fashion-mnist-small") + ":0-4")
    let model = try Model(initializing: program, task: source.name, classNames: source.classNames, seed: 3)
    var options = TrainingOptions()
    options.epochCount = 1
    options.exampleCount = 100
    options.rateRules = [GlobRule(pattern: "layers.0", value: 0.5)]
    return try TransferExperiment(
      base: model.checkpoint(epoch: 0),
      target: Datasets.Dataset.load(Repository.fixture("fashion-mnist-small") + ":5-9"),
      source: hasSource ? source : nil, plan: TransferPlan(cuts: program.transferCuts(), seeds: [1, 2]),
      options: options, path: folder.file("transfer"))
  }

  @Test func rulesOfTheUserStandAndTheHeadKeepsItsRate() throws {
    let folder = try TemporaryFolder()
    let experiment = try experiment(folder, hasSource: false)
    let head = try #require(experiment.base.program.head)
    let options = experiment.trialOptions(freezing: nil, factor: 0.1)
    let depths = experiment.base.program.depthFromHead
    func rate(_ name: String) -> Double { options.learningRate(of: name, depth: depths[name] ?? 0) }
    #expect(rate("\(head).weight") == experiment.options.learningRate)
    #expect(rate("layers.0.weight") == 0.5)
    let between = try #require(experiment.base.program.parameters.map(\.name).first { depths[$0] == 1 })
    #expect(abs(rate(between) - 0.1 * experiment.options.learningRate) < 1e-12, "\(between)")
  }

  @Test func oneRateIsEnoughWhereTheHeadAloneMoves() throws {
    let folder = try TemporaryFolder()
    let experiment = try experiment(folder, hasSource: false)
    #expect(experiment.trialFactors(freezing: experiment.plan.cuts.last) == [1])
    #expect(experiment.trialFactors(freezing: experiment.plan.cuts.first).count == 3)
    #expect(experiment.trialFactors(freezing: nil).count == 3)
  }

  @Test func trialsSayWhatTheyForgetWhereThereIsASource() throws {
    let folder = try TemporaryFolder()
    let judged = try experiment(folder, hasSource: true)
    let cut = judged.plan.cuts[0]
    let trials = try judged.trials(freezing: cut)
    #expect(trials.map(\.factor) == TransferExperiment.trialFactors)
    #expect(trials.allSatisfy { $0.target.values.count == 2 && $0.forgetting?.values.count == 2 })
    var announced: [Double] = []
    try judged.trials(
      freezing: cut, onTrial: { factor, _, accuracy in if accuracy != nil { announced.append(factor) } })
    #expect(announced == [1, 1, 0.3, 0.3, 0.1, 0.1])
    // Without a source the same trials are others: nothing is known of what they forget.
    let plain = try experiment(folder, hasSource: false).trials(freezing: cut)
    #expect(plain.map(\.target.values) == trials.map(\.target.values) && plain.allSatisfy { $0.forgetting == nil })
  }
}
