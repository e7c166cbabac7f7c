import Checkpoints
import Datasets
import Models
import Torch

extension TrainingRun {
  /// The state and the record to go on from.
  ///
  /// - Throws: ``TrainingError/badResume(_:)``.
  func resumable(_ run: Run) throws -> (ResumeState, RunRecord) {
    var record = run.record
    for (role, data) in [("target", target), ("source", source), ("proxy", proxy)] {
      let known = record.environment["\(role)Fingerprint"]
      guard known == data?.fingerprint else {
        throw TrainingError.badResume(
          "the \(role) data are not those it began with\(data.map { " ('\($0.name)')" } ?? "")")
      }
    }
    let state: ResumeState
    do {
      state = try ResumeState(contentsOf: run.resumePath)
    } catch {
      throw TrainingError.badResume("\(error)")
    }
    guard state.epoch < record.metrics.rowCount, run.epochs.contains(state.epoch) else {
      throw TrainingError.badResume("epoch \(state.epoch), where it stopped, is not in \(run.path)")
    }
    record.keepEpochs(through: state.epoch)
    record.configuration = configuration
    return (state, record)
  }
}

extension Model {
  /// Takes the tensors of a checkpoint of the same model, heads and all.
  func load(_ checkpoint: Checkpoint) throws {
    let other = try Model(checkpoint, device: device)
    for (name, tensor) in parameters {
      if let stored = other.parameters[name] { try tensor.copyDetached(from: stored) }
    }
    for (name, tensor) in buffers { if let stored = other.buffers[name] { try tensor.copyDetached(from: stored) } }
    for (task, head) in heads {
      for (name, tensor) in head.tensors {
        if let stored = other.heads[task]?.tensors[name] { try tensor.copyDetached(from: stored) }
      }
    }
    importances = other.importances
  }
}

extension Tensor {
  fileprivate func copyDetached(from other: Tensor) throws { try withoutGradients { try copyInPlace(from: other) } }
}
