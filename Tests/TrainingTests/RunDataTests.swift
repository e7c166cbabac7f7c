import Checkpoints
import Datasets
import Findings
import Foundation
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Training

/// What a run keeps of its data and its options is all that is needed to go on with it.
@Suite struct RunDataTests {
  private let data = Repository.fixture("fashion-mnist-small")

  private func base(classCount: Int = 5) throws -> Checkpoint {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 28, 28], classCount: classCount, hiddenSizes: [8]))
    return try Model(
      initializing: program, task: Checkpoint.untrainedTask, classNames: (0..<classCount).map { "\($0)" }, seed: 1
    ).checkpoint(epoch: 0)
  }

  private func options(epochs: Int) throws -> TrainingOptions {
    var options = TrainingOptions()
    options.epochCount = epochs
    options.batchSize = 32
    options.learningRate = 0.05
    options.seed = 4
    options.regularizers = [try RegularizerSpecification("l2-sp")]
    options.selection = .target
    return options
  }

  /// A model that was trained on the source.
  private func source(in folder: TemporaryFolder) throws -> Checkpoint {
    var options = TrainingOptions()
    options.epochCount = 1
    let run = TrainingRun(options: options, path: folder.file("source"), target: try .load(data + ":0-4"), device: .cpu)
    try run.run(from: base(), basePath: "") { _ in }
    return try Checkpoint(contentsOf: Run.open(run.path).checkpointPath(epoch: 1))
  }

  private func weights(_ path: String, epoch: Int) throws -> [String: String] {
    let checkpoint = try Checkpoint(contentsOf: Run.open(path).checkpointPath(epoch: epoch))
    var found = checkpoint.parameters.mapValues(\.checksum)
    for (task, head) in checkpoint.heads {
      for (name, tensor) in head.tensors { found["\(task)/\(name)"] = tensor.checksum }
    }
    return found
  }

  @Test func aRunGoesOnFromItsRecordAlone() throws {
    let folder = try TemporaryFolder()
    let start = try source(in: folder)
    func run(_ epochs: Int, _ name: String) throws -> TrainingRun {
      TrainingRun(
        options: try options(epochs: epochs), path: folder.file(name), target: try .load(data + ":5-9"),
        source: try .load(data + ":0-4"), device: .cpu)
    }
    try run(3, "whole").run(from: start, basePath: "base.h5") { _ in }
    try run(1, "run").run(from: start, basePath: "base.h5") { _ in }
    let record = try Run.open(folder.file("run")).record
    let reference = BaseReference(
      path: "base.h5", folder: FileManager.default.currentDirectoryPath, fingerprint: try start.fingerprint)
    #expect(record.data.base == reference)
    #expect(record.data.target?.specification == data + ":5-9" && record.data.source?.specification == data + ":0-4")
    #expect(record.data.source?.head == "fashion-mnist-small:0-4" && record.data.source?.testCount == 100)
    #expect(record.data.target?.head == "fashion-mnist-small:5-9" && record.data.proxy == nil)
    #expect(record.trainingOptions == (try options(epochs: 1)) && record.command == nil)
    #expect(record.state.isFinished && record.state.targetHeadIsNew && record.state.plannedEpochs == 1)
    #expect(record.state.best == .init(epoch: 1, rule: "target", keepsBounds: true))
    #expect(record.state.stepsPerEpoch == (try Dataset.load(data + ":5-9").train.count + 31) / 32)
    #expect(record.state.regularizers.map(\.name) == ["l2-sp"] && record.state.device == "cpu")

    var more = try TrainingRun(resuming: Run.open(folder.file("run")))
    #expect(more.options == (try options(epochs: 1)) && more.device == .cpu)
    more.options.epochCount = 3
    #expect(try more.resume { _ in }.count == 4)
    #expect(try Run.open(folder.file("run")).record.state.plannedEpochs == 3)
    for epoch in 0...3 {
      #expect(try weights(folder.file("run"), epoch: epoch) == weights(folder.file("whole"), epoch: epoch))
    }
  }

  @Test func dataInMemoryAreMadeAnew() throws {
    let folder = try TemporaryFolder()
    let network = try SmallNetwork.perceptron()
    func target() throws -> Dataset { try randomImages("target", shape: [1, 3, 4], seed: 2) }
    var options = TrainingOptions()
    options.epochCount = 1
    let run = TrainingRun(options: options, path: folder.file("run"), target: try target(), device: .cpu)
    try run.run(from: network.model().checkpoint(epoch: 0), basePath: "") { _ in }
    let stored = try Run.open(run.path)
    #expect(stored.record.data.base == nil)
    #expect(throws: DatasetError.inMemory(dataset: "target")) { try TrainingRun(resuming: stored) }
    var more = try TrainingRun(resuming: stored) { reference in
      #expect(reference.name == "target")
      return try target()
    }
    more.options.epochCount = 2
    #expect(try more.resume { _ in }.count == 3)
  }

  @Test func aSequenceGoesOnFromItsRecordAlone() throws {
    struct Stop: Error {}
    let folder = try TemporaryFolder()
    var options = try options(epochs: 2)
    options.regularizers = [
      try RegularizerSpecification("lwf"), try RegularizerSpecification("l2-sp"),
      try RegularizerSpecification("ewc", ["lambda": "1", "samples": "20"]),
      try RegularizerSpecification("der++", ["count": "20"]),
    ]
    func sequence(_ name: String) throws -> TaskSequence {
      try TaskSequence(
        options: options, path: folder.file(name),
        tasks: [("a", try .load(data + ":0-1")), ("b", try .load(data + ":2-3")), ("c", try .load(data + ":4-5"))],
        sharesHead: true, device: .cpu)
    }
    let whole = try sequence("whole").run(
      from: base(classCount: 2), basePath: "base.h5", onTask: { _, _ in }, onEvent: { _ in })
    // What the first task left is of its end, whatever came after.
    for (task, name) in [(1, "1-a"), (2, "2-b")] {
      let memory = try TaskMemory(contentsOf: folder.file("whole/tasks/\(name)/memory.h5"))
      let end = try Checkpoint(contentsOf: Run.open(folder.file("whole")).checkpointPath(epoch: task))
      for (name, tensor) in end.parameters {
        let anchor = try #require(memory.tensors["anchor.\(name)"]).view()
        #expect(anchor.checksum == tensor.checksum, "\(task) \(name)")
        #expect(memory.tensors["importance.exact.20.32.\(name)"]?.shape == tensor.shape)
      }
      #expect(memory.tensors["logits.20"]?.shape == [20, 2])
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("whole/tasks/3-c/memory.h5")))
    #expect(try Verification.check(folder.file("whole/tasks/1-a")).problems.isEmpty)
    // Stopped before any task, in the first one, in the second and in the third.
    for (number, epoch) in [(0, -1), (0, 1), (1, 1), (2, 1)] {
      let path = folder.file("stopped-\(number)-\(epoch)")
      var task = -1
      #expect(throws: Stop.self) {
        try sequence(URL(fileURLWithPath: path).lastPathComponent).run(
          from: base(classCount: 2), basePath: "base.h5",
          onTask: { begun, _ in
            task = begun
            if begun == number, epoch < 0 { throw Stop() }
          }, onEvent: { if task == number, case .evaluated(let record) = $0, record.epoch == epoch { throw Stop() } })
      }
      let stopped = try Run.open(path)
      #expect(stopped.record.data.tasks.map(\.name) == ["a", "b", "c"])
      #expect(stopped.record.data.tasks.map(\.data.head) == ["shared", "shared", "shared"])
      #expect(stopped.record.data.tasks[1].data.specification == data + ":2-3")
      #expect(stopped.record.state.kind == .sequence && stopped.record.state.sharesHead && !stopped.record.isFinished)
      let result = try TaskSequence(resuming: stopped).run(
        from: TaskSequence.start(of: stopped), basePath: "", onTask: { _, _ in }, onEvent: { _ in })
      #expect(result.matrix == whole.matrix && result.baseline == whole.baseline)
      for epoch in 0...3 {
        #expect(try weights(path, epoch: epoch) == weights(folder.file("whole"), epoch: epoch), "\(path) \(epoch)")
      }
    }
    // The run of a task within knows the tasks before it.
    let inner = try Run.open(folder.file("whole/tasks/3-c"))
    #expect(inner.record.data.tasks.map(\.data.specification) == [data + ":0-1", data + ":2-3"])
    // The shared head came with the model: it is held to where it began, and no β pulls it to zero.
    let pull = try #require(inner.record.state.regularizers.first { $0.name == "l2-sp" }?.summary)
    let kernels = try Checkpoint(contentsOf: inner.checkpointPath(epoch: 0)).program.parameters.count {
      $0.shape.count >= 2
    }
    #expect(pull.contains("\(kernels) tensor") && !pull.contains("toward zero"), "\(pull)")
    let again = try TrainingRun(resuming: inner)
    #expect(again.memoryPaths == ["1-a", "2-b"].map { folder.file("whole/tasks/\($0)/memory.h5") })
    #expect(again.targetTask == "shared" && again.earlier?.map(\.task) == ["shared", "shared"])
    let others = try TaskSequence(
      options: options, path: folder.file("whole"),
      tasks: [("a", try .load(data + ":1,0")), ("b", try .load(data + ":2-3")), ("c", try .load(data + ":4-5"))],
      sharesHead: true, device: .cpu)
    #expect(throws: TrainingError.badResume("the data of task 'a' are not those it began with")) {
      try others.run(from: base(classCount: 2), basePath: "", onTask: { _, _ in }, onEvent: { _ in })
    }
  }

  /// A run of version 0.1 has all that this version asks of it.
  @Test func anOldRunHasItsOptionsAndItsEpochs() throws {
    let record = try Run.open(Repository.fixture("runs-0.1/best")).record
    let options = try #require(record.trainingOptions)
    #expect(options.epochCount == 4 && options.batchSize == 32 && options.learningRate == 0.1 && options.seed == 3)
    #expect(record.epochRecords.count == 5 && record.epochRecords[0].targetHeadIsNew)
    let proxy = try Run.open(Repository.fixture("runs-0.1/proxy")).record
    #expect(proxy.epochRecords.last?.proxy?.count == 100)
    let sequence = try #require(SequenceResult(Run.open(Repository.fixture("runs-0.1/sequence"))))
    #expect(sequence.tasks == ["a", "b"] && !sequence.sharesHead)
  }

  @Test func aScheduleIsWrittenAsItIsRead() {
    let shapes: [Schedule.Shape] = [
      .constant, .cosine, .step(epochs: 2, factor: 0.5), .exponential(factor: 0.95),
      .oneCycle(rise: 0.3, divisor: 25, finalDivisor: 10000), .slantedTriangular(cut: 0.125, ratio: 32),
      .plateau(patience: 3, factor: 0.1),
    ]
    for shape in shapes { #expect(Schedule.Shape(shape.text) == shape, "\(shape.text)") }
    #expect(Schedule.Shape.plateau(patience: 3, factor: 0.1).text == "plateau:3,0.1")
  }
}
