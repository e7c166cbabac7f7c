import Checkpoints
import Datasets
import Foundation
import HDF5
import Torch

extension TaskSequence {
  /// Whether this process decides and writes.
  var leads: Bool { processes?.leads ?? true }

  /// How far the training of a task is.
  enum Standing: Double { case open, begun, finished }

  /// Likewise, as the process that leads finds it before it writes anything.
  func standing(of training: TrainingRun) throws -> Standing {
    guard let processes else { return try Self.standing(of: training.path) }
    // What each reads to settle its training was read until here.
    try processes.barrier()
    let own = processes.leads ? try Self.standing(of: training.path) : .open
    return Standing(rawValue: try processes.broadcast([own.rawValue])[0]) ?? .open
  }

  private static func standing(of path: String) throws -> Standing {
    guard FileManager.default.fileExists(atPath: "\(path)/run.h5") else { return .open }
    let known = try Run.open(path)
    if known.record.isFinished { return .finished }
    return FileManager.default.fileExists(atPath: known.resumePath) ? .begun : .open
  }

  /// Makes sure that all processes were given the same, before any of them computes.
  ///
  /// - Throws: `ProcessError.differing(_:what:)`.
  func agree(on base: Checkpoint) throws {
    guard let processes else { return }
    var parts = [
      "the checkpoint": try base.fingerprint, "Lethe's version": FileFormat.letheVersion,
      "libtorch's version": try Library.version(), "the tasks": tasks.map(\.name).joined(separator: ", "),
      "what the tasks share": growsHead ? "a head that grows" : sharesHead ? "a head" : "no head",
    ]
    for task in tasks { parts["the data of task \(task.name)"] = task.data.fingerprint }
    try processes.agree(
      on: ProcessAgreement(optionsName: "the training's options", options: try options.texts, parts: parts))
  }

  /// Makes sure that all processes see the folder that the first one writes, which each task begins from.
  ///
  /// - Throws: `ProcessError.differing(_:what:)`.
  func checkFolder() throws { try processes?.check(folder: path, named: "the folder of the run") }
}
