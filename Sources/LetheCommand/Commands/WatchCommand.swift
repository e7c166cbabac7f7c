import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Files
import Findings
import Foundation
import HDF5
import Models
import Programs
import Reports
import Torch
import Training

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Judge the checkpoints that another trainer writes, as they appear.",
    discussion: """
      FOLDER gets checkpoints of Hugging Face's Trainer (checkpoint-*, whole, in shards or as adapters), of Lightning \
      (.ckpt), or plain files (.pt, .pth, .safetensors, .bin, .h5, .keras); last, best and latest are taken for copies of others. Each \
      is judged once, when it is whole: epochs of the run are checkpoints. Given again with the same -o, it goes on.
        lethe watch out --program model.pt2 --source old.h5 \\
          --target new.h5 --until 10 -o run
        lethe watch out --once --program model.pt2 \\
          --source old.h5 --target new.h5 -o run
      """)

  struct Subject: ResultOptions {
    @ArgumentParser.Argument(help: "Where the trainer writes.", completion: .path)
    var folder: String

    @Option(
      help: "The model before training: a .pt2 program, a checkpoint or a run. All checkpoints have its program.",
      completion: .path)
    var program: String

    @Option(help: "The task the model was trained on; its head judges every checkpoint.", completion: .data)
    var source: String?

    @Option(help: "Where the source's data are not at hand, any examples of the model's kind.", completion: .data)
    var sourceProxy: String?

    @Option(help: "The task that is trained.", completion: .data)
    var target: String

    @Option(
      help: """
        The head in the checkpoints: new, the target's own, or keep, the model's, by which the source is judged too. A \
        language model's is the model's, others new.
        """)
    var targetHead: TargetHead?

    @Option(
      help: "The task whose head judges the source; by default the source data's own, then the checkpoint's.",
      completion: .heads)
    var head: String?

    @Option(help: "The entry of a checkpoint that is the state dict, as ema or model.state_dict.")
    var state: String?

    @OptionGroup var headClasses: HeadClassOptions
  }

  struct Ending: InvocationOptions {
    @Flag(help: "Judge what is there, and end.")
    var once = false

    @Option(help: "End after so many checkpoints.")
    var until: Int?

    @Option(help: "End where none appeared for so many seconds.")
    var timeout: Double?

    @Option(help: "Seconds for which nothing was written to a checkpoint that is taken for whole.")
    var settle = 2.0

    @Option(help: "End with status 2 where more than this was forgotten with 95 % confidence, as 2pp or 0.02.")
    var maxForgetting: String?

    @Option(help: "Write this file then, which a trainer may look for.", completion: .path)
    var stopFile: String?

    @Option(
      help: "Write the judgement of --max-forgetting of the last checkpoint here as JUnit's XML.", completion: .path)
    var junit: String?
  }

  @OptionGroup var subject: Subject
  @OptionGroup var ending: Ending
  @OptionGroup var destination: RunDestination
  @OptionGroup var kinds: TaskKindOptions
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var shared: OutputOptions

  func run() throws { try WatchSession(command: self).run() }
}

/// Watches a folder before the user's eyes.
struct WatchSession {
  private let command: WatchCommand

  init(command: WatchCommand) throws {
    self.command = command
    let (output, existing) = (command.destination.output, command.destination.existing)
    // Given again it goes on.
    let goesOn = !existing.force && !existing.nameByTime && (try? Run.open(output))?.record.state.watched != nil
    self.output = goesOn ? output : try existing.place(for: output, of: .run)
  }

  private var subject: WatchCommand.Subject { command.subject }
  private var ending: WatchCommand.Ending { command.ending }
  private let output: String
  private var shared: OutputOptions { command.shared }

  func run() throws {
    try check()
    StandardOutput.becomesExpendable()
    let budget = try ending.maxForgetting.map { try ForgettingBudget($0) }
    let folder = try TrainerFolder(subject.folder)
    let (base, path) = try program()
    let plan = try plan(for: base)
    try command.destination.existing.makeRoom(at: output, keeping: [path, subject.folder])
    var watched = try WatchedRun(plan, base: base, basePath: path, folder: subject.folder)
    let before = watched.count
    do {
      try budget?.check(for: watched.run.record.score(of: plan.source == nil ? "target" : "source") ?? .accuracy)
    } catch {
      if before == 0 { watched.discard() }
      throw error
    }
    let display = EpochDisplay(
      hasSource: plan.source != nil, hasProxy: plan.proxy != nil, isSilent: shared.json, isQuiet: shared.quiet)
    display.open(
      "\(subject.folder) · \(base.program.architecture) · \(NumberText.grouped(base.parameterCount)) parameters · \(plan.device)"
    )
    for record in watched.run.record.epochRecords { display.show(.evaluated(record)) }
    let interruption = Interruption()
    let excess = try follow(folder, &watched, budget, display) { interruption.isRequested }
    interruption.end()
    guard watched.count > 0 else {
      if before == 0 { watched.discard() }
      throw CommandError.missing("\(subject.folder): \(nothingFound(folder))")
    }
    var finished = watched.run
    try finished.measureMoves(on: plan.source ?? plan.proxy ?? plan.target, device: plan.device)
    if shared.json {
      try Console.result(FindingEncoder.encode(finished.finding))
    } else {
      display.close(finished.finding)
    }
    if let budget, let junit = ending.junit, let forgetting = finished.forgetting {
      try budget.writeJUnit(of: forgetting, named: output, by: "watch", to: junit)
    }
    if let excess {
      Console.error(excess)
      throw ExitCode(2)
    }
  }

  private func check() throws {
    if subject.targetHead == .grow {
      throw CommandError.usage("--target-head: expected new or keep, found grow, which is of a training here")
    }
    if ending.stopFile != nil, ending.maxForgetting == nil {
      throw CommandError.usage("--stop-file is written where --max-forgetting is exceeded, which is not given")
    }
    if ending.junit != nil, ending.maxForgetting == nil {
      throw CommandError.usage("--junit needs something to judge by: give --max-forgetting, 0 for any loss")
    }
    for (name, value) in [("--timeout", ending.timeout ?? 1), ("--settle", ending.settle)] where !(value >= 0) {
      throw CommandError.usage("\(name): expected seconds, found \(value)")
    }
    if let until = ending.until, until < 1 { throw CommandError.usage("--until must be at least 1, found \(until)") }
  }

  /// Judges what appears until it is time to end.
  ///
  /// - Returns: why a budget is exceeded; nil where it is not.
  private func follow(
    _ folder: TrainerFolder, _ watched: inout WatchedRun, _ budget: ForgettingBudget?, _ display: EpochDisplay,
    isCancelled: () -> Bool
  ) throws -> String? {
    let copies = "\(FileManager.default.temporaryDirectory.path)/lethe-watch-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: copies) }
    var refused: Set<String> = []
    var lastFound = Date()
    while !isCancelled() {
      for entry in folder.entries() where !watched.knows(entry) && !refused.contains(entry.signature) {
        guard ending.once || entry.isWhole(settledFor: ending.settle), !isCancelled(),
          let copy = try folder.copy(entry, to: copies)
        else { continue }
        do {
          let record = try watched.judge(entry, at: copy, state: subject.state)
          display.show(.evaluated(record))
          if !shared.json { Console.result("        judged: \(entry.name)") }
          try watched.run.writeLogs()
        } catch  where Self.isOfFile(error) {
          refused.insert(entry.signature)
          Console.say("not judged: " + "\(error)".replacing(copy, with: entry.path))
          continue
        }
        lastFound = Date()
        if let reason = watched.run.forgetting.flatMap({ budget?.excess(of: $0) }) {
          try ending.stopFile.map { try writeStopFile($0, reason, entry.name) }
          return reason
        }
        if watched.count == ending.until { return nil }
      }
      if ending.once { return nil }
      if let timeout = ending.timeout, Date().timeIntervalSince(lastFound) > timeout { return nil }
      usleep(250_000)
    }
    return nil
  }

  private static func isOfFile(_ error: any Error) -> Bool {
    error is CheckpointError || error is HDF5Error || error is FileError || error is ProgramError
  }

  private func writeStopFile(_ path: String, _ reason: String, _ checkpoint: String) throws {
    let text = JSONValue.object([
      ("reason", .string(reason)), ("checkpoint", .string(checkpoint)), ("run", .string(output)),
    ])
    try AtomicFile.write(Data((text.serialized(pretty: true) + "\n").utf8), to: path)
  }

  private func nothingFound(_ folder: TrainerFolder) -> String {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    let holds =
      names.isEmpty
      ? "it is empty" : "it holds \(names.prefix(5).joined(separator: ", "))\(names.count > 5 ? ", …" : "")"
    return "no checkpoint of \(subject.program) was judged; \(holds)"
  }

  /// The model before training, and where it stands.
  private func program() throws -> (Checkpoint, String) {
    try command.hardware.operators.admit()
    let path = try WeightsPath(subject.program).path
    let checkpoint: Checkpoint
    switch try WeightsFile.kind(of: path) {
    case .checkpoint: checkpoint = try Checkpoint(contentsOf: path)
    case .exportedProgram:
      checkpoint = try Checkpoint(exportedProgram: path, task: WeightsPath.stem(of: path))
    case let kind:
      throw CommandError.usage(
        "--program: \(path) holds weights (\(kind.rawValue)) without the model they belong to; expected a .pt2 program or a "
          + "checkpoint of lethe import")
    }
    try checkpoint.program.checkOperators()
    try checkpoint.requireTrained(at: path, on: subject.source)
    return (checkpoint, path)
  }

  private func plan(for base: Checkpoint) throws -> TrainingRun {
    let source = try subject.source.map {
      try subject.headClasses.stated(command.reading.load($0, for: base))
    }
    if source == nil {
      try subject.headClasses.refuse(where: "it says of --source, which is not given")
    }
    var plan = TrainingRun(
      options: TrainingOptions(), path: output, target: try command.reading.load(subject.target, for: base),
      source: source, proxy: try subject.sourceProxy.map { try command.reading.load($0, for: base) },
      sourceTask: subject.head, device: try command.hardware.open())
    plan.taskKind = try command.kinds.known()
    plan.targetHead = subject.targetHead
    plan.command = CommandRecord(arguments: CommandLine.arguments)
    return plan
  }
}
