import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Training

/// How far the answers of the head that a model came with move on the target's inputs, while it is trained on.
@Suite struct GaugeTests {
  private let shape = [1, 4, 4]

  private func base(trainedOn data: Datasets.Dataset) throws -> Checkpoint {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: shape, classCount: 2, hiddenSizes: [12, 8]))
    let model = try Model(initializing: program, task: data.name, classNames: ["a", "b"], seed: 4)
    model.preprocessing = Preprocessing(scale: 255, mean: [0.5], standardDeviation: [0.3])
    let trainer = try Trainer(model, on: data.train, dataset: data.name, options: options())
    for epoch in 1...2 { _ = try trainer.runEpoch(epoch) }
    return try model.checkpoint(epoch: 2)
  }

  private func options(_ change: (inout TrainingOptions) throws -> Void = { _ in }) rethrows -> TrainingOptions {
    var options = TrainingOptions()
    options.epochCount = 2
    options.batchSize = 10
    options.learningRate = 0.1
    options.seed = 3
    try change(&options)
    return options
  }

  private func data(_ name: String, seed: UInt64) throws -> Datasets.Dataset {
    try randomImages(name, shape: shape, seed: seed)
  }

  /// Mean of `Σ p⁰ (log p⁰ − log p)` over the target's test examples, in doubles.
  private func divergence(_ before: Checkpoint, _ after: Checkpoint, head: String, on split: Split, first: Int)
    throws -> Double
  {
    func logarithms(_ checkpoint: Checkpoint) throws -> [[Double]] {
      let model = try Model(checkpoint)
      try model.activate(task: head)
      let batch = try #require(try Batches(split: split, batchSize: split.count).makeIterator().next())
      let logits = try withoutGradients { try model.run(try batch.modelInputs(for: model)).logits }
      let (values, width) = (try logits.array(of: Double.self), logits.shape[1])
      return (0..<split.count).map { row in
        let own = values[row * width..<row * width + first]
        let largest = own.max() ?? 0
        let total = largest + log(own.reduce(0) { $0 + exp($1 - largest) })
        return own.map { $0 - total }
      }
    }
    let pairs = zip(try logarithms(before), try logarithms(after))
    let each = pairs.map { zip($0, $1).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) } }
    return each.reduce(0, +) / Double(each.count)
  }

  @Test func aRunWithoutTheSourcesDataIsGauged() throws {
    let folder = try TemporaryFolder()
    let (old, new) = (try data("old", seed: 1), try data("new", seed: 2))
    let base = try base(trainedOn: old)
    let records = try TrainingRun(options: options(), path: folder.file("run"), target: new, device: .cpu)
      .run(from: base, basePath: "") { _ in }
    let run = try Run.open(folder.file("run"))
    #expect(run.finding.gaugedHead == "old" && run.record.state.gauge?.count == 20)
    let first = try #require(records[0].gauge)
    #expect(first.value == 0 && first.low == 0 && first.high == 0)
    let start = try Checkpoint(contentsOf: run.checkpointPath(epoch: 0))
    for epoch in 1...2 {
      let gauge = try #require(records[epoch].gauge)
      let expected = try divergence(
        start, Checkpoint(contentsOf: run.checkpointPath(epoch: epoch)), head: "old", on: new.test, first: 2)
      #expect(abs(gauge.value - expected) < 1e-6 + 1e-4 * expected && gauge.value > 1e-4, "\(gauge) and \(expected)")
      #expect(gauge.low < gauge.value && gauge.value < gauge.high)
      #expect(run.finding.epochs[epoch].gauge == gauge)
    }
    // With the source's data beside it, it is the same.
    let watched = try TrainingRun(
      options: options(), path: folder.file("watched"), target: new, source: old, device: .cpu
    )
    .run(from: base, basePath: "") { _ in }
    #expect(watched.map(\.gauge) == records.map(\.gauge))
  }

  @Test func aRunThatIsGoneOnWithIsGaugedAlike() throws {
    let folder = try TemporaryFolder()
    let (old, new) = (try data("old", seed: 1), try data("new", seed: 2))
    let base = try base(trainedOn: old)
    let whole = try TrainingRun(options: options(), path: folder.file("whole"), target: new, device: .cpu)
      .run(from: base, basePath: "") { _ in }
    var steps = 0
    #expect(throws: TrainingError.self) {
      try TrainingRun(options: options(), path: folder.file("stopped"), target: new, device: .cpu)
        .run(
          from: base, basePath: "",
          isCancelled: {
            steps += 1
            return steps > 6
          }, onEvent: { _ in })
    }
    let resumed = try TrainingRun(resuming: Run.open(folder.file("stopped")), on: .cpu) { _ in new }
    #expect(try resumed.resume { _ in }.map(\.gauge) == whole.map(\.gauge))
  }

  /// The upper part of a network whose frozen layers are computed once says the same as the whole.
  @Test func storedLayersAreGaugedAlike() throws {
    let folder = try TemporaryFolder()
    let (old, new) = (try data("old", seed: 1), try data("new", seed: 2))
    let base = try base(trainedOn: old)
    func gauges(_ name: String, stores: Bool) throws -> [Double?] {
      var run = try TrainingRun(
        options: options { $0.frozen = ["layers.0"] }, path: folder.file(name), target: new, device: .cpu)
      run.storesFrozenLayers = stores
      return try run.run(from: base, basePath: "") { _ in }.map { $0.gauge?.value }
    }
    let (stored, whole) = (try gauges("stored", stores: true), try gauges("whole", stores: false))
    for (left, right) in zip(stored, whole) {
      let (left, right) = (try #require(left), try #require(right))
      #expect(abs(left - right) <= 1e-6 * max(1e-3, right), "\(stored) and \(whole)")
    }
  }

  /// Of a head that grows, the outputs that it had are asked.
  @Test func aHeadThatGrewIsAskedForWhatItKnew() throws {
    let folder = try TemporaryFolder()
    let (old, new) = (try data("old", seed: 1), try randomImages("new", shape: shape, seed: 2))
    let named = try Datasets.Dataset(
      name: "new", classNames: ["c", "d"], labelMap: [2, 3], train: new.train, test: new.test)
    let base = try base(trainedOn: old)
    var run = try TrainingRun(options: options(), path: folder.file("run"), target: named, device: .cpu)
    run.targetHead = .grow
    let records = try run.run(from: base, basePath: "") { _ in }
    let finished = try Run.open(folder.file("run"))
    let expected = try divergence(
      Checkpoint(contentsOf: finished.checkpointPath(epoch: 0)),
      Checkpoint(contentsOf: finished.checkpointPath(epoch: 2)), head: "old", on: new.test, first: 2)
    let gauge = try #require(records[2].gauge)
    #expect(abs(gauge.value - expected) < 1e-6 + 1e-4 * expected, "\(gauge) and \(expected)")
  }

  @Test func aModelThatComesUntrainedHasNone() throws {
    let folder = try TemporaryFolder()
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: shape, classCount: 2, hiddenSizes: [4]))
    let base = try Model(
      initializing: program, task: Checkpoint.untrainedTask, classNames: Checkpoint.numberedClasses(2), seed: 1
    ).checkpoint(epoch: 0)
    let run = try TrainingRun(options: options(), path: folder.file("run"), target: data("new", seed: 2), device: .cpu)
    #expect(try run.run(from: base, basePath: "") { _ in }.allSatisfy { $0.gauge == nil })
    #expect(try Run.open(folder.file("run")).record.state.gauge == nil)
  }

  /// What holds to the answers of the head that came needs no data of the source.
  @Test(arguments: ["lwf", "kl:direction=reverse", "kl:inputs=proxy"])
  func aRunWithoutTheSourcesDataCanBeHeldToItsAnswers(_ regularizer: String) throws {
    let folder = try TemporaryFolder()
    let (old, new, other) = (try data("old", seed: 1), try data("new", seed: 2), try data("other", seed: 3))
    let base = try base(trainedOn: old)
    func moved(_ name: String, _ regularizers: [String]) throws -> Double {
      let options = try options { $0.regularizers = try regularizers.map { try .init(parsing: $0) } }
      let run = TrainingRun(
        options: options, path: folder.file(name), target: new,
        proxy: regularizer.contains("proxy") ? other : nil, device: .cpu)
      return try #require(try run.run(from: base, basePath: "") { _ in }.last?.gauge?.value)
    }
    let (plain, held) = (try moved("plain", []), try moved("held", [regularizer]))
    #expect(held < 0.9 * plain, "\(held) of \(plain) nats")
  }

  @Test func whatStandsInForTheSourceIsAskedForBeforeAnythingIsTrained() throws {
    let folder = try TemporaryFolder()
    let base = try base(trainedOn: try data("old", seed: 1))
    let options = try options { $0.regularizers = [try .init(parsing: "kl:inputs=proxy")] }
    let run = TrainingRun(options: options, path: folder.file("run"), target: try data("new", seed: 2), device: .cpu)
    let error = #expect(throws: TrainingError.self) { try run.run(from: base, basePath: "") { _ in } }
    #expect(error?.description == "regularizer 'kl' needs examples that stand in for the source's")
    #expect(!FileManager.default.fileExists(atPath: folder.file("run")))
  }
}
