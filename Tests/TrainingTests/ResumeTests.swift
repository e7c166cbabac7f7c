import Checkpoints
import Datasets
import Foundation
import HDF5
import Metrics
import Programs
import TestSupport
import Testing
import Torch

@testable import Models
@testable import Training

@Suite struct ResumeTests {
  /// A run on two tasks of random images. No dropout: its generator is the process's, which tests share; the command's
  /// tests have some.
  private func run(_ options: TrainingOptions, at path: String, seed: UInt64) throws -> TrainingRun {
    TrainingRun(
      options: options, path: path, target: try randomImages("target", shape: [1, 8, 8], seed: seed),
      source: try randomImages("source", shape: [1, 8, 8], seed: seed + 1), device: .cpu)
  }

  private struct Case: CustomTestStringConvertible {
    let testDescription: String
    var storesConvolution = false
    let change: @Sendable (inout TrainingOptions) throws -> Void
  }

  private static let cases = [
    Case(testDescription: "momentum, cosine, changed images") {
      $0.schedule = Schedule(.cosine, warmupEpochs: 1)
      $0.transform = try ImageTransform(["crop=1", "flip", "jitter=0.3"])
    },
    Case(testDescription: "adam, plateaus, averages") {
      $0.optimizer = .adam
      $0.learningRate = 0.01
      $0.schedule = Schedule(.plateau(patience: 0, factor: 0.5))
      $0.averagingDecay = 0.9
      $0.unfreezing = .onPlateau(patience: 0)
    },
    Case(testDescription: "adapters, accumulation") {
      $0.adapters = LowRankOptions(rank: 2)
      $0.accumulation = 2
    },
    Case(testDescription: "regularizers with a state") {
      $0.regularizers = [
        try RegularizerSpecification("replay", ["count": "20"]), try RegularizerSpecification("lwf"),
        try RegularizerSpecification("l2-sp"), try RegularizerSpecification("ewc", ["lambda": "1"]),
      ]
    },
    Case(testDescription: "several stages, the best epoch") {
      $0.unfreezing = .every(epochs: 2)
      $0.selection = try SelectionRule(parsing: "target subject to source >= 0.2")
    },
    Case(testDescription: "frozen layers that are computed once", storesConvolution: true) {
      $0.frozen = ["conv", "norm"]
      $0.regularizers = [try RegularizerSpecification("l2-sp")]
      $0.averagingDecay = 0.9
    },
  ]

  private struct Stop: Error {}

  @Test(arguments: cases)
  private func aResumedRunIsTheSameBitForBit(_ example: Case) throws {
    let seed = TestSeed.any(below: 1_000_000)
    let folder = try TemporaryFolder()
    var options = TrainingOptions()
    options.epochCount = 4
    options.batchSize = 8
    options.learningRate = 0.05
    options.seed = seed
    try example.change(&options)
    let start = try smallConvolution(seed: seed)
    let whole = try run(options, at: folder.file("whole"), seed: seed)
    let counter = ForwardCount()
    try ForwardCount.$current.withValue(counter) { try whole.run(from: start, basePath: "base.h5") { _ in } }
    // 40 to train on and 20 of each test, and eight to see whether that can be.
    let count = try #require(counter.examples["conv"])
    #expect(example.storesConvolution == (count == 88), "\(count) examples")

    let stopped = try run(options, at: folder.file("stopped"), seed: seed)
    var steps = 0
    #expect(throws: TrainingError.self) {
      // In the middle of the third epoch.
      let isCancelled = { steps == (options.accumulation == 2 ? 8 : 13) }
      try stopped.run(from: start, basePath: "base.h5", isCancelled: isCancelled) {
        if case .step = $0 { steps += 1 }
      }
    }
    #expect(try Run.open(stopped.path).epochs == [0, 1, 2])
    let history = try stopped.resume { _ in }
    #expect(history.map(\.epoch) == [0, 1, 2, 3, 4])

    let (first, second) = (try Run.open(whole.path), try Run.open(stopped.path))
    for epoch in 0...4 {
      let (one, other) = try (
        Checkpoint(contentsOf: first.checkpointPath(epoch: epoch)),
        Checkpoint(contentsOf: second.checkpointPath(epoch: epoch))
      )
      for (name, tensor) in one.parameters.merging(one.buffers, uniquingKeysWith: { $1 }) {
        let twin = other.parameters[name] ?? other.buffers[name]
        #expect(tensor.checksum == twin?.checksum, "epoch \(epoch), \(name), seed \(seed)")
      }
      for (task, head) in one.heads {
        for (name, tensor) in head.tensors {
          #expect(tensor.checksum == other.heads[task]?.tensors[name]?.checksum, "\(task) \(name), seed \(seed)")
        }
      }
    }
    let (saved, resumed) = (
      try ResumeState(contentsOf: first.resumePath), try ResumeState(contentsOf: second.resumePath)
    )
    #expect(saved.epoch == 4 && saved.tensors.keys.sorted() == resumed.tensors.keys.sorted())
    for (name, tensor) in saved.tensors where name != "generator.cpu" {
      #expect(tensor.checksum == resumed.tensors[name]?.checksum, "\(name)")
    }
    #expect(first.record.predictions == second.record.predictions)
    #expect(first.record.bestEpoch == second.record.bestEpoch)
    for name in first.record.metrics.names where name != "seconds" {
      let (mine, theirs) = (first.record.metrics[name] ?? [], second.record.metrics[name] ?? [])
      #expect(zip(mine, theirs).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }, "\(name), seed \(seed)")
    }
  }

  @Test func aRunStoppedBeforeItsFirstEpochBeginsAgain() throws {
    let folder = try TemporaryFolder()
    var options = TrainingOptions()
    options.epochCount = 2
    options.patience = 2
    options.regularizers = [try RegularizerSpecification("ewc", ["lambda": "1"])]
    let start = try smallConvolution(seed: 3)
    let place = folder.file("base.h5")
    try start.write(to: place)
    let whole = try run(options, at: folder.file("whole"), seed: 3)
    try whole.run(from: start, basePath: place) { _ in }
    let stopped = try run(options, at: folder.file("stopped"), seed: 3)
    let isCancelled = { true }
    let error = #expect(throws: TrainingError.self) {
      try stopped.run(from: start, basePath: place, isCancelled: isCancelled) { _ in }
    }
    #expect(error == .interrupted(epoch: 0))
    let known = try Run.open(stopped.path)
    #expect(known.isAtBeginning && known.epochs.isEmpty && known.record.data.target?.name == "target")
    #expect(known.record.trainingOptions == options)

    // From another base it is no such run, nor from one that is gone.
    try smallConvolution(seed: 4).write(to: place)
    func refusal() -> String? {
      #expect(throws: TrainingError.self) { try stopped.resume { _ in } }?.description
    }
    #expect(refusal()?.contains("\(place) is not what it began from any more") == true)
    try FileManager.default.removeItem(atPath: place)
    #expect(refusal()?.contains("\(place) that it began from is not there") == true)
    try start.write(to: place)
    // As it is killed between its first checkpoint and its first state.
    try start.write(to: known.checkpointPath(epoch: 0))
    #expect(try stopped.resume { _ in }.map(\.epoch) == [0, 1, 2])

    let (first, second) = (try Run.open(whole.path), try Run.open(stopped.path))
    for epoch in 0...2 {
      let (one, other) = try (
        Checkpoint(contentsOf: first.checkpointPath(epoch: epoch)),
        Checkpoint(contentsOf: second.checkpointPath(epoch: epoch))
      )
      #expect(try one.fingerprint == other.fingerprint, "epoch \(epoch)")
    }
    #expect(first.record.predictions == second.record.predictions && first.record.state == second.record.state)
    // A finished run without its state is not one that begins again: nothing of it is lost.
    try FileManager.default.removeItem(atPath: second.resumePath)
    #expect(throws: TrainingError.self) { try stopped.resume { _ in } }
    #expect(try Run.open(stopped.path).epochs == [0, 1, 2])
  }

  @Test func whereARunGoesOnInAnotherEnvironmentIsKept() throws {
    let folder = try TemporaryFolder()
    var options = TrainingOptions()
    options.epochCount = 1
    let path = folder.file("run")
    try run(options, at: path, seed: 3).run(from: smallConvolution(seed: 3), basePath: "base.h5") { _ in }
    var known = try Run.open(path)
    let here = RunEnvironment.present(.cpu)
    #expect(known.record.environment == here && known.record.state.moves == nil)
    #expect(here.threads ?? 0 > 0 && here.cpuCapability?.isEmpty == false && here.libtorch != nil)
    // As if it had begun with other threads.
    var changed = known.record
    changed.state.threads = (here.threads ?? 0) + 1
    try known.save(changed)
    options.epochCount = 2
    try run(options, at: path, seed: 3).resume { _ in }
    let moved = try Run.open(path).record
    #expect(moved.state.moves == [RunMove(epoch: 1, environment: here)] && moved.environment == here)
    let differences = changed.environment.differences(to: here)
    #expect(differences.count == 1 && differences.first?.name == "threads")
  }

  @Test func aRunThatBeganOnAGPUGoesOnWithoutOne() throws {
    let data = try randomImages("source", shape: [1, 8, 8], seed: 3)
    let trainer = try Trainer(
      Model(smallConvolution(seed: 3)), on: data.train, dataset: "source", options: TrainingOptions())
    var (progress, tensors) = try trainer.state()
    // As a run on a GPU stores it: seed and offset, which no CPU's generator understands.
    tensors["generator.device"] = try Tensor([UInt8](repeating: 1, count: 16))
    progress.stepCount = 7
    try trainer.restore(progress, tensors)
    #expect(trainer.progress.stepCount == 7)
  }

  @Test func anEarlyStopIsWhereThePatienceEnds() throws {
    let folder = try TemporaryFolder()
    var options = TrainingOptions()
    options.epochCount = 6
    options.learningRate = 0
    options.rateRules = [GlobRule(pattern: "fc", value: 1e-12)]
    options.patience = 2
    let history = try run(options, at: folder.file("run"), seed: 3).run(
      from: smallConvolution(seed: 3), basePath: "base.h5"
    ) { _ in
    }
    // Nothing changes, so the first epoch stays the best: two more, and no further.
    #expect(history.map(\.epoch) == [0, 1, 2, 3])
    #expect(try Run.open(folder.file("run")).record.bestEpoch == 1)
  }

  @Test func otherDataAreRefused() throws {
    let folder = try TemporaryFolder()
    var options = TrainingOptions()
    options.epochCount = 1
    let path = folder.file("run")
    try run(options, at: path, seed: 3).run(from: smallConvolution(seed: 3), basePath: "base.h5") { _ in }
    let error = #expect(throws: TrainingError.self) { try run(options, at: path, seed: 4).resume { _ in } }
    #expect(error?.description.contains("not those it began with") == true)
    try Data("no".utf8).write(to: URL(fileURLWithPath: path + "/resume.h5"))
    #expect(throws: TrainingError.self) { try run(options, at: path, seed: 3).resume { _ in } }
  }
}
