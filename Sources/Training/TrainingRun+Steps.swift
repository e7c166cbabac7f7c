import Checkpoints
import Evaluation
import Findings
import Models
import Torch

/// The weights as they were at a look, for a run that goes back to them.
struct KeptWeights {
  /// Optimization steps done by then, over all epochs.
  let step: Int
  /// The epoch's figures up to then; doses are of the whole epoch.
  let statistics: EpochStatistics
  private let tensors: [(now: Tensor, kept: Tensor)]

  /// - Parameter trainer: whose model is as it is judged.
  init(of trainer: Trainer, step: Int, statistics: EpochStatistics) throws {
    (self.step, self.statistics) = (step, statistics)
    let trainable = trainer.trainable
    let model = trainer.model
    let changing =
      trainable.tensors + (trainable.adapters == nil ? [] : Array(model.parameters.values)) + model.buffers.values
    tensors = try changing.map { ($0, try $0.detached().cloned()) }
  }

  /// Puts them in the place of those that are there.
  func restore() throws { try withoutGradients { for (now, kept) in tensors { try now.copyInPlace(from: kept) } } }
}

extension TrainingRun {
  /// What the training of an epoch came to.
  struct TrainedEpoch {
    var statistics = EpochStatistics()
    /// Optimization steps of the epoch, those taken back not counted.
    var stepCount = 0
    /// By what rule the run ends here.
    var stop: RunState.Stop?
    /// What the run goes back to where a rule ends it; nil where that is the epoch before.
    var kept: KeptWeights?
    /// Seconds of training, looks not counted.
    var seconds = 0.0
  }

  /// Trains for an epoch, or for as long as the run lasts, and looks at it where that is due.
  func trainEpoch(
    _ epoch: Int, _ setup: Setup, into record: inout RunRecord, isCancelled: () -> Bool,
    onEvent: (TrainingEvent) throws -> Void
  ) throws -> TrainedEpoch {
    let trainer = setup.trainer
    var trained = TrainedEpoch()
    var (epochLoss, epochMass, loss, mass) = (0.0, 0.0, 0.0, 0.0)
    var looking = Duration.zero
    let began = ContinuousClock.now
    let stepsBefore = trainer.progress.stepCount
    let stepCount = min(trainer.stepsPerEpoch, (options.stepLimit ?? .max) - stepsBefore)
    trained.statistics = try trainer.runEpoch(epoch, isCancelled: isCancelled) { step in
      try? onEvent(.step(epoch: epoch, step: step.step, stepCount: stepCount, loss: step.loss))
      if trainer.processes == nil ? isCancelled() : trainer.stopsTogether { return .interruption }
      trained.stepCount = step.step
      loss += step.loss * step.mass
      mass += step.mass
      epochLoss += step.loss * step.mass
      epochMass += step.mass
      let total = stepsBefore + step.step
      let isLast = total == options.stepLimit
      guard let watch = setup.watch,
        isLookDue(after: step, stepsBefore: stepsBefore, stepCount: stepCount, of: trainer.stepsPerEpoch)
      else { return isLast ? .endOfEpoch : .nextStep }
      let paused = ContinuousClock.now
      defer { looking += paused.duration(to: .now) }
      let mean = loss / max(mass, .leastNonzeroMagnitude)
      (loss, mass) = (0, 0)
      return try trainer.whileJudged {
        try trainer.judgeTogether()
        let look = try watch.look(after: total, loss: mean, learningRate: step.learningRate)
        append(look, to: &record)
        try? onEvent(.looked(look))
        trained.stop = watch.end(at: look)
        try trainer.processes?.tell(.afterLook(endsEpoch: trained.stop != nil || isLast))
        if trained.stop != nil { return .endOfEpoch }
        if options.stopRule != nil {
          var statistics = EpochStatistics()
          statistics.loss = epochLoss / max(epochMass, .leastNonzeroMagnitude)
          (statistics.penalty, statistics.learningRate) = (step.penalty, step.learningRate)
          trained.kept = try KeptWeights(of: trainer, step: total, statistics: statistics)
        }
        return isLast ? .endOfEpoch : .nextStep
      }
    }
    trained.seconds = (began.duration(to: .now) - looking).seconds
    guard trained.stop != nil else {
      trained.kept = nil
      return trained
    }
    if let kept = trained.kept {
      let whole = trained.statistics
      trained.statistics = kept.statistics
      (trained.statistics.newBlocks, trained.statistics.doses) = (whole.newBlocks, whole.doses)
      trained.statistics.skippedSteps = whole.skippedSteps
      trained.stepCount = kept.step - stepsBefore
    }
    return trained
  }

  /// Whether the run is looked at after a step, where it is looked at within epochs.
  ///
  /// - Parameters:
  ///   - stepsBefore: of the epochs before.
  ///   - stepCount: of this epoch.
  func isLookDue(
    after step: StepStatistics, stepsBefore: Int, stepCount: Int, of stepsPerEpoch: Int
  ) -> Bool {
    guard let interval = options.watchInterval else { return false }
    return step.step == stepCount || interval.isDue(after: stepsBefore + step.step, stepsPerEpoch: stepsPerEpoch)
  }

  /// Adds a look to the record.
  func append(_ look: StepLook, to record: inout RunRecord) {
    let row = record.steps.rowCount
    func set(_ name: String, _ value: Double) { record.steps.set(name, row: row, to: value) }
    set("step", Double(look.step))
    if let source = look.source {
      record.steps.set(source.scored, of: "source", row: row)
      record.stepSums[look.step] = NumberArray(source.answers)
    }
    if let target = look.target { record.steps.set(target.scored, of: "target", row: row) }
    if let gauge = look.gauge { record.steps.set(gauge, row: row) }
    set("training_loss", look.trainingLoss)
    set("learning_rate", look.learningRate)
  }
}
