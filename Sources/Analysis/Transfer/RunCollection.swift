import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
import Models
import Torch
import Training

/// Runs of one experiment, each trained once, in `runs` within a folder.
struct RunCollection {
  let path: String
  let device: Device
  /// Whether other processes train runs of this collection at the same time.
  var isShared = false

  init(path: String, device: Device) { (self.path, self.device) = (path, device) }

  func runPath(_ name: String) -> String { "\(path)/runs/\(name)" }

  /// A run that came to its end; nil where it is not there or was stopped.
  func finished(_ name: String) -> Run? {
    guard let run = try? Run.open(runPath(name)), run.record.isFinished else { return nil }
    return run
  }

  /// A score that was stored; nil where it was not.
  func stored(_ name: String, _ score: Score) -> Double? {
    finished(name).map { $0.record.metrics.value("target_\(score.name)", row: 0) }
  }

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

  /// Stores a score that no training led to.
  func store(_ name: String, _ score: Score, _ value: Double) throws {
    try? FileManager.default.removeItem(atPath: runPath(name))
    var record = RunRecord(state: RunState(kind: .result, isFinished: true))
    record.metrics.append(["target_\(score.name)": value])
    _ = try Run.create(at: runPath(name), record: record)
  }

  /// Trains a run, or goes on with it where it was stopped.
  ///
  /// - Parameters:
  ///   - kind: of task, as the target's labels are to be taken.
  ///   - keepsCheckpoints: false where its scores are all that is wanted.
  ///   - isChosenAmong: whether something is chosen by its scores and those of the others.
  func train(
    _ name: String, from base: () throws -> Checkpoint, on target: Dataset, as kind: any TaskKind,
    source: Dataset? = nil, options: TrainingOptions, keepsCheckpoints: Bool, isChosenAmong: Bool,
    isCancelled: () -> Bool
  ) throws {
    var own = options
    if isChosenAmong { own.validation = validation(of: options) }
    var training = TrainingRun(
      options: own, path: runPath(name), target: target, source: source, device: device)
    training.taskKind = kind.name
    training.judgesEveryEpoch = false
    training.isChosenAmong = isChosenAmong
    try training.complete(from: base, basePath: "", isCancelled: isCancelled)
    if !keepsCheckpoints { try? FileManager.default.removeItem(atPath: "\(training.path)/checkpoints") }
  }
}

extension Checkpoint {
  /// A network of this one's architecture, drawn anew; what no training changes (positions, constants) and the
  /// preprocessing are this one's.
  ///
  /// - Parameter kind: of task. Where it draws no heads for the data alone, the drawn one has this one's name and classes,
  ///   the words of a language model, and is one with the embedding where this one's is.
  func drawnAnew(seed: UInt64, for kind: any TaskKind, on data: Dataset, device: Device) throws -> Checkpoint {
    let program = program.withInitializations
    let kept = kind.outputNames(of: data) == nil ? heads[task] : nil
    let model = try Model(
      initializing: program, task: kept == nil ? Checkpoint.untrainedTask : task, classNames: kept?.classNames ?? [],
      seed: seed, device: device)
    var drawn = try model.checkpoint(epoch: 0)
    drawn.preprocessing = preprocessing
    for specification in program.buffers where specification.initialization == nil {
      drawn.buffers[specification.name] = buffers[specification.name]
    }
    return kept == nil ? drawn : drawn.tiedByHead(as: tiedHeadNames)
  }
}

extension RunRecord {
  /// The target's score at the epoch that the run stands for; nil where it was not measured.
  var targetScore: Double? { figures.target.isNaN ? nil : figures.target }
}
