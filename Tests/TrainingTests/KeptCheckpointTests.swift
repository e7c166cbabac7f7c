import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import Training

/// A run that does not keep every epoch's checkpoint.
@Suite struct KeptCheckpointTests {
  private func run(_ options: TrainingOptions, at path: String) throws -> TrainingRun {
    TrainingRun(
      options: options, path: path, target: try randomImages("target", shape: [1, 8, 8], seed: 5),
      source: try randomImages("source", shape: [1, 8, 8], seed: 6), device: .cpu)
  }

  private func options(keeping count: Int?) throws -> TrainingOptions {
    var options = TrainingOptions()
    options.epochCount = 6
    options.batchSize = 8
    options.learningRate = 0.05
    options.frozen = ["conv", "norm"]
    options.selection = try SelectionRule(parsing: "target")
    options.keptCheckpointCount = count
    return options
  }

  @Test(arguments: [1, 2]) func theLastOnesTheFirstAndTheBestAreThere(count: Int) throws {
    let folder = try TemporaryFolder()
    let start = try smallConvolution(seed: 5)
    let whole = try run(options(keeping: nil), at: folder.file("whole"))
    try whole.run(from: start, basePath: "base.h5") { _ in }
    let few = try run(options(keeping: count), at: folder.file("few"))
    try few.run(from: start, basePath: "base.h5") { _ in }

    let (all, kept) = (try Run.open(whole.path), try Run.open(few.path))
    let best = try #require(kept.record.bestEpoch)
    #expect(all.epochs == Array(0...6) && best == all.record.bestEpoch)
    #expect(kept.epochs == Set([0, best] + Array((7 - count)...6)).sorted())
    #expect(kept.record.checkpoints.keys.compactMap(Int.init).sorted() == kept.epochs)
    #expect(kept.record.predictions == all.record.predictions && kept.record.metrics.rowCount == 7)
    for epoch in kept.epochs {
      let (one, other) = try (
        Checkpoint(contentsOf: all.checkpointPath(epoch: epoch)),
        Checkpoint(contentsOf: kept.checkpointPath(epoch: epoch))
      )
      #expect(try one.fingerprint == other.fingerprint, "epoch \(epoch)")
    }
    #expect(try Verification.check(few.path).problems.isEmpty)
  }

  /// An epoch that ended before its time is begun again from the one before, which stays.
  @Test func whatIsLeftIsGoneOnFrom() throws {
    let folder = try TemporaryFolder()
    let start = try smallConvolution(seed: 5)
    let whole = try run(options(keeping: 1), at: folder.file("whole"))
    try whole.run(from: start, basePath: "base.h5") { _ in }
    let stopped = try run(options(keeping: 1), at: folder.file("stopped"))
    var steps = 0
    #expect(throws: TrainingError.self) {
      let isCancelled = { steps == 23 }
      try stopped.run(from: start, basePath: "base.h5", isCancelled: isCancelled) {
        if case .step = $0 { steps += 1 }
      }
    }
    let last = try #require(try Run.open(stopped.path).epochs.last)
    #expect(last == 4)
    // As one that was killed before it had removed what it no longer speaks of.
    try FileManager.default.copyItem(
      atPath: Run.open(stopped.path).checkpointPath(epoch: 4), toPath: Run.open(stopped.path).checkpointPath(epoch: 2))
    try stopped.resume { _ in }
    let (one, other) = (try Run.open(whole.path), try Run.open(stopped.path))
    #expect(one.epochs == other.epochs && one.record.bestEpoch == other.record.bestEpoch)
    #expect(
      try Checkpoint(contentsOf: one.checkpointPath(epoch: 6)).fingerprint
        == Checkpoint(contentsOf: other.checkpointPath(epoch: 6)).fingerprint)
  }
}
