import Analysis
import Checkpoints
import Datasets
import Evaluation
import Files
import Findings
import Foundation
import HDF5
import Metrics
import Models
import Reports
import Torch
import Training

/// Trains a sequence of tasks before the user's eyes.
struct SequenceSession {
  let command: FinetuneCommand
  /// Those that train together; nil of one by itself.
  let processes: ProcessGroup?

  func run() throws {
    let effective = EffectiveOptions(of: command)
    guard !command.continuation.printConfig else { return effective.show() }
    StandardOutput.becomesExpendable()
    let output = try command.destination.place(command.continuation)
    let leads = processes?.leads ?? true
    var lock = try (leads ? command.continuation.resume : nil).map { _ in try RunLock.acquire(output) }
    let resumed = try command.continuation.resume.map { _ in try Run.open(output) }
    let path = try resumed?.path ?? CheckpointPath(command.tasks.base).path
    let options =
      try resumed?.options(resumedBy: command.training, command.regularizers)
      ?? command.training.options(command.regularizers)
    let checkpoint = try resumed.map { try TaskSequence.start(of: $0) } ?? command.hardware.runnable(path)
    let tasks = try command.tasks.task.map { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let known = resumed?.record.data.tasks.first { $0.name == parts[0] }
      guard parts.count == 2, !parts[0].isEmpty, known != nil || !parts[1].isEmpty, !parts[0].contains("/") else {
        throw CommandError.usage("--task: expected NAME=DATA, found '\(text)'")
      }
      if let known {
        return (name: parts[0], data: try command.reading.load(known.data, unless: parts[1], for: checkpoint))
      }
      return (name: parts[0], data: try command.reading.load(parts[1], for: checkpoint))
    }
    let device = try command.hardware.open()
    var sequence = try TaskSequence(
      options: options, path: output, tasks: tasks, sharesHead: command.tasks.sharedHead, device: device)
    sequence.growsHead = command.tasks.targetHead == .grow || resumed?.record.growsHead == true
    sequence.taskKind = try command.kinds.known()
    sequence.processes = processes
    sequence = try resumed == nil ? sequence.check(checkpoint) : sequence.settled(for: checkpoint)
    sequence.command = CommandRecord(arguments: CommandLine.arguments, options: effective.repeatable.yaml)
    if resumed == nil, leads { try command.destination.existing.makeRoom(at: output, keeping: [path]) }
    if let resumed { Console.say(movedTo: .present(device), resumed) }
    let isSilent = command.shared.json
    if !isSilent {
      Console.result(
        "\(path) · \(checkpoint.program.architecture) · \(tasks.count) tasks, "
          + (sequence.growsHead ? "one head that grows" : sequence.sharesHead ? "one head" : "a head each")
          + " · \(device), \(try Library.threadCount()) threads"
          + (processes.map { " in each of \($0.count) processes" } ?? "")
          + " · seed \(options.seed)" + (resumed == nil ? "" : " · resumed"))
      let headlines = sequence.kinds.compactMap(\.headline)
      for (place, headline) in headlines.enumerated() where !headlines.prefix(place).contains(headline) {
        Console.result(headline)
      }
    }
    let interruption = Interruption()
    var display: EpochDisplay?
    try resumable(output) {
      try sequence.run(
        from: checkpoint, basePath: resumed?.record.data.base?.path ?? path, isCancelled: { interruption.isRequested },
        onTask: { number, _ in
          display = EpochDisplay(
            hasSource: number > 0, hasProxy: false, isSilent: isSilent, isQuiet: command.shared.quiet)
          if !isSilent {
            Console.paragraph("task \(tasks[number].name) (source: \(number > 0 ? tasks[number - 1].name : "none"))")
          }
        }, onEvent: { display?.show($0) })
    }
    interruption.end()
    guard leads else { return }
    if lock == nil { lock = try RunLock.acquire(output) }
    defer { withExtendedLifetime(lock) {} }
    try Self.finish(
      Run.open(output), compatibility: command.tasks.compat, isJSON: isSilent, page: nil,
      files: output)
  }

  /// Writes a sequence's report and shows its measures.
  ///
  /// - Parameters:
  ///   - page: nil for the run's own.
  ///   - files: a folder for the chart and the numbers; nil for none.
  static func finish(
    _ run: Run, compatibility: AccuracyMatrix.Compatibility, isJSON: Bool, page: String?, files: String?,
    plots: [PlotFormat] = []
  ) throws {
    guard let result = SequenceResult(run)?.defined(by: compatibility) else { return }
    let title = URL(fileURLWithPath: run.path).lastPathComponent
    let page = page ?? "\(run.path)/report.html"
    let folder = PageFolder(of: page)
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "\(run.path)/tasks")) ?? []
    let links = tasks.sorted().map { name in
      PageLink("report of \(name)", path: folder.relative(to: "\(run.path)/tasks/\(name)/report.html"))
    }
    try AtomicFile.write(
      Data(result.html(title: title, links: folder.existing(links, besides: page)).utf8), to: page)
    if let files {
      _ = try FindingFile.write(
        [
          ("accuracy-matrix.csv", result.csv()), ("accuracy-matrix.svg", result.chart(title: title).svg()),
        ], to: files, plots: plots)
    }
    if isJSON { return Console.result(try FindingEncoder.encode(result)) }
    Console.result("")
    Console.table(result.table())
    Console.result("")
    Console.table(result.measures())
    Console.result("")
    Console.result(result.verdict(of: title))
    Console.result("report: \(page)")
  }
}
