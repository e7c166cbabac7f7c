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

/// What confidence is worth, at every epoch of a run and from its first to its last.
@Suite struct RunConfidenceTests {
  private let shape = [1, 4, 4]

  @Test func itIsMeasuredAtEveryEpochAndKeptOfTheFirstTheBestAndTheLast() throws {
    let folder = try TemporaryFolder()
    let (source, target) = (
      try randomImages("source", shape: shape, seed: 1), try randomImages("target", shape: shape, seed: 2)
    )
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: shape, classCount: 2, hiddenSizes: [8]))
    let base = try Model(initializing: program, task: "source", classNames: ["a", "b"], seed: 4)
    base.preprocessing = Preprocessing(scale: 255, mean: [0.5], standardDeviation: [0.3])
    var options = TrainingOptions()
    options.epochCount = 3
    options.batchSize = 10
    options.learningRate = 0.1
    let path = folder.file("run")
    let records = try TrainingRun(
      options: options, path: path, target: target, source: source, device: .cpu
    ).run(from: base.checkpoint(epoch: 0), basePath: "") { _ in }
    let run = try Run.open(path)
    for (task, result) in [("source", \EpochRecord.source?.confidences), ("target", \EpochRecord.target.confidences)] {
      let stored = try #require(run.record.confidences[task])
      #expect(stored.keys.sorted() == [0, 3])
      let own = try #require(records.map { $0[keyPath: result] }[3])
      #expect(stored[3]?.values == own.rows.values)
      for (row, record) in records.enumerated() {
        let sums = try #require(record[keyPath: result])
        #expect(run.record.metrics.value("\(task)_calibration_error", row: row) == sums.scores.calibrationError)
        // The loss is the same figure, in float32.
        let loss = run.record.metrics.value("\(task)_loss", row: row)
        #expect(abs(sums.scores.negativeLogLikelihood - loss) < 1e-5, "\(sums.scores), loss \(loss)")
      }
    }
    // What is read again is what was measured.
    let again = run.record.epochRecords.map(\.finding)
    #expect(again == records.map(\.finding))
    let finding = run.finding
    let change = try #require(finding.confidence?.source)
    #expect(
      change.before == finding.epochs[0].source?.confidence && change.after == finding.epochs[3].source?.confidence)
    #expect(change.count == source.test.count)
    // A head that was just drawn has no confidence to lose.
    #expect(run.record.state.targetHeadIsNew && finding.confidence?.target == nil)
    // Without these columns a run reads as before.
    var record = run.record
    record.confidences = [:]
    #expect(record.confidence(at: 3) == nil)
    record.keepEpochs(through: 1)
    #expect(record.metrics.rowCount == 2)
  }
}
