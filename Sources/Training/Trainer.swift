import Datasets
import Metrics
import Models
import Torch

/// One epoch's training figures.
public struct EpochStatistics: Sendable {
  /// Mean training loss of the task, without the penalty.
  public var loss = 0.0
  /// The penalty after the last step, each regularizer's summed.
  public var penalty = 0.0
}

/// Trains a model's current task, one epoch at a time.
public final class Trainer {
  public let model: Model
  public let options: TrainingOptions
  public let trainable: TrainableParameters
  public let regularizers: [any Regularizer]
  public let stepsPerEpoch: Int
  private let split: Split
  private let optimizer: Optimizer
  private var random: RandomSource
  private var stepCount = 0

  /// - Throws: ``TrainingError`` for a setup that cannot work, before any step.
  public init(_ model: Model, on split: Split, dataset: String, options: TrainingOptions) throws {
    try options.validate()
    try model.checkInputs(of: split, dataset: dataset)
    self.model = model
    self.options = options
    self.split = split
    let trainable = try TrainableParameters(of: model, options: options)
    let regularizers = try options.regularizers.map { try $0.regularizer(for: model, trainable: trainable) }
    let covered = regularizers.reduce(into: Set<String>()) { $0.formUnion($1.replacesWeightDecay) }
    optimizer = try Optimizer(
      trainable, options: options,
      weightDecays: trainable.names.map { covered.contains($0) ? 0 : options.weightDecay })
    self.trainable = trainable
    self.regularizers = regularizers
    stepsPerEpoch = (split.count + options.batchSize - 1) / options.batchSize
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
    let order = Array(0..<split.count).shuffled(using: &random)
    var done = 0
    for batch in try Batches(split: split, batchSize: options.batchSize, order: order, device: model.device) {
      let (loss, penalty) = try step(batch, epoch: epoch)
      statistics.loss += loss * Double(batch.indices.count) / Double(split.count)
      statistics.penalty = penalty
      done += 1
      guard onStep(done, loss) else { throw TrainingError.interrupted(epoch: epoch) }
    }
    try frozen.check(model, epoch: epoch)
    return statistics
  }

  /// One step on a batch.
  ///
  /// - Returns: the batch's loss and the penalty, both before the step.
  @discardableResult
  public func step(_ batch: Batch, epoch: Int) throws -> (loss: Double, penalty: Double) {
    let factor = options.schedule.factor(
      step: stepCount, stepsPerEpoch: stepsPerEpoch, epochCount: options.epochCount)
    let logits = try model.run(
      try batch.modelInputs(for: model), mode: .training(exceptLayers: trainable.frozenLayers)
    ).logits
    let loss = try logits.crossEntropy(
      with: batch.labels, labelSmoothing: options.labelSmoothing)
    let value = try loss.item()
    guard value.isFinite else { throw try notFinite(value, epoch: epoch, factor: factor) }
    var gradients = try zip(loss.gradients(of: trainable.tensors), trainable.tensors).map { gradient, weight in
      try gradient ?? Tensor.zeros(weight.shape, type: weight.type ?? .float32, device: weight.device)
    }
    var penalty = 0.0
    if !regularizers.isEmpty {
      gradients = try gradients.map { try $0.contiguous() }
      for regularizer in regularizers { penalty += try regularizer.addGradient(to: gradients) }
    }
    try optimizer.step(gradients, factor: factor)
    for regularizer in regularizers { try regularizer.afterStep(factor: factor) }
    stepCount += 1
    return (value, penalty)
  }

  private func notFinite(_ loss: Double, epoch: Int, factor: Double) throws -> TrainingError {
    let bad = try zip(trainable.names, trainable.tensors).first { try !$1.isFinite() }
    return .notFinite(
      loss: loss, epoch: epoch, step: stepCount, learningRate: (trainable.learningRates.max() ?? 0) * factor,
      firstBadParameter: bad?.0)
  }
}

/// What must not change: frozen parameters, and the buffers of layers that are frozen.
private struct FrozenState {
  private let parameters: [String: Tensor]
  private let buffers: [String: Tensor]

  init(of model: Model, _ trainable: TrainableParameters) throws {
    let frozenBuffers = model.program.layers.filter { trainable.frozenLayers.contains($0.name) }
      .flatMap(\.bufferNames)
    parameters = try Dictionary(
      uniqueKeysWithValues: trainable.frozenNames.compactMap { name in
        try model.parameters[name].map { (name, try $0.detached().cloned()) }
      })
    buffers = try Dictionary(
      uniqueKeysWithValues: frozenBuffers.compactMap { name in try model.buffers[name].map { (name, try $0.cloned()) } }
    )
  }

  func check(_ model: Model, epoch: Int) throws {
    for (before, after) in [(parameters, model.parameters), (buffers, model.buffers)] {
      for (name, tensor) in before {
        guard let now = after[name], try tensor.bytes() == now.bytes() else {
          throw TrainingError.frozenChanged(tensor: name, epoch: epoch)
        }
      }
    }
  }
}
