import Checkpoints
import Foundation
import Models
import Torch

extension TrainingRun {
  /// Whether this process judges and writes.
  var leads: Bool { processes?.leads ?? true }

  /// Takes part from the beginning in a run that another process leads.
  func follow(_ model: Model, _ division: DividedData, isCancelled: () -> Bool) throws {
    try follow(prepare(model, division, isCancelled: isCancelled).trainer, isCancelled: isCancelled)
  }

  /// Trains the epochs that the process that leads tells, and writes nothing.
  private func follow(_ trainer: Trainer, isCancelled: () -> Bool) throws {
    guard let processes = trainer.processes else { return }
    while true {
      switch try processes.told() {
      case .epoch(let epoch): try follow(trainer, epoch: epoch, isCancelled: isCancelled)
      case .endOfEpoch(let merit): trainer.endEpoch(merit: merit)
      case .afterLook: break
      case .end: return
      }
    }
  }

  private func follow(_ trainer: Trainer, epoch: Int, isCancelled: () -> Bool) throws {
    let stepsBefore = trainer.progress.stepCount
    let stepCount = min(trainer.stepsPerEpoch, (options.stepLimit ?? .max) - stepsBefore)
    _ = try trainer.runEpoch(epoch, isCancelled: isCancelled) { step in
      if trainer.stopsTogether { return .interruption }
      let isLast = stepsBefore + step.step == options.stepLimit
      guard isLookDue(after: step, stepsBefore: stepsBefore, stepCount: stepCount, of: trainer.stepsPerEpoch) else {
        return isLast ? .endOfEpoch : .nextStep
      }
      return try trainer.processes?.told() == .afterLook(endsEpoch: true) ? .endOfEpoch : .nextStep
    }
  }

  /// Takes part in a run that another process goes on with, from where that one does.
  func goOnFollowing(_ run: Run, _ state: ResumeState, record: RunRecord, isCancelled: () -> Bool) throws {
    let model = try Model(Checkpoint(contentsOf: run.checkpointPath(epoch: 0)), device: device)
    let trainer = try prepare(
      model, division(as: record.data), headIsNew: record.state.targetHeadIsNew, isCancelled: isCancelled
    ).trainer
    try takeUp(state, of: run, by: trainer)
    try processes?.barrier()
    try follow(trainer, isCancelled: isCancelled)
  }

  /// Puts a trainer where a run stopped.
  func takeUp(_ state: ResumeState, of run: Run, by trainer: Trainer) throws {
    if state.epoch > 0 {
      try trainer.model.load(Checkpoint(contentsOf: run.checkpointPath(epoch: state.epoch)))
    }
    try trainer.restore(
      JSONDecoder().decode(TrainingProgress.self, from: Data(state.progress.utf8)),
      state.tensors.mapValues { try Tensor.copying($0, to: .cpu) })
  }
}
