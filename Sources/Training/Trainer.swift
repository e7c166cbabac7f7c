import Datasets
import Evaluation
import Findings
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
  /// Base learning rate × the schedule's factor, at the last step.
  public var learningRate = 0.0
  /// Blocks that began to train with this epoch.
  public var newBlocks: [String] = []
  /// Steps that moved nothing, as their gradients left the range of float16; nil in another type.
  public var skippedSteps: Int?
}

/// What one step of an epoch came to.
public struct StepStatistics: Sendable {
  /// Steps done in this epoch.
  public let step: Int
  /// The task's loss before the step, without the penalty.
  public let loss: Double
  /// Over how much the loss is a mean: examples, tokens, pixels.
  public let mass: Double
  /// The penalty before the step, each regularizer's summed.
  public let penalty: Double
  /// Base learning rate × the schedule's factor.
  public let learningRate: Double
}

/// What follows a step.
public enum AfterStep: Sendable {
  case nextStep
  /// The epoch ends before its time.
  case endOfEpoch
  case interruption
}

/// Trains a model's current task, one epoch at a time.
public final class Trainer {
  /// The network whose current task is trained, in place.
  let model: Model
  /// What the training was told.
  let options: TrainingOptions
  /// The parameters that steps change, with their learning rates.
  public let trainable: TrainableParameters
  /// What holds training back, in the order of the options; one a source task where a kind needs that.
  public let regularizers: [any Regularizer]
  /// Their kinds, numbered from the second of a kind on.
  public let regularizerNames: [String]
  /// Optimization steps of an epoch: batches over ``TrainingOptions/accumulation``, rounded up.
  public let stepsPerEpoch: Int
  /// What the last of the sources leaves, as it ended with the weights that training began with.
  public let memoryOfLastSource: TaskMemory
  let capturedLayers: [String]
  let capturesHeadInput: Bool
  let stages: TrainingStages
  let optimizer: Optimizer
  let average: WeightAverage?
  var meter = DoseMeter([])
  var progress: TrainingProgress
  var lastStep = (loss: 0.0, penalties: [Double]())
  let dataset: String
  /// What the task's labels, loss and score are.
  let kind: any TaskKind
  /// What the steps run, and on what: the whole network on the data, or its upper part on what is stored below it.
  private(set) var network: Model
  private(set) var split: Split
  /// What an example of each class counts; nil where all count alike.
  private let classWeights: [Double]?
  /// How the task's loss is shaped.
  let lossSettings: LossSettings
  /// What the processes that train together tell one another; nil of one by itself.
  let processes: DataParallel?
  /// Whether any of several processes was asked to stop by the last step.
  private(set) var stopsTogether = false

  /// - Parameters:
  ///   - kind: of the task that is trained.
  ///   - sources: the tasks that the model comes from, for the regularizers that need a head or examples of one: there
  ///     is one of these for each task.
  ///   - proxy: training examples that stand in for a source's that are not at hand; their labels do not count.
  ///   - isHeadKept: whether the trained head has a w⁰, which regularizers hold it to. By default it has where it is a
  ///     source's too.
  ///   - processes: those that train together, each with the same of everything.
  ///   - onEstimate: told what regularizers estimate before training: a title, what is done, and all there is to do; may
  ///     throw to stop.
  /// - Throws: ``TrainingError`` for a setup that cannot work, before any step.
  public init(
    _ model: Model, on split: Split, dataset: String, options: TrainingOptions,
    kind: any TaskKind = Classification(), sources: [SourceTask] = [], proxy: Split? = nil, isHeadKept: Bool? = nil,
    processes: ProcessGroup? = nil,
    onEstimate: @escaping (String, Int, Int) throws -> Void = { _, _, _ in }
  ) throws {
    try options.validate()
    let options = try options.settled(on: split)
    try model.checkInputs(of: split, dataset: dataset)
    try options.check(for: kind)
    let classCount = model.heads[model.task]?.classNames.count ?? 0
    let lossClasses = try options.lossClasses?.subset(
      of: split, kind: kind, outputCount: classCount, device: model.device)
    try options.transform.check(split)
    try options.checkCheckpointing(of: model.program)
    if model.sharding != nil { try options.checkSharding() }
    if let count = processes?.count, min(options.batchSize, split.count) < count {
      throw TrainingError.tooManyProcesses(count, batchSize: min(options.batchSize, split.count))
    }
    self.model = model
    self.options = options
    self.processes = processes.map(DataParallel.init)
    self.dataset = dataset
    self.kind = kind
    network = model
    self.split = split
    stepsPerEpoch = options.stepsPerEpoch(of: split.count)
    // A head that all tasks share is trained as the target's.
    let heads = options.regularizers.contains(where: \.trainsSourceHead) ? sources.filter { $0.task != model.task } : []
    let trainable = try TrainableParameters(
      of: model, options: options, sourceHeads: heads.compactMap { model.heads[$0.task] })
    let stepCount = stepsPerEpoch
    let keepsHead = isHeadKept ?? sources.contains { $0.task == model.task }
    let recorders = sources.map { _ in TaskMemory.Recorder() }
    let made = try options.regularizers.flatMap { specification in
      try Self.places(of: specification.need, among: sources).map { place in
        let surroundings = RegularizerContext.Surroundings(
          model: model, trainable: trainable, options: options, target: split, targetKind: kind,
          source: place.map { sources[$0] }, proxy: proxy,
          recorder: place.map { recorders[$0] } ?? TaskMemory.Recorder(),
          isHeadKept: keepsHead, stepsPerEpoch: stepCount, onEstimate: onEstimate)
        return (kind: specification.kind, regularizer: try specification.regularizer(in: surroundings))
      }
    }
    memoryOfLastSource = recorders.last?.memory ?? TaskMemory([:])
    let regularizers = made.map(\.regularizer)
    regularizerNames = DoseMeter.names(of: made.map(\.kind))
    let covered = regularizers.reduce(into: Set<String>()) { $0.formUnion($1.replacesWeightDecay) }
    stages = try TrainingStages(options.unfreezing, of: model, trainable, frozenPatterns: options.frozen)
    optimizer = try Optimizer(
      trainable, options: options,
      weightDecays: trainable.names.map { covered.contains($0) ? 0 : options.weightDecay(of: $0) }, stages: stages.entry
    )
    average = try options.averagingDecay.map { try WeightAverage(trainable, of: model, decay: $0) }
    classWeights = try options.classWeights.values(for: split, kind: kind, classCount: classCount)
    lossSettings = LossSettings(
      classWeights: try classWeights.map { try Tensor($0.map(Float.init), device: model.device) },
      labelSmoothing: options.labelSmoothing,
      classes: lossClasses, weighsByProbability: options.lossForm == .dynamic)
    self.trainable = trainable
    self.regularizers = regularizers
    capturedLayers = Set(regularizers.flatMap(\.capturedLayers)).sorted()
    capturesHeadInput = regularizers.contains(where: \.readsHeadInput)
    progress = TrainingProgress(random: RandomSource(seed: options.seed))
    if options.precision == .float16 { progress.lossScale = LossScale() }
    try markWaiting()
    try Library.seedDefaultGenerators(options.seed)
  }

  /// For which of the sources a regularizer is there: once for each, where it needs something of them.
  private static func places(of need: RegularizerKind.Need, among sources: [SourceTask]) -> [Int?] {
    guard need == .head || need == .examples, !sources.isEmpty else { return [sources.indices.last] }
    guard need == .head else { return Array(sources.indices) }
    // Tasks that share a head have one answer.
    return sources.indices.filter { place in !sources[(place + 1)...].contains { $0.task == sources[place].task } }
  }

  /// Trains a part of the network from now on, which shares its tensors, on what stands for the same examples.
  func trainsFrom(_ part: Model, _ examples: Split) {
    precondition(examples.count == split.count, "\(examples.count) stored examples for \(split.count)")
    (network, split) = (part, examples)
  }

  var stage: TrainingStage { stages.stages[progress.stage] }

  /// Whether blocks are run a second time for their gradients. Weights that are in parts are whole only while a block runs.
  var recomputesActivations: Bool { model.sharding != nil || options.gradientCheckpointing == true }

  /// Runs through the training examples once, in a new order.
  ///
  /// - Parameters:
  ///   - epoch: from 1.
  ///   - isCancelled: of several processes, whether this one is asked to stop; all of them then know by the next step.
  ///   - onStep: called after each step, with what it came to; says what follows.
  /// - Throws: ``TrainingError/notFinite(loss:epoch:step:learningRate:firstBadParameter:)``,
  ///   ``TrainingError/frozenChanged(tensor:epoch:)``, ``TrainingError/interrupted(epoch:)``.
  public func runEpoch(
    _ epoch: Int, isCancelled: () -> Bool = { false }, onStep: (StepStatistics) throws -> AfterStep = { _ in .nextStep }
  ) throws -> EpochStatistics {
    var statistics = EpochStatistics()
    statistics.newBlocks = try enterStage(of: epoch)
    try beginTogether(epoch: epoch)
    let frozen = try FrozenState(
      of: model, names: trainable.frozenNames + stage.waitingNames, layers: stage.frozenLayers)
    meter = DoseMeter(regularizerNames)
    let skippedBefore = progress.lossScale?.skippedSteps ?? 0
    let order =
      options.samplesEvenly
      ? split.evenSample(using: &progress.random) : Array(0..<split.count).shuffled(using: &progress.random)
    let parts = parts(of: order.count)
    let batches = try batches(
      of: order, parts, Augmentation(options.transform, seed: options.seed, epoch: epoch)
    ).makeIterator()
    var taken = 0
    var done = 0
    var (lossSum, lossMass) = (0.0, 0.0)
    steps: while case let group = (0..<options.accumulation).compactMap({ _ in batches.next() }), !group.isEmpty {
      statistics.learningRate = options.learningRate * rateFactor
      let isMeasured = !regularizers.isEmpty && DoseMeter.samples(step: done, of: stepsPerEpoch)
      let own = Array(parts[taken..<taken + group.count])
      taken += group.count
      let (loss, penalties, counted) = try step(
        group, own, epoch: epoch, isMeasured: isMeasured, asksToStop: isCancelled())
      lossSum += loss * counted
      lossMass += counted
      statistics.penalty = penalties.reduce(0, +)
      done += 1
      let step = StepStatistics(
        step: done, loss: loss, mass: counted, penalty: statistics.penalty, learningRate: statistics.learningRate)
      switch try onStep(step) {
      case .nextStep: break
      case .endOfEpoch: break steps
      case .interruption: throw TrainingError.interrupted(epoch: epoch)
      }
    }
    statistics.loss = lossSum / max(lossMass, 1)
    statistics.doses = meter.doses()
    statistics.skippedSteps = progress.lossScale.map { $0.skippedSteps - skippedBefore }
    try frozen.check(model, epoch: epoch)
    return statistics
  }

  /// One step on a batch.
  ///
  /// - Returns: the batch's loss and the penalty, both before the step.
  @discardableResult
  public func step(_ batch: Batch, epoch: Int) throws -> (loss: Double, penalty: Double) {
    let (loss, penalties, _) = try step(
      [batch], [BatchPart(whole: batch.indices.count)], epoch: epoch, isMeasured: false)
    return (loss, penalties.reduce(0, +))
  }

  /// What batches count for in the mean over several where classes have weights: their labels', summed.
  private func masses(of batches: [Batch]) -> [Double]? {
    classWeights.map { weights in
      batches.map { batch in
        let counts = kind.labelCounts(in: split.selecting(batch.indices), of: weights.count) ?? []
        return zip(counts, weights).reduce(0) { $0 + Double($1.0) * $1.1 }
      }
    }
  }

  /// What a batch counts for in an epoch's mean: its examples, or its tokens.
  private func share(of batch: Batch) throws -> Double {
    kind.isClassification ? Double(batch.indices.count) : try kind.mass(of: batch.hostLabels)
  }

  /// The factor of all learning rates at the next step.
  private var rateFactor: Double {
    options.rateFactor(step: progress.stepCount, stepsPerEpoch: stepsPerEpoch) * progress.plateauFactor
  }

  /// What each batch counts for in the mean over them, what they count together over all processes, and what the step
  /// counts for in an epoch's mean.
  private func masses(
    of batches: [Batch], _ parts: [BatchPart]
  ) throws -> (own: [Double], total: Double, counted: Double) {
    let shares = try batches.map(share)
    let counted =
      kind.isClassification ? Double(parts.reduce(0) { $0 + $1.batchCount }) : try total(of: shares, parts)
    if batches.count == 1, processes == nil { return ([1], 1, counted) }
    guard let weighed = masses(of: batches) else { return (shares, counted, counted) }
    return (weighed, try total(of: weighed, parts), counted)
  }

  /// - Parameter parts: what of each batch is here.
  /// - Returns: what the step counts for in an epoch's mean, too.
  private func step(
    _ batches: [Batch], _ parts: [BatchPart], epoch: Int, isMeasured: Bool, asksToStop: Bool = false
  ) throws -> (loss: Double, penalties: [Double], counted: Double) {
    try RowMajor.$isAsked.withValue(true) {
      try stepInOrder(batches, parts, epoch: epoch, isMeasured: isMeasured, asksToStop: asksToStop)
    }
  }

  private func stepInOrder(
    _ batches: [Batch], _ parts: [BatchPart], epoch: Int, isMeasured: Bool, asksToStop: Bool
  ) throws -> (loss: Double, penalties: [Double], counted: Double) {
    let factor = rateFactor
    let (masses, total, counted) = try masses(of: batches, parts)
    let count = parts.reduce(0) { $0 + $1.batchCount }
    var reading = StepReading(regularizerCount: regularizers.count)
    var gradients: [Tensor] = []
    var sums: DataParallel.Sums?
    var numbers: [Double] { [reading.loss] + reading.penalties + [asksToStop ? 1 : 0] }
    for (position, batch) in batches.enumerated() {
      let part = parts[position]
      let losses = try losses(
        on: batch, part, share: masses[position] * part.weight / max(total, .leastNonzeroMagnitude),
        batchShare: Double(part.batchCount) / Double(count))
      reading.add(losses)
      // A GPU would stand still while it is read: there it is read once the whole step is asked for. What processes
      // exchange is read in any case.
      if !model.device.isCUDA || processes != nil { try settle(&reading, epoch: epoch, factor: factor) }
      if let processes, batches.count == 1, !isMeasured, model.sharding == nil {
        sums = try summedGradients(of: losses, numbers, by: processes)
        break
      }
      let own = try self.gradients(
        of: losses.task, losses.terms, isMeasured: isMeasured && position == batches.count - 1)
      gradients = gradients.isEmpty ? own : try withoutGradients { try zip(gradients, own).map { try $0.add($1) } }
    }
    if let processes {
      let sums = try sums ?? together(gradients, numbers, by: processes)
      gradients = sums.tensors
      reading.take(together: Array(sums.numbers.dropLast()))
      stopsTogether = sums.numbers.last.map { $0 > 0 } ?? false
      try checkFinite(reading, epoch: epoch, factor: factor)
    }
    guard let own = try unscaled(gradients, &reading, epoch: epoch, factor: factor) else {
      return (reading.loss, reading.penalties, counted)
    }
    gradients = own
    if !regularizers.isEmpty {
      gradients = try gradients.map { try $0.contiguous() }
      for regularizer in regularizers { try regularizer.observe(gradients: gradients) }
      for regularizer in regularizers { reading.add(pull: try regularizer.addGradientDeferring(to: gradients)) }
    }
    if let limit = options.gradientNorm {
      let active = gradients.indices.filter { stages.entry[$0] <= progress.stage }
      let clipped = active.map { gradients[$0] }
      if model.device.isCUDA, trainable.partSums == nil {
        try clipOnDevice(clipped, toNorm: limit)
      } else {
        try clip(clipped, toNorm: limit) { try trainable.partSums?.whole($0, of: active) ?? $0 }
      }
    }
    // With a loss that is not finite nothing moves, whether that is known by now or not.
    try optimizer.step(
      gradients, factor: factor, stage: progress.stage, skippedWhere: reading.marksNotFinite())
    try settle(&reading, epoch: epoch, factor: factor)
    let (value, penalties) = (reading.loss, reading.penalties)
    // Outside of an epoch, in single steps, nothing is metered.
    if !regularizers.isEmpty, meter.count == penalties.count {
      meter.addStep(taskLoss: value, penalties: penalties, factor: factor)
    }
    for regularizer in regularizers { try regularizer.afterStep(factor: factor) }
    progress.stepCount += 1
    try average?.afterStep(progress.stepCount)
    lastStep = (value, penalties)
    return (value, penalties, counted)
  }
}
