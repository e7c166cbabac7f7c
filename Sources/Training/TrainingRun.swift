import Checkpoints
import Datasets
import Foundation
import Metrics
import Models
import Torch

/// What a run tells the one who watches it.
public enum TrainingEvent: Sendable {
  /// Before training, something that a regularizer needs: its title, what is done, and all there is to do.
  case estimating(String, completed: Int, total: Int)
  /// Before any step: what is trained, and what each regularizer acts on.
  case prepared(trainedCount: Int, frozenCount: Int, regularizers: [String], stepsPerEpoch: Int)
  case step(epoch: Int, step: Int, stepCount: Int, loss: Double)
  case evaluated(EpochRecord)
}

/// One epoch of a run, as it is stored.
public struct EpochRecord: Sendable {
  public var epoch: Int
  public var source: Evaluation?
  /// How far the source task's head still says what it said at epoch 0.
  public var proxy: ProxyAgreement?
  /// Nil at epoch 0 where the head of the trained task is new.
  public var target: Evaluation
  public var targetHeadIsNew: Bool
  public var trainingLoss: Double
  public var penalty: Double
  /// How hard each regularizer held back; empty at epoch 0.
  public var doses: [RegularizerDose]
  /// Seconds of training, evaluation not counted.
  public var seconds: Double
}

/// Trains one task and watches it, and the task it came from, at every epoch from 0 on.
public struct TrainingRun {
  public var options: TrainingOptions
  public var path: String
  public var target: Dataset
  public var source: Dataset?
  /// Examples that stand in for the source's where these are not at hand.
  public var proxy: Dataset?
  /// The task whose head judges the source; nil looks for the data set's own, then the checkpoint's.
  public var sourceTask: String?
  public var device: Device
  /// Stored in the run as it was given: the configuration as JSON, and the command line.
  public var configuration: String
  public var commandLine: [String]

  public init(
    options: TrainingOptions, path: String, target: Dataset, source: Dataset? = nil, proxy: Dataset? = nil,
    sourceTask: String? = nil, device: Device, configuration: String, commandLine: [String]
  ) {
    self.options = options
    self.path = path
    self.target = target
    self.source = source
    self.proxy = proxy
    self.sourceTask = sourceTask
    self.device = device
    self.configuration = configuration
    self.commandLine = commandLine
  }

  /// Trains from a checkpoint and writes the run folder.
  ///
  /// - Parameters:
  ///   - isCancelled: asked after each step; true ends the run, whose finished epochs stay.
  /// - Returns: one record an epoch, epoch 0 first.
  /// - Throws: ``TrainingError`` and the errors of the files; nothing is written before the setup is known to work.
  public func run(
    from base: Checkpoint, basePath: String, isCancelled: () -> Bool = { false },
    onEvent: (TrainingEvent) throws -> Void
  ) throws -> [EpochRecord] {
    let model = try Model(base, device: device)
    let examples = options.examples(of: target.train)
    model.fitPreprocessing(to: examples, fitsImages: options.fitsImages)
    let judge = try source.map { try sourceHead(for: $0, in: model) } ?? proxy.map { _ in try originalHead(in: model) }
    let meter = try judge.flatMap { task in
      try proxy.map { try ProxyMeter(of: model, task: task, on: $0.test, dataset: $0.name) }
    }
    let headIsNew = try installTargetHead(in: model, judge: judge)
    if let source { try model.checkInputs(of: source.test, dataset: source.name) }
    let origin = source.flatMap { data in
      judge.map { SourceTask(task: $0, dataset: data.name, examples: data.train) }
    }
    let trainer = try withoutActuallyEscaping(onEvent) { onEvent in
      try Trainer(model, on: examples, dataset: target.name, options: options, source: origin) {
        try? onEvent(.estimating($0, completed: $1, total: $2))
      }
    }

    var run = try Run.create(at: path)
    // A run without an epoch would only stand in the way of the next attempt.
    defer { if run.epochs.isEmpty { run.discard() } }
    var record = startingRecord()
    let names = DoseMeter.names(of: options.regularizers.map(\.kind))
    for (name, regularizer) in zip(names, trainer.regularizers) {
      let summary = regularizer.summary(stepsPerEpoch: trainer.stepsPerEpoch)
      record.environment["regularizer \(name)"] = summary.split(separator: "\n")
        .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "; ")
    }
    try onEvent(
      .prepared(
        trainedCount: trainer.trainable.tensors.reduce(0) { $0 + $1.count },
        frozenCount: trainer.trainable.frozenNames.reduce(0) { $0 + (model.parameters[$1]?.count ?? 0) },
        regularizers: trainer.regularizers.map { $0.summary(stepsPerEpoch: trainer.stepsPerEpoch) },
        stepsPerEpoch: trainer.stepsPerEpoch))
    var history: [EpochRecord] = []
    var statistics = EpochStatistics()
    for epoch in 0...options.epochCount {
      let start = ContinuousClock.now
      if epoch > 0 {
        statistics = try trainer.runEpoch(epoch) { step, loss in
          try? onEvent(.step(epoch: epoch, step: step, stepCount: trainer.stepsPerEpoch, loss: loss))
          return !isCancelled()
        }
      }
      let elapsed = start.duration(to: .now)
      let result = try evaluate(
        model, judge: judge, meter: meter, epoch: epoch, statistics: statistics, headIsNew: headIsNew && epoch == 0,
        seconds: epoch == 0 ? 0 : Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
      history.append(result)
      for regularizer in trainer.regularizers where epoch > 0 {
        if let found = try regularizer.importances() { model.importances[found.measure] = found.values }
      }
      let parent = epoch == 0 ? basePath : run.checkpointPath(epoch: epoch - 1)
      try model.checkpoint(epoch: epoch, parent: (parent as NSString).lastPathComponent)
        .write(to: run.checkpointPath(epoch: epoch), unchangedFrom: epoch == 0 ? nil : parent)
      append(result, to: &record)
      try run.save(record)
      try onEvent(.evaluated(result))
    }
    return history
  }
}

// MARK: - Heads

extension TrainingRun {
  private func sourceHead(for source: Dataset, in model: Model) throws -> String {
    let classCount = source.classNames.count
    let candidates = [sourceTask, source.name, model.task].compactMap { $0 }
    guard let task = candidates.first(where: { model.heads[$0] != nil }), sourceTask == nil || task == sourceTask else {
      throw ModelError.missingHead(task: sourceTask ?? source.name, available: model.heads.keys.sorted())
    }
    guard let head = model.heads[task], head.classNames.count == classCount else {
      throw TrainingError.classCountMismatch(
        task: task, head: model.heads[task]?.classNames.count ?? 0, dataset: classCount)
    }
    return task
  }

  /// The head that the checkpoint came with.
  private func originalHead(in model: Model) throws -> String {
    let task = sourceTask ?? model.task
    guard model.heads[task] != nil, task != Checkpoint.untrainedTask else {
      throw ModelError.missingHead(task: task, available: model.heads.keys.filter { $0 != task }.sorted())
    }
    return task
  }

  /// Puts the trained task's head in place: its own if the checkpoint has it, an untrained model's head under the
  /// task's name, else a new one.
  ///
  /// - Returns: whether the head is freshly drawn.
  private func installTargetHead(in model: Model, judge: String?) throws -> Bool {
    if let judge, judge == target.name { throw TrainingError.sameTask(target.name) }
    if let head = model.heads[target.name] {
      guard head.classNames.count == target.classNames.count else {
        throw TrainingError.classCountMismatch(
          task: target.name, head: head.classNames.count, dataset: target.classNames.count)
      }
      try model.activate(task: target.name)
      return false
    }
    if model.task == Checkpoint.untrainedTask, model.heads[model.task]?.classNames.count == target.classNames.count {
      try model.renameHead(
        model.task, to: target.name, classNames: target.classNames, labelMap: target.labelMap)
    } else {
      try model.addHead(
        task: target.name, classNames: target.classNames, labelMap: target.labelMap, seed: options.seed)
    }
    return true
  }
}

// MARK: - Evaluation and storage

extension TrainingRun {
  private func evaluate(
    _ model: Model, judge: String?, meter: ProxyMeter?, epoch: Int, statistics: EpochStatistics, headIsNew: Bool,
    seconds: Double
  ) throws -> EpochRecord {
    let evaluator = Evaluator()
    let targetResult = try evaluator.evaluate(model, on: target.test, dataset: target.name)
    var sourceResult: Evaluation?
    if let source, let judge {
      try model.activate(task: judge)
      sourceResult = try evaluator.evaluate(model, on: source.test, dataset: source.name)
    }
    let agreement = try meter?.measure(model)
    try model.activate(task: target.name)
    return EpochRecord(
      epoch: epoch, source: sourceResult, proxy: agreement, target: targetResult, targetHeadIsNew: headIsNew,
      trainingLoss: epoch == 0 ? .nan : statistics.loss, penalty: statistics.penalty,
      doses: statistics.doses, seconds: seconds)
  }

  private func startingRecord() -> RunRecord {
    var environment: [String: String] = [:]
    environment["device"] = device.name
    environment["libtorch"] = try? Library.version()
    environment["threads"] = (try? Library.threadCount()).map(String.init)
    environment["targetTask"] = target.name
    environment["targetFingerprint"] = target.fingerprint
    environment["sourceTask"] = source?.name
    environment["sourceFingerprint"] = source?.fingerprint
    environment["proxyTask"] = proxy?.name
    environment["proxyFingerprint"] = proxy?.fingerprint
    return RunRecord(
      configuration: configuration, commandLine: commandLine, environment: environment, seed: options.seed)
  }

  private func append(_ result: EpochRecord, to record: inout RunRecord) {
    let row = record.metrics.rowCount
    func set(_ name: String, _ value: Double) { record.metrics.set(name, row: row, to: value) }
    set("epoch", Double(result.epoch))
    if let source = result.source {
      set("source_accuracy", source.accuracy)
      set("source_loss", source.loss)
      record.predictions["source", default: [:]][result.epoch] = source.predictions
      record.labels["source"] = source.labels
    }
    if let proxy = result.proxy {
      set("proxy_agreement", proxy.agreement)
      set("proxy_divergence", proxy.divergence)
    }
    set("target_accuracy", result.target.accuracy)
    set("target_loss", result.target.loss)
    set("training_loss", result.trainingLoss)
    set("penalty", result.penalty)
    for dose in result.doses {
      set("dose.\(dose.name).penalty", dose.penalty)
      set("dose.\(dose.name).loss_share", dose.lossShare)
      set("dose.\(dose.name).gradient_ratio", dose.gradientRatio)
      set("dose.\(dose.name).pulled_back", dose.pulledBack)
    }
    set("seconds", result.seconds)
    record.predictions["target", default: [:]][result.epoch] = result.target.predictions
    record.labels["target"] = result.target.labels
  }
}
