import Analysis
import Checkpoints
import Datasets
import Evaluation
import Files
import Findings
import Foundation
import HDF5
import Reports
import Torch
import Training

/// A sweep before the user's eyes, or one of its workers.
struct SweepSession {
  private var command: SweepCommand
  private var plan: SweepPlan
  private let options: TrainingOptions
  private let folder: SweepFolder
  private let path: String
  private let checkpoint: Checkpoint
  private let source: Datasets.Dataset
  private let target: Datasets.Dataset
  private let device: Device
  /// What all runs share.
  private let training: TrainingRun
  private let kind: any TaskKind
  private let isSilent: Bool
  /// Those that share the runs; nil of a process by itself.
  private let group: ProcessGroup?

  init(command: SweepCommand, plan: SweepPlan, options: TrainingOptions, group: ProcessGroup?) throws {
    self.command = command
    self.group = group
    self.plan = plan
    self.options = options
    isSilent = command.role.worker || command.shared.json
    // Before there is a folder: a base or data that cannot be run leave none.
    path = try CheckpointPath(command.tasks.base).path
    checkpoint = try command.hardware.runnable(path)
    try checkpoint.requireTrained(at: path, on: command.tasks.source)
    source = try command.tasks.headClasses.stated(command.reading.load(command.tasks.source, for: checkpoint))
    target = try command.reading.load(command.tasks.target, for: checkpoint)
    device = try command.hardware.open()
    var training = TrainingRun(
      options: options, path: command.destination.output, target: target, source: source,
      sourceTask: command.tasks.head, device: device)
    training.targetHead = command.tasks.targetHead
    training.taskKind = try command.kinds.known()
    let checked = try training.check(checkpoint)
    kind = checked.kind
    (self.plan.sourceScore, self.plan.targetScore) = (checked.sourceScore ?? .accuracy, checked.kind.score)
    if let budget = command.methods.maxForgetting {
      try ForgettingBudget(budget).check(for: self.plan.sourceScore)
    }
    if let group {
      training.processes = group
      try training.agree(
        on: checkpoint, resumedAfter: nil, besides: EffectiveOptions(of: command).values(of: Self.extent))
      training.processes = nil
    }
    let existing = command.destination.existing
    let output =
      command.role.worker
      ? command.destination.output : try existing.runsPlace(for: command.destination.output, in: group)
    self.command.destination.output = output
    training.path = output
    self.training = training
    folder = SweepFolder(opened: output)
    guard !command.role.worker else { return }
    let options = EffectiveOptions(of: command).only([.result]).yaml
    let begun = BegunFolder(kind: "sweep", runCount: runCount, isAtMost: plan.search != nil)
    try existing.beginRuns(in: output, keeping: [command.tasks.base], sharedBy: group) {
      _ = try SweepFolder(output, options: options)
      try begun.write(in: output)
    }
  }

  /// Options that say which runs there are, beside those of the training.
  private static let extent = ["regularizer", "seeds", "max-forgetting", "trials"]

  func run() throws {
    if command.hardware.threads == nil, command.processes.jobs > 1 {
      try Library.setThreadCount(max(1, Library.threadCount() / command.processes.jobs))
    }
    let workers = try startWorkers()
    // A worker whose parent is gone has nobody to work for.
    defer { for worker in workers where worker.isRunning { worker.terminate() } }
    if !isSilent {
      Console.result(
        "\(path) · \(checkpoint.program.architecture) · \(amount) · \(device), "
          + "\(try Library.threadCount()) threads"
          + (processCount > 1 ? " in each of \(processCount) processes" : ""))
      if let headline = kind.headline { Console.result(headline) }
    }
    let interruption = Interruption()
    let rows = try ProcessSession.apart(in: group, interruption, rows)
    interruption.end()
    for worker in workers { worker.waitUntilExit() }
    if !command.role.worker, group?.leads ?? true { try finish(rows) }
  }

  /// Trains what no other process has, until all is there.
  private func rows(_ isCancelled: () -> Bool) throws -> [SweepPlan.Row] {
    // What became of a point stays, so each file is read once.
    var known: [String: SweepOutcome] = [:]
    func outcome(of point: SweepPoint) -> SweepOutcome? {
      let place = folder.runPath(point)
      if known[place] == nil { known[place] = folder.outcome(of: point) }
      return known[place]
    }
    var rows = try plan.rows(outcome(of:))
    while case let open = Self.open(rows), !open.isEmpty {
      let isDone = try open.contains { point in
        try ProcessSession.naming(in: group) { current in
          current = folder.runPath(point)
          return try train(point, isCancelled)
        }
      }
      // The others are at what is left.
      if !isDone { Thread.sleep(forTimeInterval: 0.2) }
      if isCancelled() { throw TrainingError.interrupted(epoch: 0) }
      rows = try plan.rows(outcome(of:))
    }
    return rows
  }

  /// How many train at a time.
  private var processCount: Int { group?.count ?? command.processes.jobs }

  /// How much there is to do.
  private var amount: String {
    let seeds = plan.seeds.count
    return (plan.search == nil ? "" : "at most ") + "\(NumberText.plural(runCount, "run")) of "
      + (options.stepLimit.map { NumberText.plural($0, "step") } ?? NumberText.plural(options.epochCount, "epoch"))
      + (seeds > 1 ? ", \(seeds) seeds each" : "")
  }

  /// At most, where a strength is searched.
  private var runCount: Int { (plan.search.map { $0.trialCount + 1 } ?? plan.methods.count) * plan.seeds.count }

  /// The points that nothing has become of yet.
  private static func open(_ rows: [SweepPlan.Row]) -> [SweepPoint] {
    rows.flatMap { row in
      row.outcomes.filter { $0.outcome == nil }.map { SweepPoint(method: row.method, seed: $0.seed) }
    }
  }

  /// Trains a point, unless another process had it.
  ///
  /// - Returns: whether it is done; false where another process has it.
  private func train(_ point: SweepPoint, _ isCancelled: () -> Bool) throws -> Bool {
    let isDone = try folder.withLock(on: point) {
      guard folder.outcome(of: point) == nil else { return true }
      var training = training
      training.path = folder.runPath(point)
      training.options.seed = point.seed
      training.options.regularizers = command.training.applied(point.method.regularizers)
      if options.validation == nil, folder.isUndivided { training.options.validation = .test }
      let began = Date()
      training.isChosenAmong = true
      training.command = CommandRecord(arguments: CommandLine.arguments)
      try folder.train(
        point, with: training, from: checkpoint, basePath: path, isCancelled: isCancelled)
      if !command.role.worker, !command.shared.quiet {
        Console.say(
          "\(point.method.label), seed \(point.seed): \(text(folder.outcome(of: point)))"
            + " · \(NumberText.fixed(Date().timeIntervalSince(began), 0)) s")
      }
      return true
    }
    return isDone ?? false
  }

  private func text(_ outcome: SweepOutcome?) -> String {
    switch outcome {
    case .finished(let source, let target, _, _):
      "source \(plan.sourceScore.text(source)), target \(plan.targetScore.text(target))"
    case .failed(let reason): reason
    case nil: "not finished"
    }
  }

  private func startWorkers() throws -> [Process] {
    guard !command.role.worker, command.processes.jobs > 1 else { return [] }
    return try (1..<command.processes.jobs).map { _ in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments =
        Array(CommandLine.arguments.dropFirst()) + ["--worker", "--quiet", "--output=\(command.destination.output)"]
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      return process
    }
  }

  private func finish(_ rows: [SweepPlan.Row]) throws {
    var result = plan.result(of: rows, in: folder, sourceTask: source.name, targetTask: target.name)
    result.command = result.recommended.map { retraining($0.method, on: target, result.chosenBy) }
    let page = "\(command.destination.output)/report.html"
    let reported = FolderFinding.sweep(result)
    try reported.write(to: page, from: command.destination.output, files: command.destination.output)
    let finding = try FindingFile.write(result, in: command.destination.output)
    if command.shared.json { return Console.result(finding) }
    reported.show()
    Console.result("report: \(page)")
  }

  /// The command that trains with a method alone.
  private func retraining(_ method: String, on target: Datasets.Dataset, _ basis: ChoiceBasis?) -> String {
    let regularizers = method == SweepMethod.plain.label ? [] : method.components(separatedBy: " + ")
    let words = EffectiveOptions(of: command).words(
      of: FinetuneCommand.self,
      beginning: [command.tasks.base] + regularizers.flatMap { ["--regularizer", $0] }
        + command.training.heldAside(of: target, basis))
    return (["lethe", "finetune"] + words + ["-o", "run"]).map(\.shellQuoted).joined(separator: " ")
  }
}
