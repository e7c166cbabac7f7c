import Checkpoints
import Datasets
import Evaluation
import Findings
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
  /// Within an epoch, or at its end, a sample of each task.
  case looked(StepLook)
  case evaluated(EpochRecord)
}

/// Trains one task and watches it, and the task it came from, at every epoch from 0 on.
public struct TrainingRun {
  /// How it is trained.
  public var options: TrainingOptions
  /// The folder of the run: made at its beginning, opened where it goes on.
  public var path: String
  /// What is trained on; its test examples are judged at every epoch.
  public var target: Dataset
  /// The task learnt before, whose test examples show what is forgotten; nil where there is no data of it.
  public var source: Dataset?
  /// All tasks learnt before, by the names of their heads, for the regularizers that need one of each; the source alone
  /// when nil.
  public var earlier: [(task: String, data: Dataset)]?
  /// Where each of ``earlier`` has what it left when it ended; the last one's is written. Empty where all ended with the
  /// weights that this run begins with.
  var memoryPaths: [String] = []
  /// The head that is trained; the target's own name when nil.
  public var targetTask: String?
  /// With which head the target is trained, where ``targetTask`` does not name it; nil leaves it to the kind of task: a
  /// language model keeps its head.
  public var targetHead: TargetHead?
  /// What is added to the source's head; nil where it stays as it is, or has grown already.
  var growth: HeadGrowth?
  /// The source's head with what is added to it.
  var grownHead: NamedHead?
  /// How many outputs the head had before it grew; nil of one that did not.
  var knownOutputCount: Int?
  /// The head that the model came with, whose answers to the target's inputs are watched; nil where it came with none.
  var gaugedHead: String?
  /// The kind of task; nil where labels and outputs tell it.
  public var taskKind: String?
  /// Of the data, once a model is known.
  var kinds = RunKinds()
  /// What the head's classes are called where it is drawn; as the target's when nil.
  var headClassNames: [String]?
  /// Examples that stand in for the source's where these are not at hand.
  public var proxy: Dataset?
  /// The task whose head judges the source; nil looks for the data set's own, then the checkpoint's.
  public var sourceTask: String?
  /// Where everything is computed.
  public var device: Device
  /// Whether frozen lower layers are computed once, where that gives the same; false to compare with computing them at
  /// every step.
  public var storesFrozenLayers = true
  /// Whether every epoch is evaluated; false for the last alone (and the source at epoch 0), unless the others decide
  /// something: of a run among many, the result is all that is wanted.
  public var judgesEveryEpoch = true
  /// Whether one of several runs like this one is chosen by its scores, as a sweep does: examples that choose are then
  /// held aside whatever the options say.
  public var isChosenAmong = false
  /// Those that train together, each with a run like this one; the first of them judges and writes. Nil for one by itself.
  public var processes: ProcessGroup?
  /// The command that makes the run, stored as it is; nil of a program's.
  public var command: CommandRecord?

  /// A run of one task, which nothing is written of yet.
  ///
  /// - Parameters:
  ///   - path: the folder to write.
  ///   - proxy: examples that stand in for the source's: they show agreement with the model before, not accuracy.
  ///   - sourceTask: the head that judges the source; nil looks for the data set's own, then the checkpoint's.
  public init(
    options: TrainingOptions, path: String, target: Dataset, source: Dataset? = nil, proxy: Dataset? = nil,
    sourceTask: String? = nil, device: Device
  ) {
    self.options = options
    self.path = path
    self.target = target
    self.source = source
    self.proxy = proxy
    self.sourceTask = sourceTask
    self.device = device
  }

  /// Trains from a checkpoint and writes the run folder.
  ///
  /// - Parameters:
  ///   - isCancelled: asked after each step, and while frozen layers are computed before the first; true ends the run,
  ///     whose finished epochs stay.
  /// - Returns: one record an epoch, epoch 0 first.
  /// - Throws: ``TrainingError`` and the errors of the files. Of a run that is refused nothing stays; one that is
  ///   interrupted, or killed, can be resumed from its first moment on.
  @discardableResult
  public func run(
    from base: Checkpoint, basePath: String, isCancelled: () -> Bool = { false },
    onEvent: (TrainingEvent) throws -> Void
  ) throws -> [EpochRecord] {
    let division = try division()
    try checkSharding()
    let model = try model(base)
    let own = try settled(for: model, division)
    try own.agree(on: base, resumedAfter: nil)
    guard leads else {
      try own.follow(model, division, isCancelled: isCancelled)
      return []
    }
    var run = try Run.create(at: path, record: try own.record(ofRunFrom: base, at: basePath, division))
    let lock = try RunLock.acquire(path)
    defer { withExtendedLifetime(lock) {} }
    do {
      return try own.begin(&run, with: model, division, isCancelled: isCancelled, onEvent: onEvent)
    } catch {
      // One that was refused would only stand in the way of the next attempt.
      if run.epochs.isEmpty, !TrainingError.isInterruption(error) { run.discard() }
      throw error
    }
  }

  /// Trains from the beginning, in a folder that says what was asked for.
  private func begin(
    _ run: inout Run, with model: Model, _ division: DividedData, isCancelled: () -> Bool,
    onEvent: (TrainingEvent) throws -> Void
  ) throws -> [EpochRecord] {
    let setup = try setUp(model, division, isCancelled: isCancelled, onEvent: onEvent)
    if isCancelled() { throw TrainingError.interrupted(epoch: 0) }
    var record = run.record
    try record.add(setup)
    try onEvent(prepared(setup))
    return try train(
      setup, in: &run, record: record, history: [], basePath: record.data.base?.path ?? "", isCancelled: isCancelled,
      onEvent: onEvent)
  }

  /// Goes on with a run that stopped, to the same bits as if it had not.
  ///
  /// - Parameter base: what it began from, for a run that was stopped before its first epoch was stored: such a one
  ///   begins again. Where nil, it is read from where it was then.
  /// - Throws: ``TrainingError/badResume(_:)`` where the run has no state to go on from, or the data are not the same;
  ///   `CheckpointError/inUse(path:holder:)` where another process goes on with it.
  @discardableResult
  public func resume(
    from base: Checkpoint? = nil, isCancelled: () -> Bool = { false }, onEvent: (TrainingEvent) throws -> Void
  ) throws -> [EpochRecord] {
    let lock = leads ? try RunLock.acquire(path) : nil
    defer { withExtendedLifetime(lock) {} }
    var run = try Run.open(path)
    if let settled = try withSettledSteps(as: run.record.data), settled != options {
      var own = self
      own.options = settled
      return try own.resume(from: base, isCancelled: isCancelled, onEvent: onEvent)
    }
    let state = run.isAtBeginning ? nil : try resumeState(of: run)
    let record = try resumedRecord(of: run, after: state?.epoch)
    if let stored = record.trainingOptions?.validation, stored != options.validation {
      var own = self
      own.options.validation = stored
      return try own.resume(from: base, isCancelled: isCancelled, onEvent: onEvent)
    }
    guard let state else {
      let start = try run.base(given: base)
      let division = try division(as: record.data)
      let model = try model(start)
      let own = try settled(for: model, division)
      try own.agree(on: start, resumedAfter: nil)
      guard leads else {
        try own.follow(model, division, isCancelled: isCancelled)
        return []
      }
      try run.save(record)
      run.removeCheckpoints(after: nil)
      return try own.begin(&run, with: model, division, isCancelled: isCancelled, onEvent: onEvent)
    }
    var own = try settled(as: record.data)
    own.knownOutputCount = record.state.grownFrom
    own.gaugedHead = record.state.gauge?.head
    let first = try Checkpoint(contentsOf: run.checkpointPath(epoch: 0))
    own = own.named(
      among: first.heads.mapValues { NamedHead(classNames: $0.classNames) }, task: own.sourceTask ?? first.task)
    try own.agree(on: first, resumedAfter: state.epoch)
    guard leads else {
      try own.goOnFollowing(run, state, record: record, isCancelled: isCancelled)
      return []
    }
    return try own.goOn(&run, state, record: record, isCancelled: isCancelled, onEvent: onEvent)
  }

  /// Goes on from the last epoch that is stored.
  private func goOn(
    _ run: inout Run, _ state: ResumeState, record start: RunRecord, isCancelled: () -> Bool,
    onEvent: (TrainingEvent) throws -> Void
  ) throws -> [EpochRecord] {
    var record = start
    // What regularizers hold to is the model as it was: they are made from epoch 0 again.
    let setup = try setUp(
      model(Checkpoint(contentsOf: run.checkpointPath(epoch: 0))),
      division(as: record.data), headIsNew: record.state.targetHeadIsNew, isCancelled: isCancelled, onEvent: onEvent)
    try record.store(setup.judges.classes)
    let history = record.epochRecords
    try takeUp(state, of: run, by: setup.trainer)
    // Until here the others read what is written from now on.
    try processes?.barrier()
    // The record first: what it speaks of is always there.
    try run.save(record)
    run.removeCheckpoints(after: state.epoch)
    try onEvent(prepared(setup))
    for epoch in history { try onEvent(.evaluated(epoch)) }
    return try train(
      setup, in: &run, record: record, history: history, basePath: "", isCancelled: isCancelled, onEvent: onEvent)
  }
}

extension TrainingRun {
  /// Trains a run among many, of which the result is wanted: goes on where it was left, or begins. The state to resume
  /// from, as large as the weights, is removed at the end.
  public func complete(from base: () throws -> Checkpoint, basePath: String, isCancelled: () -> Bool) throws {
    let state = "\(path)/resume.h5"
    if FileManager.default.fileExists(atPath: state) {
      try resume(isCancelled: isCancelled) { _ in }
    } else {
      try? FileManager.default.removeItem(atPath: path)
      try run(from: base(), basePath: basePath, isCancelled: isCancelled) { _ in }
    }
    try? FileManager.default.removeItem(atPath: state)
  }
}

// MARK: - Epochs

extension TrainingRun {
  private func train(
    _ setup: Setup, in run: inout Run, record start: RunRecord, history known: [EpochRecord], basePath: String,
    isCancelled: () -> Bool, onEvent: (TrainingEvent) throws -> Void
  ) throws -> [EpochRecord] {
    let (model, trainer) = (setup.model, setup.trainer)
    var record = start
    var history = known
    // The same state is the same bytes.
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    if history.isEmpty, let first = setup.watch?.first { append(first, to: &record) }
    while history.count <= options.epochCount, !hasStopped(history) {
      let epoch = history.count
      var trained = TrainedEpoch()
      if epoch > 0 {
        try trainer.processes?.tell(.epoch(epoch))
        trained = try trainEpoch(epoch, setup, into: &record, isCancelled: isCancelled, onEvent: onEvent)
        record.state.stop = trained.stop
        // The epoch before is what the run keeps.
        if trained.stop != nil, trained.kept == nil { break }
      }
      try trainer.processes?.tell(.evaluation(epoch: epoch))
      let result = try trainer.whileJudged {
        try trained.kept?.restore()
        try trainer.judgeTogether()
        let result = try evaluate(
          setup.judges, setup.judges.judged.model, epoch: epoch, statistics: trained.statistics,
          seconds: trained.seconds)
        for regularizer in trainer.regularizers where epoch > 0 {
          if let found = try regularizer.importances() { model.importances[found.measure] = found.values }
        }
        let parent = epoch == 0 ? basePath : run.checkpointPath(epoch: epoch - 1)
        var checkpoint = try trainer.checkpoint(epoch: epoch, parent: (parent as NSString).lastPathComponent)
        checkpoint.adapters = try trainer.adapterFactors
        try run.write(checkpoint, epoch: epoch, unchangedFrom: link(of: epoch, parent: parent, in: run))
        try trainer.endWriting()
        return result
      }
      let isWhole = epoch == 0 || (trained.stop == nil && trained.stepCount == trainer.stepsPerEpoch)
      if epoch > 0, isWhole {
        let reached = result.choosingTarget.scored
        let merit = reached.score.merit(reached.value)
        try trainer.processes?.tell(.endOfEpoch(merit: merit))
        trainer.endEpoch(merit: merit)
      }
      history.append(result)
      append(result, to: &record)
      if !isWhole { record.state.lastEpochSteps = trained.stepCount }
      if let best = selection(of: history) {
        record.state.best = RunState.Best(
          epoch: best.index, rule: selectionRule?.description ?? "", keepsBounds: best.keepsBounds)
        try run.markBest(epoch: best.index)
      }
      try run.save(record)
      // A run that goes on begins an epoch that ended before its time again.
      if isWhole {
        let (progress, tensors) = try trainer.state()
        let text = String(decoding: try encoder.encode(progress), as: UTF8.self)
        try trainer.writeState(tensors) {
          try ResumeState.write(epoch: epoch, progress: text, tensors: $0, to: run.resumePath)
        }
        try removeCheckpoints(before: epoch, of: &run)
      }
      try onEvent(.evaluated(result))
      if !isWhole { break }
    }
    try trainer.processes?.tell(.end)
    record.state.isFinished = true
    try run.save(record)
    return history
  }

  /// The checkpoint whose unchanged tensors an epoch's links to: the one before, or epoch 0's where that may go.
  private func link(of epoch: Int, parent: String, in run: Run) -> String? {
    if epoch == 0 { return nil }
    return options.keptCheckpointCount == nil ? parent : run.checkpointPath(epoch: 0)
  }

  /// Removes what need not be kept, after the epoch that the run would be resumed from.
  private func removeCheckpoints(before epoch: Int, of run: inout Run) throws {
    guard let count = options.keptCheckpointCount else { return }
    let kept = [0, run.record.bestEpoch].compactMap { $0 } + Array(max(0, epoch - count + 1)...epoch)
    try run.removeCheckpoints(butThoseOf: Set(kept))
  }

  /// Judges a model: its target, its source, and what stands in for it.
  ///
  /// - Parameters:
  ///   - model: with both heads, the target's in place; it is so afterwards too.
  ///   - statistics: of the epoch's training.
  func evaluate(
    _ judges: Judges, _ model: Model, epoch: Int, statistics: EpochStatistics? = nil, seconds: Double = .nan
  ) throws -> EpochRecord {
    let (judged, isJudged) = (judges.judged, isJudged(epoch))
    func result(
      _ split: Split?, _ data: Dataset, _ kind: any TaskKind, measuresConfidence: Bool = false
    ) throws -> EvaluationResult? {
      let evaluator = Evaluator(measuresConfidence: measuresConfidence, processes: processes)
      return try split.map { try evaluator.evaluate(model, on: $0, dataset: data.name, kind: kind) }
    }
    var validation = ValidationScores()
    let targetResult = isJudged ? try result(judged.target.test, target, kinds.target, measuresConfidence: true) : nil
    if isJudged { validation.target = try result(judged.target.validation, target, kinds.target) }
    var sourceResult: EvaluationResult?
    if isJudged || epoch == 0, let source, let examples = judged.source, let judge = judges.judge {
      let kind = kinds.source ?? Classification()
      try model.withHead(of: judge) {
        sourceResult = try result(examples.test, source, kind, measuresConfidence: true)
        validation.source = try result(examples.validation, source, kind)
      }
    }
    let agreement = isJudged ? try judges.meter?.measure(model, by: processes) : nil
    let gauge = isJudged ? try judges.gauge?.meter.measure(model, by: processes) : nil
    if isJudged { validation.proxy = try judges.choosingMeter?.measure(model, by: processes) }
    return EpochRecord(
      epoch: epoch, source: sourceResult, proxy: agreement, gauge: gauge, target: targetResult ?? .unmeasured,
      targetHeadIsNew: judges.headIsNew && epoch == 0, validation: validation,
      trainingLoss: epoch == 0 ? .nan : statistics?.loss ?? .nan, penalty: statistics?.penalty ?? .nan,
      learningRate: epoch == 0 ? .nan : statistics?.learningRate ?? .nan, newBlocks: statistics?.newBlocks ?? [],
      doses: statistics?.doses ?? [], skippedSteps: statistics?.skippedSteps, seconds: seconds)
  }
}

extension TrainingRun {
  /// Whether an epoch is evaluated: the last one, and the others where something is decided by them.
  private func isJudged(_ epoch: Int) -> Bool {
    judgesEveryEpoch || epoch == options.epochCount || options.choosesByScores
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
