import Analysis
import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
import Metrics
import Models
import Reports
import Torch
import Training

/// Runs `train` or `finetune` before the user's eyes.
struct TrainingSession {
  let base: String
  /// Whether the model was trained before, on a task that it can forget.
  let isFineTuning: Bool
  let target: String
  let source: String?
  let proxy: String?
  let sourceHead: String?
  let headClasses: HeadClassOptions?
  let output: String
  let existing: ExistingOutputOptions
  let kinds: TaskKindOptions
  var targetHead: TargetHead?
  let training: TrainingArguments
  let regularizers: RegularizerOptions
  let reading: DataOptions
  let hardware: DeviceOptions
  let continuation: ContinuationOptions
  let shared: OutputOptions
  /// The command's options as a configuration file.
  let effective: EffectiveOptions
  /// Those that train together; nil of one by itself.
  var processes: ProcessGroup?

  func run() throws {
    guard !continuation.printConfig else { return effective.show() }
    StandardOutput.becomesExpendable()
    let leads = processes?.leads ?? true
    var lock = leads ? try continuation.resume.map { _ in try RunLock.acquire(output) } : nil
    let resumed = try continuation.resume.map { _ in try Run.open(output) }
    let path = try resumed?.path ?? CheckpointPath(base).path
    let (checkpoint, device, run) = try resumed.map(opened) ?? begun(from: path)
    if resumed == nil, leads {
      try existing.makeRoom(at: output, keeping: [path] + [target, source, proxy].compactMap { $0 })
    }
    let (sourceData, proxyData) = (run.source, run.proxy)
    let display = EpochDisplay(
      hasSource: sourceData != nil, hasProxy: proxyData != nil, isSilent: shared.json, isQuiet: shared.quiet)
    display.open(
      "\(path) · \(checkpoint.program.architecture) · \(NumberText.grouped(checkpoint.parameterCount)) parameters"
        + (isFineTuning ? " · source head kept" : "")
        + " · \(device), \(try Library.threadCount()) threads"
        + (processes.map { " in each of \($0.count) processes" } ?? "")
        + " · seed \(run.options.seed)" + (resumed == nil ? "" : " · resumed"))
    if let resumed, let rise = run.rateRise(resuming: resumed) {
      let (last, next) = (String(format: "%.3g", rise.last), String(format: "%.3g", rise.next))
      Console.say(
        "the learning rate rises again, from \(last) at the last step to \(next) at the next: --schedule "
          + "\(run.options.schedule.shape.text) is spread over \(run.options.epochCount) epochs now")
    }
    if let resumed { Console.say(movedTo: .present(device), resumed) }
    let interruption = Interruption()
    let watch = { (event: TrainingEvent) in
      display.show(event)
      if case .evaluated = event { try Run.open(output).writeLogs() }
    }
    try resumable(output) {
      if resumed == nil {
        try run.run(from: checkpoint, basePath: path, isCancelled: { interruption.isRequested }, onEvent: watch)
      } else {
        try run.resume(isCancelled: { interruption.isRequested }, onEvent: watch)
      }
    }
    // What follows only reads: every file is whole, and the process can end at any time.
    interruption.end()
    // The first one goes on alone.
    guard leads else { return }
    if lock == nil { lock = try RunLock.acquire(output) }
    defer { withExtendedLifetime(lock) {} }
    var finished = try Run.open(output)
    if processes != nil, run.options.shardsWeights ?? false {
      try finished.measureDrift()
      if isFineTuning {
        Console.say(
          Run.unmeasuredNote("it needs whole networks, and their weights were sharded (--shard); lethe cka does it"))
      }
    } else {
      try finished.measureMoves(on: sourceData ?? proxyData ?? (isFineTuning ? run.target : nil), device: device)
    }
    // The looks after the last epoch that is kept, and what the layers came to.
    try finished.writeLogs()
    if shared.json {
      try Console.result(FindingEncoder.encode(finished.finding))
    } else {
      display.close(finished.finding, next: isFineTuning ? nil : tuning)
    }
  }

  /// The command that fine-tunes what was trained here.
  private var tuning: String {
    let source = target.isEmpty ? "DATA" : target.shellQuoted
    return "lethe finetune \(output.shellQuoted) --source \(source) --target DATA -o tuned"
  }

  /// What a new run needs.
  private func begun(from path: String) throws -> (Checkpoint, Device, TrainingRun) {
    let options = try training.options(regularizers)
    let checkpoint = try hardware.runnable(path)
    if isFineTuning { try checkpoint.requireTrained(at: path, on: source) }
    let targetData = try reading.load(target, for: checkpoint)
    let sourceData = try source.map {
      let own = try reading.load($0, for: checkpoint)
      return try headClasses?.stated(own) ?? own
    }
    let proxyData = try proxy.map { try reading.load($0, for: checkpoint) }
    let device = try hardware.open()
    var run = TrainingRun(
      options: options, path: output, target: targetData, source: sourceData, proxy: proxyData,
      sourceTask: sourceHead, device: device)
    run.processes = processes
    run.command = CommandRecord(arguments: CommandLine.arguments, options: effective.repeatable.yaml)
    run.taskKind = try kinds.known()
    run.targetHead = targetHead
    let checked = try run.check(checkpoint)
    if let growth = checked.growth { Console.say(growth.words) }
    for note in checked.classes.notes { Console.say(note) }
    if !shared.json, let headline = checked.kind.headline { Console.result(headline) }
    return (checkpoint, device, run)
  }

  /// What going on with a run needs: all of it is in the run but the data.
  private func opened(_ known: Run) throws -> (Checkpoint, Device, TrainingRun) {
    let options = try known.options(resumedBy: training, regularizers)
    let checkpoint = try known.firstCheckpoint()
    let device = try hardware.open()
    let data = known.record.data
    let given = [(data.target, target), (data.source, source), (data.proxy, proxy)]
    var run = try TrainingRun(resuming: known, on: device) { reference in
      let text = given.first { $0.0 == reference }?.1
      return try reading.load(reference, unless: text, for: checkpoint)
    }
    run.options = options
    run.processes = processes
    return (checkpoint, device, run)
  }
}

extension Run {
  static func unmeasuredNote(_ reason: String) -> String { "similarity is not measured: \(reason)" }

  /// Measures how far the weights of the epoch that the run stands for have moved, and its features on some data.
  mutating func measureMoves(on data: Dataset?, device: Device) throws {
    try measureDrift()
    guard let data else { return }
    do { try measureSimilarity(on: data, device: device) } catch AnalysisError.nothingToCompare(let reason) {
      Console.say(Self.unmeasuredNote(reason))
    }
  }
}

/// Runs the training of a run; one that is interrupted names the command that goes on with it.
func resumable(_ path: String, _ body: () throws -> Void) throws {
  do { try body() } catch let error as TrainingError {
    guard case .interrupted = error, let run = try? Run.open(path) else { throw error }
    let does = run.record.lastEpoch == nil && run.epochs.isEmpty ? "begins it again" : "goes on"
    throw CommandError.interrupted("\(error); \(run.resumption) \(does)")
  }
}

extension Console {
  /// Says where a run goes on in another environment than before.
  static func say(movedTo now: RunEnvironment, _ run: Run) {
    let differences = run.record.environment.differences(to: now)
    guard !differences.isEmpty, !run.isAtBeginning else { return }
    let parts = differences.map { "\($0.name) \($0.now), before \($0.before)" }.joined(separator: "; ")
    say(
      "the run goes on in another environment (\(parts)): results may differ from those of a run that was not stopped")
  }
}
