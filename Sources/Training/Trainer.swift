import Datasets
import Metrics
import Models
import Torch

/// One epoch's training figures.
public struct EpochStatistics: Sendable {
  /// Mean training loss of the task, without the penalty.
  public var loss = 0.0
  /// The penalty before the last step, each regularizer's summed.
  public var penalty = 0.0
  /// How hard each regularizer held back.
  public var doses: [RegularizerDose] = []
}

/// Trains a model's current task, one epoch at a time.
public final class Trainer {
  public let model: Model
  public let options: TrainingOptions
  public let trainable: TrainableParameters
  public let regularizers: [any Regularizer]
  public let stepsPerEpoch: Int
  let capturedLayers: [String]
  let capturesHeadInput: Bool
  var meter = DoseMeter([])
  var stepCount = 0
  private var lastStep = (loss: 0.0, penalties: [Double]())
  private let split: Split
  private let optimizer: Optimizer
  private var random: RandomSource

  /// - Parameters:
  ///   - source: the task that the model comes from, for the regularizers that need its head or its examples.
  ///   - onEstimate: told what regularizers estimate before training: a title, what is done, and all there is to do.
  /// - Throws: ``TrainingError`` for a setup that cannot work, before any step.
  public init(
    _ model: Model, on split: Split, dataset: String, options: TrainingOptions, source: SourceTask? = nil,
    onEstimate: @escaping (String, Int, Int) -> Void = { _, _, _ in }
  ) throws {
    try options.validate()
    try model.checkInputs(of: split, dataset: dataset)
    self.model = model
    self.options = options
    self.split = split
    stepsPerEpoch = (split.count + options.batchSize - 1) / options.batchSize
    let head = options.regularizers.contains(where: \.trainsSourceHead) ? source.flatMap { model.heads[$0.task] } : nil
    let trainable = try TrainableParameters(of: model, options: options, sourceHead: head)
    let surroundings = RegularizerContext.Surroundings(
      model: model, trainable: trainable, options: options, target: split, source: source,
      stepsPerEpoch: stepsPerEpoch, onEstimate: onEstimate)
    let regularizers = try options.regularizers.map { try $0.regularizer(in: surroundings) }
    let covered = regularizers.reduce(into: Set<String>()) { $0.formUnion($1.replacesWeightDecay) }
    optimizer = try Optimizer(
      trainable, options: options,
      weightDecays: trainable.names.map { covered.contains($0) ? 0 : options.weightDecay })
    self.trainable = trainable
    self.regularizers = regularizers
    capturedLayers = Set(regularizers.flatMap(\.capturedLayers)).sorted()
    capturesHeadInput = regularizers.contains(where: \.readsHeadInput)
    random = RandomSource(seed: options.seed)
    try Library.seedDefaultGenerators(options.seed)
  }

  /// Runs through the training examples once, in a new order.
  ///
  /// - Parameters:
  ///   - epoch: from 1.
  ///   - onStep: called after each step with the steps done in this epoch and the batch's loss; false stops.
  /// - Throws: ``TrainingError/notFinite(loss:epoch:step:learningRate:firstBadParameter:)``,
  ///   ``TrainingError/frozenChanged(tensor:epoch:)``, ``TrainingError/interrupted(epoch:)``.
  public func runEpoch(_ epoch: Int, onStep: (Int, Double) -> Bool = { _, _ in true }) throws -> EpochStatistics {
    let frozen = try FrozenState(of: model, trainable)
    var statistics = EpochStatistics()
    meter = DoseMeter(DoseMeter.names(of: options.regularizers.map(\.kind)))
    let order = Array(0..<split.count).shuffled(using: &random)
    var done = 0
    for batch in try Batches(split: split, batchSize: options.batchSize, order: order, device: model.device) {
      let isMeasured = !regularizers.isEmpty && DoseMeter.samples(step: done, of: stepsPerEpoch)
      let (loss, penalties) = try step(batch, epoch: epoch, isMeasured: isMeasured)
      statistics.loss += loss * Double(batch.indices.count) / Double(split.count)
      statistics.penalty = penalties.reduce(0, +)
      done += 1
      guard onStep(done, loss) else { throw TrainingError.interrupted(epoch: epoch) }
    }
    statistics.doses = meter.doses()
    try frozen.check(model, epoch: epoch)
    return statistics
  }

  /// One step on a batch.
  ///
  /// - Returns: the batch's loss and the penalty, both before the step.
  @discardableResult
  public func step(_ batch: Batch, epoch: Int) throws -> (loss: Double, penalty: Double) {
    let (loss, penalties) = try step(batch, epoch: epoch, isMeasured: false)
    return (loss, penalties.reduce(0, +))
  }

  private func step(_ batch: Batch, epoch: Int, isMeasured: Bool) throws -> (loss: Double, penalties: [Double]) {
    let factor = options.schedule.factor(
      step: stepCount, stepsPerEpoch: stepsPerEpoch, epochCount: options.epochCount)
    let forward = try forwardPass(batch)
    let loss = try forward.logits.crossEntropy(with: try batch.labels, labelSmoothing: options.labelSmoothing)
    let value = try loss.item()
    guard value.isFinite else { throw try diverged(epoch) ?? notFinite(value, epoch: epoch, factor: factor) }
    let terms = try zip(regularizers, forward.steps).map { try $0.loss(of: $1) }
    var penalties = try terms.map { try $0?.item() ?? 0 }
    if penalties.contains(where: { !$0.isFinite }) {
      lastStep = (value, penalties)
      throw try diverged(epoch) ?? notFinite(value, epoch: epoch, factor: factor)
    }
    var gradients = try gradients(of: loss, terms, isMeasured: isMeasured)
    if !regularizers.isEmpty {
      gradients = try gradients.map { try $0.contiguous() }
      for regularizer in regularizers { try regularizer.observe(gradients: gradients) }
      for (index, regularizer) in regularizers.enumerated() {
        penalties[index] += try regularizer.addGradient(to: gradients)
      }
      // Outside of an epoch, in single steps, nothing is metered.
      if meter.count == penalties.count { meter.addStep(taskLoss: value, penalties: penalties, factor: factor) }
    }
    try optimizer.step(gradients, factor: factor)
    for regularizer in regularizers { try regularizer.afterStep(factor: factor) }
    stepCount += 1
    lastStep = (value, penalties)
    return (value, penalties)
  }

  /// The regularizer that led away from the finite numbers: its penalty was far above the task's loss. Nil for none.
  private func diverged(_ epoch: Int) -> TrainingError? {
    guard let worst = lastStep.penalties.indices.first(where: { !(lastStep.penalties[$0] < 100 * lastStep.loss) })
    else { return nil }
    let name = DoseMeter.names(of: options.regularizers.map(\.kind))[worst]
    return .regularizerDiverged(
      regularizer: name, penalty: lastStep.penalties[worst], loss: lastStep.loss, epoch: epoch, step: stepCount)
  }

  private func notFinite(_ loss: Double, epoch: Int, factor: Double) throws -> TrainingError {
    let bad = try zip(trainable.names, trainable.tensors).first { try !$1.isFinite() }
    return .notFinite(
      loss: loss, epoch: epoch, step: stepCount, learningRate: (trainable.learningRates.max() ?? 0) * factor,
      firstBadParameter: bad?.0)
  }
}
