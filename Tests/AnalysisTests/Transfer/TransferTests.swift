import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
import HDF5
import Metrics
import Models
import Programs
import TestSupport
import Testing
import Torch
import Training

@testable import Analysis

@Suite struct TransferTests {
  private func base() throws -> Checkpoint {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 28, 28], classCount: 5, hiddenSizes: [16, 12]))
    let model = try Model(initializing: program, task: "first", classNames: ["a", "b", "c", "d", "e"], seed: 3)
    return try model.checkpoint(epoch: 0)
  }

  private var options: TrainingOptions {
    var options = TrainingOptions()
    options.epochCount = 1
    options.exampleCount = 200
    return options
  }

  @Test func cutsCopyEverythingBelowThem() throws {
    let base = try base()
    let cuts = try base.program.transferCuts()
    #expect(cuts.map(\.name) == base.program.blocks.dropLast().map(\.name) && cuts.count == 2)
    #expect(cuts[1].parameterNames.starts(with: cuts[0].parameterNames))
    #expect(throws: ProgramError.self) { try base.program.transferCuts(after: ["nowhere"]) }
    // Everything but the head, in the end.
    #expect(
      Set(cuts[1].parameterNames).union(base.program.headParameterNames) == Set(base.program.parameters.map(\.name)))
  }

  @Test func whatIsFrozenIsCopiedAndStaysAndTheRestIsDrawnAnew() throws {
    let folder = try TemporaryFolder()
    let base = try base()
    let data = try Datasets.Dataset.load(Repository.fixture("fashion-mnist-small") + ":5-9")
    let cuts = try base.program.transferCuts()
    let plan = TransferPlan(cuts: cuts, seeds: [4])
    #expect(plan.points.count == 1 + 2 * 4 && plan.points[0].kind == nil)
    let experiment = TransferExperiment(
      base: base, target: data, plan: plan, options: options, path: folder.file("transfer"))
    var order: [String] = []
    let result = try experiment.run(onPoint: { point, accuracy in if accuracy != nil { order.append(point.name) } })
    #expect(order == plan.points.map(\.name))
    for kind in TransferKind.allCases {
      let point = TransferPlan.Point(seed: 4, kind: kind, cut: cuts[0])
      let start = try experiment.start(of: point, as: Classification())
      let own = try Checkpoint(contentsOf: folder.file("transfer") + "/runs/base-seed4/checkpoints/epoch-0001.h5")
      let origin = kind.takesBase ? base : own
      for name in cuts[0].parameterNames {
        #expect(start.parameters[name]?.checksum == origin.parameters[name]?.checksum, "\(kind) \(name)")
      }
      for name in cuts[1].parameterNames where !cuts[0].parameterNames.contains(name) && name.hasSuffix("weight") {
        #expect(start.parameters[name]?.checksum != origin.parameters[name]?.checksum, "\(kind) \(name)")
      }
    }
    #expect(result.curves.map(\.points.count) == [2, 2, 2, 2] && result.base.values.count == 1)
    #expect(result.curve(.transfer)?.points[0].cut == cuts[0].name)

    #expect(experiment.remainingCount == 0)
    #expect(try experiment.estimatedSeconds(trialCount: 1) > 0)
    #expect(try experiment.estimatedSeconds(trialCount: 0) == 0)
    #expect(try experiment.targetNetwork().parameters.keys.sorted() == base.parameters.keys.sorted())

    // A second run finds everything and trains nothing.
    let stamp = try FileManager.default.attributesOfItem(atPath: folder.file("transfer") + "/runs/base-seed4/run.h5")
    let again = try experiment.run()
    #expect(try FindingEncoder.encode(again).serialized() == FindingEncoder.encode(result).serialized())
    let now = try FileManager.default.attributesOfItem(atPath: folder.file("transfer") + "/runs/base-seed4/run.h5")
    #expect(stamp[.modificationDate] as? Date == now[.modificationDate] as? Date)
  }

  @Test func aProgramWithoutInitializationsGetsPyTorchsOwn() throws {
    var program = try base().program
    let known = program.parameters.map(\.initialization)
    for index in program.parameters.indices { program.parameters[index].initialization = nil }
    let drawn = program.withInitializations.parameters
    for (own, other) in zip(known, drawn) where other.shape.count == 2 {
      #expect(own == other.initialization, "\(other.name)")
    }
    #expect(drawn.allSatisfy { $0.initialization != nil })
  }
}
