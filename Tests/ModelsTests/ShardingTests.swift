import Checkpoints
import Foundation
import Programs
import TestSupport
import Testing
import Torch

@testable import Models

/// Models that several processes have in parts: what they compute is what a process that has all computes.
@Suite(.serialized) struct ShardingTests {
  private struct Figures: Equatable, Sendable {
    var evaluated: [Float] = []
    var trained: [Float] = []
    /// Whole, by parameter.
    var gradients: [String: [Float]] = [:]
    var partCount = 0
  }

  /// - Parameter share: of the loss: each of several processes has the same examples.
  private static func figures(_ model: Model, _ inputs: [String: Tensor], share: Double) throws -> Figures {
    var figures = Figures()
    figures.partCount = model.parts.count
    figures.evaluated = try withoutGradients { try model.run(inputs).logits.array() }
    let drawing = model.program.nodes.filter { node in
      node.operatorName != "aten::batch_norm" && (try? ResolvedCall.varies(node, isTraining: true)) == true
    }
    let names = model.program.parameters.map(\.name).filter { model.parameters[$0] != nil }
    let weights = try names.map { try #require(model.parameters[$0]) }
    // One is frozen, whole or in parts.
    for (index, weight) in weights.enumerated() { try weight.setRequiresGradient(index != 2) }
    let outputs = try model.run(
      inputs, mode: .training(exceptLayers: Set(drawing.map(\.layer))), recomputesActivations: true
    ).logits
    figures.trained = try outputs.detached().array()
    let trained = weights.indices.filter { weights[$0].requiresGradient }
    let gradients = try outputs.squared().sum().multiply(by: share).gradients(of: trained.map { weights[$0] })
    for (index, gradient) in zip(trained, gradients) {
      guard let gradient else { continue }
      let whole = try model.sharding.flatMap { sharding in
        try sharding.shape(of: weights[index]).map { try sharding.whole(gradient, shape: $0) }
      }
      // Those of what each has whole are not summed yet.
      figures.gradients[names[index]] =
        try whole?.array() ?? gradient.array(of: Float.self).map { $0 / Float(share) }
    }
    // A process without a batch takes part all the same.
    if let sharding = model.sharding {
      if sharding.processes.leads {
        _ = try withoutGradients { try model.run(inputs) }
      } else {
        try model.takePartInRun()
      }
      try sharding.processes.barrier()
    }
    return figures
  }

  @Test(arguments: ExportedFixture.names) func everyProgramComputesTheSame(name: String) throws {
    let folder = try TemporaryFolder()
    let (loaded, _) = try ExportedFixture.load(name)
    let base = folder.file("base.h5")
    try loaded.checkpoint(epoch: 0).write(to: base)
    let one = try Self.figures(loaded, ExportedFixture.inputs(loaded, ExportedFixture.load(name).1), share: 1)
    let all = try ranks(2) { _, environment in
      let group = try ProcessGroup(#require(try ProcessPlace.named(by: environment)), timeout: 60)
      let model = try Model(Checkpoint(contentsOf: base), sharding: Sharding(over: group, fewestElements: 10))
      return try Self.figures(model, ExportedFixture.inputs(model, ExportedFixture.load(name).1), share: 0.5)
    }
    #expect(all[0].partCount > 3)
    for figures in all {
      #expect(figures.evaluated == one.evaluated && figures.trained == one.trained)
      #expect(figures.gradients.keys == one.gradients.keys)
      for (weight, gradient) in one.gradients {
        let other = try #require(figures.gradients[weight])
        let largest = gradient.reduce(0) { max($0, abs($1)) }
        let worst = zip(gradient, other).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
        #expect(
          gradient.count == other.count && worst <= 1e-5 * largest, "\(name), \(weight): \(worst) of \(largest)")
      }
    }
    #expect(one.gradients.values.contains { $0.contains { $0 != 0 } })
  }

  @Test func aCheckpointHasTheWholesAndACopyIsRefused() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    try ExportedFixture.load("vit").0.checkpoint(epoch: 0).write(to: base)
    let all = try ranks(3) { rank, environment in
      let group = try ProcessGroup(#require(try ProcessPlace.named(by: environment)), timeout: 60)
      let model = try Model(Checkpoint(contentsOf: base), sharding: Sharding(over: group, fewestElements: 10))
      #expect(throws: ModelError.self) { try model.checkpoint(epoch: 0) }
      let parts = model.parts
      #expect(parts.count > 3 && parts.allSatisfy { $0.tensor.shape == [group.partSize(of: $0.shape.reduce(1, *))] })
      let wholes = try parts.map { try #require(model.sharding).whole($0.tensor, shape: $0.shape) }
      guard rank == 0 else { return "" }
      let path = folder.file("again.h5")
      try model.checkpoint(epoch: 0, whole: { wholes[$0] }).write(to: path)
      return try Checkpoint(contentsOf: path).fingerprint
    }
    #expect(try all[0] == Checkpoint(contentsOf: base).fingerprint)
  }
}
