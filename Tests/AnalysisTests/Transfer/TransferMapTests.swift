import Checkpoints
import Datasets
import Findings
import Foundation
import Models
import Programs
import TestSupport
import Testing
import Training

@testable import Analysis

@Suite struct TransferMapTests {
  private func experiment(_ folder: TemporaryFolder, targets: [String], amounts: [Int?]) throws
    -> TransferMapExperiment
  {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 28, 28], classCount: 5, hiddenSizes: [16, 12]))
    let model = try Model(initializing: program, task: "first", classNames: ["a", "b", "c", "d", "e"], seed: 3)
    var options = TrainingOptions()
    options.epochCount = 2
    options.batchSize = 32
    options.learningRate = 0.05
    return try TransferMapExperiment(
      base: model.checkpoint(epoch: 0),
      targets: targets.map { try Datasets.Dataset.load(Repository.fixture("fashion-mnist-small") + ":\($0)") },
      plan: TransferMapPlan(amounts: amounts, seeds: [4, 5], leastSteps: 20), options: options,
      path: folder.file("map"))
  }

  @Test func amountsAreBalancedAndNested() throws {
    let folder = try TemporaryFolder()
    let experiment = try experiment(folder, targets: ["5-9"], amounts: [3, 10, nil])
    let split = experiment.targets[0].train
    func drawn(_ amount: Int?, seed: UInt64) -> Split { experiment.examples(of: split, amount: amount, seed: seed) }
    func pixels(_ split: Split) throws -> Set<[UInt8]> {
      Set(try (0..<split.count).map { try split.gather([$0], of: split.inputs[0]) })
    }
    let (few, more) = (drawn(3, seed: 1), drawn(10, seed: 1))
    #expect(few.count == 15 && more.count == 50 && drawn(nil, seed: 1).count == split.count)
    #expect(Dictionary(grouping: few.labels, by: { $0 }).mapValues(\.count) == [0: 3, 1: 3, 2: 3, 3: 3, 4: 3])
    #expect(try pixels(few).isSubset(of: pixels(more)))
    #expect(try pixels(few) != pixels(drawn(3, seed: 2)))
  }

  @Test func amountsThatATargetDoesNotHaveAreLeftOut() throws {
    let folder = try TemporaryFolder()
    let experiment = try experiment(folder, targets: ["5-9"], amounts: [50, 51, nil])
    #expect(TransferMapExperiment.mostPerClass(of: experiment.targets[0].train) == 50)
    #expect(Set(experiment.points.map(\.amount)) == [50, nil])
  }

  @Test func smallAmountsAreRepeatedUntilThereAreEnoughSteps() throws {
    let folder = try TemporaryFolder()
    let experiment = try experiment(folder, targets: ["5-9"], amounts: [3, nil])
    // 15 examples: 20 steps of 32 in 2 epochs want 640 examples, ⌈640 / 30⌉ = 22 times 15 = 330 an epoch, 11 steps.
    #expect(experiment.stepCount(target: 0, amount: 3) == 2 * 11)
    // 250 examples an epoch: ⌈640 / 500⌉ = 2 times, 500 examples, 16 steps.
    #expect(experiment.stepCount(target: 0, amount: nil) == 2 * 16)
  }

  @Test func everyStrategyIsMeasuredForEveryAmountAndTarget() throws {
    let folder = try TemporaryFolder()
    let experiment = try experiment(folder, targets: ["5-9", "1,2"], amounts: [4, nil])
    let trainings = 2 * 2 * 3 * 2
    #expect(experiment.remainingCount == trainings)
    #expect(try experiment.estimatedSeconds() > 0)
    var seen: [String] = []
    let map = try experiment.run(onPoint: { point, accuracy in
      if accuracy != nil { seen.append("\(point.target) \(point.strategy) \(point.seed)") }
    })
    #expect(seen.count == trainings + 2 * 2 * 2)
    #expect(map.rows.map(\.target) == experiment.targets.map(\.name))
    for row in map.rows {
      for cell in row.cells {
        for strategy in TransferStrategy.allCases {
          #expect(cell.result(strategy)?.values.count == 2, "\(row.target) \(cell.exampleCount) \(strategy)")
        }
        #expect(cell.leader != nil)
      }
    }
    #expect(map.rows[1].cells[0].exampleCount == 8)
    // A trained head on random features tells five kinds of shoes and bags apart better than chance.
    #expect(try #require(map.rows[0].cells[1].result(.tuning)).mean > 0.5)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("map/runs"))
    #expect(names.count == trainings + 2 * 2 * 2)
    #expect(experiment.remainingCount == 0)
    let again = try experiment.run()
    #expect(try FindingEncoder.encode(again).serialized() == FindingEncoder.encode(map).serialized())
  }
}
