import Checkpoints
import Datasets
import Foundation
import Models
import Torch
import Training

/// Runs of one experiment, each trained once, in `runs` within a folder.
struct RunCollection {
  let path: String
  let device: Device

  func runPath(_ name: String) -> String { "\(path)/runs/\(name)" }

  /// A run that came to its end; nil where it is not there or was stopped.
  func finished(_ name: String) -> Run? {
    guard let run = try? Run.open(runPath(name)), run.record.isFinished else { return nil }
    return run
  }

  /// Target accuracy at the epoch that a finished run stands for.
  func accuracy(_ name: String) -> Double? { finished(name)?.record.targetAccuracy }

  /// A run's record; it is trained where it is not finished.
  func record(_ name: String, training: () throws -> Void) throws -> RunRecord? {
    if let known = finished(name) { return known.record }
    try training()
    return finished(name)?.record
  }

  /// Which examples choose in runs that join those that are there.
  func validation(of options: TrainingOptions) -> ValidationRule? {
    options.validation ?? (TrainingRun.areUndivided(in: "\(path)/runs") ? .test : nil)
  }

  /// Stores an accuracy that no training led to.
  func store(_ name: String, accuracy: Double) throws {
    try? FileManager.default.removeItem(atPath: runPath(name))
    var record = RunRecord(state: RunState(kind: .result, isFinished: true))
    record.metrics.append(["target_accuracy": accuracy])
    _ = try Run.create(at: runPath(name), record: record)
  }

  /// Trains a run, or goes on with it where it was stopped.
  ///
  /// - Parameters:
  ///   - keepsCheckpoints: false where its accuracies are all that is wanted.
  ///   - isChosenAmong: whether something is chosen by its scores and those of the others.
  func train(
    _ name: String, from base: () throws -> Checkpoint, on target: Dataset, source: Dataset? = nil,
    options: TrainingOptions, keepsCheckpoints: Bool, isChosenAmong: Bool, isCancelled: () -> Bool
  ) throws {
    var own = options
    if isChosenAmong { own.validation = validation(of: options) }
    var training = TrainingRun(
      options: own, path: runPath(name), target: target, source: source, device: device)
    training.judgesEveryEpoch = false
    training.isChosenAmong = isChosenAmong
    try training.complete(from: base, basePath: "", isCancelled: isCancelled)
    if !keepsCheckpoints { try? FileManager.default.removeItem(atPath: "\(training.path)/checkpoints") }
  }
}

extension Checkpoint {
  /// A network of this one's architecture, drawn anew; what no training changes (positions, constants) and the
  /// preprocessing are this one's.
  func drawnAnew(seed: UInt64, device: Device) throws -> Checkpoint {
    let program = program.withInitializations
    let model = try Model(
      initializing: program, task: Checkpoint.untrainedTask, classNames: [], seed: seed, device: device)
    var drawn = try model.checkpoint(epoch: 0)
    drawn.preprocessing = preprocessing
    for specification in program.buffers where specification.initialization == nil {
      drawn.buffers[specification.name] = buffers[specification.name]
    }
    return drawn
  }
}

extension RunRecord {
  /// Target accuracy at the epoch that the run stands for; nil where it was not measured.
  var targetAccuracy: Double? { figures.target.isNaN ? nil : figures.target }
}
