import Checkpoints
import Datasets
import Models
import TestSupport
import Testing
import Torch
import Training

/// Runs that evaluate only the epochs whose result is wanted.
@Suite struct JudgedEpochsTests {
  private func records(
    judgesEveryEpoch: Bool, hasSource: Bool = false, _ change: (inout TrainingOptions) -> Void = { _ in }
  ) throws -> [EpochRecord] {
    let folder = try TemporaryFolder()
    let network = try SmallNetwork.perceptron()
    let target = try randomImages("target", shape: [1, 3, 4], seed: 2)
    let source = try randomImages("t", shape: [1, 3, 4], seed: 3)
    var options = TrainingOptions()
    options.epochCount = 3
    options.batchSize = 16
    change(&options)
    var run = TrainingRun(
      options: options, path: folder.file("run"), target: target, source: hasSource ? source : nil, device: .cpu)
    run.judgesEveryEpoch = judgesEveryEpoch
    try run.run(from: network.model().checkpoint(epoch: 0), basePath: "") { _ in }
    let record = try Run.open(run.path).record
    #expect(record.isFinished && record.metrics.rowCount == options.epochCount + 1)
    return record.epochRecords
  }

  @Test func theLastEpochIsTheSameAndTheOthersAreLeftOut() throws {
    let all = try records(judgesEveryEpoch: true, hasSource: true)
    let few = try records(judgesEveryEpoch: false, hasSource: true)
    #expect(few.map(\.target.value.isNaN) == [true, true, true, false])
    #expect(few[3].target.value == all[3].target.value && few[3].target.predictions == all[3].target.predictions)
    #expect(few.dropFirst().map(\.trainingLoss) == all.dropFirst().map(\.trainingLoss))
    // What is forgotten is a difference from epoch 0.
    #expect(few.map { $0.source == nil } == [false, true, true, false])
    #expect(few[0].source?.value == all[0].source?.value && few[3].source?.value == all[3].source?.value)
  }

  @Test(arguments: ["patience", "best", "plateau", "unfreezing"])
  func epochsThatDecideSomethingAreJudged(_ reason: String) throws {
    let found = try records(judgesEveryEpoch: false) { options in
      switch reason {
      case "patience": options.patience = 5
      case "best": options.selection = .target
      case "plateau": options.schedule = Schedule(.plateau(patience: 1, factor: 0.5))
      default: options.unfreezing = .onPlateau(patience: 1)
      }
    }
    #expect(found.allSatisfy { !$0.target.value.isNaN }, "\(reason)")
  }
}
