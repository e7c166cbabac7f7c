import Checkpoints
import Datasets
import Foundation
import Models
import TestSupport
import Testing
import Torch

@testable import Training

/// What a task left stays what it was at its end.
@Suite struct TaskMemoryTests {
  private let fixture: RegularizerFixture

  init() throws { fixture = try RegularizerFixture() }

  private func trainer(_ model: Model, _ text: String, _ source: SourceTask) throws -> Trainer {
    var options = fixture.options
    options.regularizers = [try .init(parsing: text)]
    return try Trainer(model, on: fixture.target(), dataset: "target", options: options, sources: [source])
  }

  /// A model at the end of the source task, what that left, stored and read again; then every weight goes on by 0.25, as
  /// another task would have them.
  private func movedOn(_ text: String) throws -> (model: Model, memory: TaskMemory, first: Trainer) {
    let model = try fixture.model()
    let first = try trainer(model, text, fixture.source())
    let folder = try TemporaryFolder()
    try first.memoryOfLastSource.write(to: folder.file("memory.h5"))
    let memory = try TaskMemory(contentsOf: folder.file("memory.h5"))
    try withoutGradients {
      for tensor in Array(model.parameters.values) { try tensor.addInPlace(Tensor([0.25] as [Float])) }
    }
    return (model, memory, first)
  }

  @Test(arguments: [("ewc:lambda=0.5", 1.0), ("ewc:lambda=0.5,fisher=batched", 2), ("mas:lambda=0.5", 2)])
  func importancesAndAnchorsAreThoseOfTheTasksEnd(_ text: String, _ factor: Double) throws {
    let (model, memory, first) = try movedOn(text)
    // Without the task's examples.
    let source = SourceTask(task: "source", dataset: "source", examples: nil, memory: memory)
    let next = try trainer(model, text, source)
    let gradients = try next.trainable.tensors.map { try Tensor.zeros($0.shape) }
    // ½ · λ' Σ F · 0.25², λ' what multiplies the displacement in the gradient: λ, or 2λ.
    let penalty = try next.regularizers[0].addGradient(to: gradients)
    var sum = 0.0
    for (index, name) in next.trainable.names.enumerated() {
      let key = text.hasPrefix("mas") ? "output sensitivity" : text.hasSuffix("batched") ? "batched" : "exact"
      guard let importance = memory.tensors["importance.\(key).500.32.\(name)"] else {
        #expect(name.hasPrefix("layers.2"), "\(name)")
        #expect(try gradients[index].array(of: Float.self).allSatisfy { $0 == 0 })
        continue
      }
      let values = try importance.array(of: Double.self)
      sum += values.reduce(0, +)
      for (found, value) in zip(try gradients[index].array(of: Double.self), values) {
        #expect(abs(found - factor * 0.5 * value * 0.25) < 1e-5 * max(1, value), "\(name)")
      }
    }
    #expect(sum > 0 && abs(penalty / (factor * 0.5 * sum * 0.0625 / 2) - 1) < 1e-4, "\(penalty), \(sum)")
    // They are what the first trainer estimated, not what the moved weights would give.
    let anew = try trainer(model, text, fixture.source()).memoryOfLastSource
    let name = try #require(
      memory.tensors.keys.first { $0.hasPrefix("importance.") && $0.hasSuffix("layers.0.weight") })
    let (kept, other) = try (
      #require(memory.tensors[name]).array(of: Float.self), #require(anew.tensors[name]).array(of: Float.self)
    )
    #expect(try #require(first.memoryOfLastSource.tensors[name]).array(of: Float.self) == kept && kept != other)
  }

  @Test func storedLogitsAreThoseOfTheTasksEnd() throws {
    // With α = 1 and β = 0 the first penalty is mean (z − z⁰)²: 0 at the end of the task, more once the weights moved on.
    func penalty(_ model: Model, _ memory: TaskMemory?) throws -> Double {
      var source = try fixture.source()
      source.memory = memory
      let trainer = try trainer(model, "der++:alpha=1,beta=0", source)
      let batch = try #require(try Batches(split: fixture.target(), batchSize: 8).makeIterator().next())
      return try trainer.step(batch, epoch: 1).penalty
    }
    let (model, memory, _) = try movedOn("der++:alpha=1,beta=0")
    #expect(try penalty(fixture.model(), memory) < 1e-10)
    #expect(try penalty(model, memory) > 1e-2)
  }

  @Test func whatWasNotLeftIsRefused() throws {
    let (model, memory, _) = try movedOn("mas:lambda=0.5")
    let source = SourceTask(task: "source", dataset: "source", examples: nil, memory: memory)
    let error = #expect(throws: TrainingError.self) { try trainer(model, "ewc:lambda=0.5", source) }
    #expect(error?.description.contains("what task 'source' left when it ended has no 'importance.exact") == true)
  }
}
