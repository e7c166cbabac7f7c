import Checkpoints
import Files
import Findings
import Foundation
import Training

/// One run of a sweep: a method and a seed.
public struct SweepPoint: Sendable, Equatable {
  /// How training is held back.
  public let method: SweepMethod
  /// The seed of everything random in the run.
  public let seed: UInt64

  /// A method, trained once with a seed.
  public init(method: SweepMethod, seed: UInt64) {
    self.method = method
    self.seed = seed
  }

  /// A name that any file system takes.
  var name: String { "\(FileName.safe(method.label))-seed\(seed)" }
}

/// What became of a point.
public enum SweepOutcome: Sendable, Equatable {
  /// Its scores on the examples that judge, and on those that choose; nil where it held none aside.
  case finished(source: Double, target: Double, forgetting: Double, validation: RunFigures? = nil)
  /// Training could not go on: the reason, in a line.
  case failed(String)
}

/// A folder that several processes sweep together: a run a point, and a lock a point that its process holds.
public struct SweepFolder: Sendable {
  /// Where it stands; the runs are in `runs` below it.
  let path: String

  /// Opens a folder, or makes it.
  ///
  /// - Parameter options: what all points share; a folder that was begun with other options is refused.
  /// - Throws: `CheckpointError`.
  public init(_ path: String, options: String) throws {
    self.path = path
    try SharedFolder.claim(path, folders: ["runs", "locks"], options: options)
  }

  /// A folder that another process opened.
  public init(opened path: String) { self.path = path }

  /// The folder of a point's run, whether it is there yet or not.
  public func runPath(_ point: SweepPoint) -> String { "\(path)/runs/\(point.name)" }

  /// Whether the runs that are there were made without examples that choose.
  public var isUndivided: Bool { TrainingRun.areUndivided(in: "\(path)/runs") }

  /// By which examples something is chosen between finished points; nil where none is finished.
  func basis(of choice: ChoiceBasis.Choice, between points: [SweepPoint]) -> ChoiceBasis? {
    let bases = points.lazy.compactMap { try? Run.open(runPath($0)).record.basis(of: [choice]) }
    return bases.first { $0.examples == .test } ?? bases.first
  }

  private func failurePath(_ point: SweepPoint) -> String { "\(path)/runs/\(point.name).failed" }

  /// What became of a point; nil where it is not done.
  public func outcome(of point: SweepPoint) -> SweepOutcome? {
    if let reason = try? String(contentsOfFile: failurePath(point), encoding: .utf8) { return .failed(reason) }
    guard let run = try? Run.open(runPath(point)), run.record.isFinished else { return nil }
    let figures = run.record.figures
    return .finished(
      source: figures.source, target: figures.target, forgetting: figures.forgetting,
      validation: run.record.validationFigures)
  }

  /// Runs `body` while no other process has the point; nil where another one has it.
  ///
  /// A lock ends with its process, however that ends.
  public func withLock<Result>(on point: SweepPoint, _ body: () throws -> Result) throws -> Result? {
    try FileLock.holding("\(path)/locks/\(point.name)", body)
  }

  /// Trains a point, or goes on with it where it was left; a training that leaves the finite numbers, or cannot be
  /// stable, is an outcome too.
  ///
  /// - Parameter training: the run of the point, its path ``runPath(_:)``.
  public func train(
    _ point: SweepPoint, with training: TrainingRun, from base: Checkpoint, basePath: String,
    isCancelled: () -> Bool
  ) throws {
    do {
      try training.complete(from: { base }, basePath: basePath, isCancelled: isCancelled)
    } catch let error as TrainingError {
      switch error {
      case .unstable, .notFinite, .regularizerDiverged:
        try Data("\(error)".utf8).write(to: URL(fileURLWithPath: failurePath(point)), options: .atomic)
      default: throw error
      }
    }
  }
}
