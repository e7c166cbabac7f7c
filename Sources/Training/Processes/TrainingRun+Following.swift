import Checkpoints
import Foundation
import Models
import Torch

extension TrainingRun {
  /// Whether this process decides and writes.
  var leads: Bool { processes?.leads ?? true }

  /// Takes part from the beginning in a run that another process leads.
  func follow(_ model: Model, _ division: DividedData, isCancelled: () -> Bool) throws {
    try follow(setUp(model, division, isCancelled: isCancelled) { _ in }, isCancelled: isCancelled)
  }

  /// Does what the process that leads tells, and writes nothing.
  private func follow(_ setup: Setup, isCancelled: () -> Bool) throws {
    let trainer = setup.trainer
    guard let processes = trainer.processes else { return }
    while true {
      switch try processes.told() {
      case .epoch(let epoch): try follow(setup, epoch: epoch, isCancelled: isCancelled)
      case .endOfEpoch(let merit): trainer.endEpoch(merit: merit)
      case .evaluation(let epoch):
        try trainer.whileJudged {
          try trainer.judgeTogether()
          _ = try evaluate(setup.judges, setup.judges.judged.model, epoch: epoch)
          try trainer.givePartsOfModel()
        }
      case .state: try trainer.givePartsOfState()
      case .afterLook, .part, .written: break
      case .end: return
      }
    }
  }

  private func follow(_ setup: Setup, epoch: Int, isCancelled: () -> Bool) throws {
    let trainer = setup.trainer
    let stepsBefore = trainer.progress.stepCount
    let stepCount = min(trainer.stepsPerEpoch, (options.stepLimit ?? .max) - stepsBefore)
    _ = try trainer.runEpoch(epoch, isCancelled: isCancelled) { step in
      if trainer.stopsTogether { return .interruption }
      let isLast = stepsBefore + step.step == options.stepLimit
      guard let watch = setup.watch,
        isLookDue(after: step, stepsBefore: stepsBefore, stepCount: stepCount, of: trainer.stepsPerEpoch)
      else { return isLast ? .endOfEpoch : .nextStep }
      try trainer.whileJudged {
        try trainer.judgeTogether()
        _ = try watch.look(after: stepsBefore + step.step, loss: step.loss, learningRate: step.learningRate)
      }
      return try trainer.processes?.told() == .afterLook(endsEpoch: true) ? .endOfEpoch : .nextStep
    }
  }

  /// Takes part in a run that another process goes on with, from where that one does.
  func goOnFollowing(_ run: Run, _ state: ResumeState, record: RunRecord, isCancelled: () -> Bool) throws {
    let model = try model(Checkpoint(contentsOf: run.checkpointPath(epoch: 0)))
    let setup = try setUp(
      model, division(as: record.data), headIsNew: record.state.targetHeadIsNew, isCancelled: isCancelled
    ) { _ in }
    try takeUp(state, of: run, by: setup.trainer)
    try processes?.barrier()
    try follow(setup, isCancelled: isCancelled)
  }

  /// Puts a trainer where a run stopped.
  func takeUp(_ state: ResumeState, of run: Run, by trainer: Trainer) throws {
    if state.epoch > 0 {
      try trainer.model.load(Checkpoint(contentsOf: run.checkpointPath(epoch: state.epoch)))
    }
    try trainer.restore(
      JSONDecoder().decode(TrainingProgress.self, from: Data(state.progress.utf8)),
      trainer.tensors(ofState: state.tensors))
  }
}
