import Checkpoints
import Datasets
import Evaluation
import Files
import Findings
import Foundation
import Models
import Torch

/// Trains several tasks, one after the other, and judges all of them after each.
///
/// Regularizers begin with the second task, and hold to the weights that the task before it left; those that need a head
/// or examples of an earlier task are there once for each. Importances, where they pull to, and stored logits are those of
/// each task's end: `memory.h5` in the run of the task keeps them. What only measures training, begins with the first.
///
/// The folder is a run whose epochs are tasks: `checkpoints/epoch-0002.h5` is the model after the second; the run of each
/// task stands under `tasks`.
public struct TaskSequence {
  /// The head's name where all tasks share one.
  public static let sharedTask = "shared"
  /// The head's name where one grows with every task.
  public static let grownTask = "all classes"

  /// The options of every task; of the regularizers the first task has those alone that measure training.
  var options: TrainingOptions
  /// The folder that is written.
  var path: String
  /// The tasks in the order that they are learnt in; names are those of the heads.
  var tasks: [(name: String, data: Dataset)]
  /// Whether all tasks are judged by one head, rather than each by its own; settled once a model is known, as the data of
  /// a language model say of no head of its own.
  public private(set) var sharesHead: Bool
  /// Whether one head gets outputs for the classes of each task that it lacks, and judges all tasks among all of them.
  public var growsHead = false
  /// The kind of all tasks; nil where labels and outputs tell it.
  public var taskKind: String?
  /// The kind of each task, once a model is known.
  public private(set) var kinds: [any TaskKind] = []
  /// The head that the model came with, of tasks for which none can be drawn.
  private var keptHead: String?
  /// Where everything is computed.
  var device: Device
  /// Those that train together, each with a sequence like this one, of which all read what the first one writes; nil for
  /// one by itself.
  public var processes: ProcessGroup?
  /// The command that makes the run, stored as it is; nil of a program's.
  public var command: CommandRecord?

  /// - Throws: ``TrainingError`` for fewer than two tasks, or two of one name.
  public init(
    options: TrainingOptions, path: String, tasks: [(name: String, data: Dataset)], sharesHead: Bool, device: Device
  ) throws {
    guard tasks.count > 1 else { throw TrainingError.tooFewTasks(count: tasks.count) }
    if let twice = tasks.first(where: { task in tasks.count(where: { $0.name == task.name }) > 1 }) {
      throw TrainingError.duplicateTask(name: twice.name)
    }
    self.options = options
    self.path = path
    self.tasks = tasks
    self.sharesHead = sharesHead
    self.device = device
  }

  /// A sequence that was stopped, with the options and the data that it began with; ``run(from:basePath:isCancelled:onTask:onEvent:)``
  /// goes on with it from ``start(of:)``.
  ///
  /// - Parameters:
  ///   - device: the one it was trained on, when nil.
  ///   - load: how data are loaded; where data were made in memory, it has to make them anew.
  /// - Throws: ``TrainingError/badResume(_:)`` where the run is no sequence, and the errors of data.
  public init(
    resuming run: Run, on device: Device? = nil, loading load: (DataReference) throws -> Dataset = { try .load($0) }
  ) throws {
    let record = run.record
    guard record.state.kind == .sequence, !record.data.tasks.isEmpty, let options = record.trainingOptions else {
      throw TrainingError.badResume("\(run.path) does not say of which tasks it is a sequence")
    }
    try self.init(
      options: options, path: run.path, tasks: record.data.tasks.map { ($0.name, try load($0.data)) },
      sharesHead: record.state.sharesHead, device: device ?? Device(record.state.device ?? "auto"))
    growsHead = record.growsHead
    let names = Set(record.data.tasks.map(\.data.taskKind))
    taskKind = names.count == 1 ? names.first ?? nil : nil
  }

  /// The model that a sequence began with: the run keeps it, or says where it is.
  ///
  /// - Throws: ``TrainingError/badResume(_:)`` where the run was stopped before that, and what it began from is gone.
  public static func start(of run: Run) throws -> Checkpoint {
    // Version 0.1 kept it in the run of the first task alone until that was done.
    let first = run.record.data.tasks.first.map { "\(run.path)/tasks/1-\(FileName.safe($0.name))" }
    for run in [run] + [first.flatMap { try? Run.open($0) }].compactMap({ $0 }) where run.epochs.contains(0) {
      return try Checkpoint(contentsOf: run.checkpointPath(epoch: 0))
    }
    return try run.base()
  }

  /// What the outputs of a shared head are called: as in the tasks where all agree, else by their numbers alone.
  private var sharedClassNames: [String]? {
    guard sharesHead, keptHead == nil else { return nil }
    let all = zip(kinds, tasks).map { $0.outputNames(of: $1.data) ?? [] }
    return all.allSatisfy { $0 == all[0] } ? all[0] : Checkpoint.numberedClasses(all[0].count)
  }

  private func head(of task: Int) -> String {
    growsHead ? Self.grownTask : keptHead ?? (sharesHead ? Self.sharedTask : tasks[task].name)
  }

  private func runPath(_ task: Int) -> String { "\(path)/tasks/\(task + 1)-\(FileName.safe(tasks[task].name))" }

  /// Where the first tasks of a sequence have what they left, seen from the run of a later one; none where that run is
  /// of no sequence.
  static func memoryPaths(beside run: String, count: Int) -> [String] {
    let folder = URL(fileURLWithPath: run).deletingLastPathComponent().path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let found = (1...max(1, count)).compactMap { number in names.first { $0.hasPrefix("\(number)-") } }
    guard folder.hasSuffix("/tasks"), found.count == count else { return [] }
    return found.map { "\(folder)/\($0)/\(TaskMemory.fileName)" }
  }

  /// Trains all tasks that are not trained yet.
  ///
  /// - Parameters:
  ///   - onTask: told the number of the task that begins, from 0, and whether it goes on.
  /// - Returns: the scores, and those of a randomly initialized network where all share a head.
  /// - Throws: ``TrainingError`` and the errors of the files.
  @discardableResult
  public func run(
    from base: Checkpoint, basePath: String, isCancelled: () -> Bool = { false },
    onTask: (Int, TrainingRun) throws -> Void, onEvent: (TrainingEvent) throws -> Void
  ) throws -> SequenceResult {
    guard !kinds.isEmpty else {
      return try settled(for: base)
        .run(from: base, basePath: basePath, isCancelled: isCancelled, onTask: onTask, onEvent: onEvent)
    }
    try agree(on: base)
    var run = try leads ? startedRun(from: base, basePath: basePath) : nil
    let lock = leads ? try RunLock.acquire(path) : nil
    defer { withExtendedLifetime(lock) {} }
    if leads { try FileManager.default.createDirectory(atPath: "\(path)/tasks", withIntermediateDirectories: true) }
    try checkFolder()
    var start = base
    var startPath = basePath
    var rows: [[Double]] = []
    for task in tasks.indices {
      let training = try training(task)
      try onTask(task, training)
      try train(training, from: start, basePath: startPath, isCancelled: isCancelled, onEvent: onEvent)
      // What follows reads what the first process wrote.
      try processes?.barrier()
      let finished = try Run.open(training.path)
      startPath = finished.checkpointPath(epoch: finished.chosenEpoch)
      start = try Checkpoint(contentsOf: startPath)
      if var own = run, !own.hasWritten(epoch: task + 1) {
        start.epoch = task + 1
        try own.write(start, epoch: task + 1, unchangedFrom: own.checkpointPath(epoch: task))
        run = own
      }
      rows.append(try scores(of: start))
      try store(rows, baseline: nil, in: &run)
    }
    return try store(rows, baseline: sharesHead ? randomScores(base) : nil, in: &run)
  }

  private func startedRun(from base: Checkpoint, basePath: String) throws -> Run {
    let isThere = FileManager.default.fileExists(atPath: "\(path)/run.h5")
    if !isThere { try check(base) }
    var run =
      try isThere ? Run.open(path) : Run.create(at: path, record: startingRecord(of: base, at: basePath))
    for (known, task) in zip(run.record.data.tasks, tasks) where isThere {
      guard known.name == task.name, known.data.fingerprint.map({ $0 == task.data.fingerprint }) ?? true else {
        throw TrainingError.badResume("the data of task '\(task.name)' are not those it began with")
      }
    }
    // To go on, the base is not needed any more. A checkpoint that no record speaks of yet is written anew.
    if run.epochs.allSatisfy({ $0 == 0 }), run.record.checkpoints.isEmpty {
      var start = base
      start.epoch = 0
      try run.write(start, epoch: 0)
      try run.save(run.record)
    }
    return run
  }

  private func startingRecord(of base: Checkpoint, at basePath: String) throws -> RunRecord {
    var record = RunRecord(
      configuration: try options.json,
      data: RunData(
        base: basePath.isEmpty ? nil : BaseReference(path: basePath, fingerprint: try base.fingerprint),
        tasks: tasks.indices.map { task in
          var data = tasks[task].data.reference(head: head(of: task), fitsImages: options.fitsImages)
          data.taskKind = kinds[task].isClassification ? nil : kinds[task].name
          return TaskReference(name: tasks[task].name, data: data)
        }),
      state: RunState(kind: .sequence, plannedEpochs: options.epochCount, sharesHead: sharesHead),
      command: command, seed: options.seed)
    record.goesOn(in: .present(device), after: nil)
    return record
  }

  /// Refuses tasks and options that the network cannot be trained with, each task as it will be met.
  ///
  /// - Throws: ``TrainingError`` and the errors of models and data, before anything is written.
  ///
  /// - Returns: the sequence as it was settled for the network: with the kinds of its tasks, and their heads.
  @discardableResult
  public func check(_ base: Checkpoint) throws -> TaskSequence {
    let own = try settled(for: base)
    let model = try Model(base, device: device)
    for task in tasks.indices { try own.training(task).check(model) }
    return own
  }

  /// The sequence with the kinds of its tasks, and the head that they share where none can be drawn, settled for a
  /// network.
  ///
  /// - Throws: `EvaluationError` where labels and outputs do not go together, ``TrainingError`` for tasks that have
  ///   nothing by which they could be judged together.
  public func settled(for base: Checkpoint) throws -> TaskSequence {
    var own = self
    let model = try Model(base, device: device)
    try model.fitPreprocessing(to: options.examples(of: tasks[0].data.train), fitsImages: options.fitsImages)
    own.kinds = try tasks.map { try TaskKinds.kind(of: $0.data, for: model, named: taskKind) }
    if growsHead { try checkGrowth(of: own.kinds) }
    let names = zip(own.kinds, tasks).map { $0.outputNames(of: $1.data) }
    for (task, kind) in zip(tasks, own.kinds).dropFirst() {
      func unlike(_ what: String) -> TrainingError {
        .unlikeTasks(task.name, kind: kind.name, first: tasks[0].name, firstKind: own.kinds[0].name, what: what)
      }
      let (score, first) = (kind.score, own.kinds[0].score)
      guard score.unit == first.unit, score.direction == first.direction else {
        throw unlike("the unit of their scores")
      }
      guard kind.name == own.kinds[0].name || (!sharesHead && !growsHead && !names.contains(nil)) else {
        throw unlike("the kind of a head that they share")
      }
    }
    if names.contains(nil) {
      guard base.task != Checkpoint.untrainedTask else { throw TrainingError.noHeadToKeep }
      (own.keptHead, own.sharesHead) = (base.task, true)
    } else if sharesHead, let place = names.indices.first(where: { names[$0]?.count != names[0]?.count }) {
      throw TrainingError.sharedHeadMismatch(
        task: tasks[place].name, classCount: names[place]?.count ?? 0, first: tasks[0].name,
        firstClassCount: names[0]?.count ?? 0)
    }
    return own
  }

  /// - Throws: ``TrainingError/headCannotGrow(kind:reason:)``, and `EvaluationError.unnamedClasses` where it would not be known which
  ///   classes the head has.
  private func checkGrowth(of kinds: [any TaskKind]) throws {
    for kind in kinds {
      guard let reason = kind.objectionToGrowth else { continue }
      throw TrainingError.headCannotGrow(kind: kind.words, reason: reason)
    }
    if let task = tasks.first(where: { !$0.data.namesClasses }) {
      throw EvaluationError.unnamedClasses(dataset: task.data.name, task: Self.grownTask)
    }
  }

  /// By what all tasks are judged: their score, or what scores of one unit have in common.
  private var score: Score {
    let first = kinds[0].score
    return kinds.allSatisfy { $0.score == first }
      ? first : Score(name: "score", unit: first.unit, direction: first.direction)
  }

  private func training(_ task: Int) throws -> TrainingRun {
    var own = options
    if own.validation == nil, own.choosesByScores, TrainingRun.areUndivided(in: "\(path)/tasks") {
      own.validation = .test
    }
    if task == 0 {
      own.regularizers = own.regularizers.filter { RegularizerKind.named($0.kind)?.measuresTraining == true }
      // Without an earlier task there is nothing to keep.
      if own.selection != nil { own.selection = .target }
    }
    let before = task > 0 ? tasks[task - 1].data : nil
    var training = TrainingRun(
      options: own, path: runPath(task), target: tasks[task].data, source: before,
      sourceTask: task > 0 ? head(of: task - 1) : nil, device: device)
    training.targetTask = head(of: task)
    if growsHead, task > 0 { training.targetHead = .grow }
    training.taskKind = taskKind
    training.headClassNames = sharedClassNames
    training.earlier = task > 0 ? (0..<task).map { (head(of: $0), tasks[$0].data) } : nil
    training.memoryPaths = (0..<task).map { "\(runPath($0))/\(TaskMemory.fileName)" }
    training.processes = processes
    return training
  }

  private func train(
    _ training: TrainingRun, from start: Checkpoint, basePath: String, isCancelled: () -> Bool,
    onEvent: (TrainingEvent) throws -> Void
  ) throws {
    switch try standing(of: training) {
    case .finished: return
    case .begun: try training.resume(isCancelled: isCancelled, onEvent: onEvent)
    case .open:
      // What was stopped before its first state was written begins again.
      if leads { try? FileManager.default.removeItem(atPath: training.path) }
      try training.run(from: start, basePath: basePath, isCancelled: isCancelled, onEvent: onEvent)
    }
  }
}

// MARK: - Scores

extension TaskSequence {
  /// On every task; NaN where a task has no head yet.
  private func scores(of checkpoint: Checkpoint) throws -> [Double] {
    let model = try Model(checkpoint, device: device)
    return try tasks.indices.map { task in
      let (head, data) = (head(of: task), tasks[task].data)
      guard let outputs = model.heads[head]?.classNames,
        !growsHead || Set(data.classNames).isSubset(of: outputs)
      else { return .nan }
      try model.activate(task: head)
      let match = try data.match(to: head, among: model.heads, kind: kinds[task])
      return try Evaluator(processes: processes).evaluate(
        model, on: judging(task).renumbered(by: match, as: kinds[task]), dataset: data.name,
        kind: kinds[task].named(by: match, of: model.heads[head])
      ).value
    }
  }

  /// The test examples of a task without those that choose the next one's epoch, if any do.
  private func judging(_ task: Int) throws -> Split {
    guard task + 1 < tasks.count else { return tasks[task].data.test }
    return try training(task + 1).sourceDivision()?.judging ?? tasks[task].data.test
  }

  /// By which examples the tasks' epochs were chosen; how many that are differs from task to task.
  private func basis() -> ChoiceBasis? {
    let bases = tasks.indices.compactMap { try? Run.open(runPath($0)).record.choiceBasis }
    return (bases.first { $0.examples == .test } ?? bases.last).map { ChoiceBasis($0.examples, choices: $0.choices) }
  }

  /// Nil for a program that does not say how fresh weights are drawn.
  private func randomScores(_ base: Checkpoint) throws -> [Double]? {
    guard base.program.parameters.allSatisfy({ $0.initialization != nil }) else { return nil }
    let data = tasks[0].data
    let model = try Model(
      initializing: base.program, task: keptHead ?? Checkpoint.untrainedTask, classNames: [], seed: options.seed,
      device: device)
    // Masks and places are part of the network, not weights to be drawn.
    for constant in base.program.buffers where constant.initialization == nil {
      guard let own = model.buffers[constant.name], let values = base.buffers[constant.name] else { continue }
      try own.copyInPlace(from: Tensor.copying(values, to: device))
    }
    if keptHead == nil {
      let names = kinds[0].outputNames(of: data) ?? []
      try model.addHead(
        task: Self.sharedTask, classNames: names,
        labelMap: names == data.classNames ? data.labelMap : Array(names.indices), seed: options.seed)
    }
    try model.fitPreprocessing(to: options.examples(of: data.train), fitsImages: options.fitsImages)
    return try tasks.indices.map { task in
      try Evaluator(processes: processes).evaluate(
        model, on: judging(task), dataset: tasks[task].data.name, kind: kinds[task]
      ).value
    }
  }

  /// Stores what is known so far; rows of tasks that are not trained yet are NaN.
  @discardableResult
  private func store(_ rows: [[Double]], baseline: [Double]?, in run: inout Run?) throws -> SequenceResult {
    let missing = [Double](repeating: .nan, count: tasks.count)
    let result = SequenceResult(
      run: path, tasks: tasks.map(\.name), matrix: rows + Array(repeating: missing, count: tasks.count - rows.count),
      baseline: baseline, sharesHead: sharesHead, score: score, chosenBy: basis())
    guard var own = run else { return result }
    var record = own.record
    try record.store(result)
    if rows.count == tasks.count { record.state.isFinished = true }
    try own.save(record)
    run = own
    return result
  }
}
