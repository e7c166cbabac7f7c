import Analysis
import Checkpoints
import Datasets
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

  func run() throws {
    let training = command.training
    let effective = EffectiveOptions(of: command)
    guard !training.printConfig else { return effective.show() }
    let isResumed = training.resume != nil
    if !isResumed { try requireAbsent(command.output) }
    let options = try training.options()
    let path = try CheckpointPath(command.base).path
    let checkpoint = try Checkpoint(contentsOf: path)
    let tasks = try command.task.map { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, !parts[0].contains("/") else {
        throw CommandError.usage("--task: expected NAME=DATA, found '\(text)'")
      }
      return (name: parts[0], data: try command.reading.load(parts[1], for: checkpoint.program))
    }
    let device = try command.hardware.open()
    let sequence = try TaskSequence(
      options: options, path: command.output, tasks: tasks, sharesHead: command.sharedHead, device: device,
      configuration: options.json,
      commandLine: CommandLine.arguments, commandOptions: effective.yaml)
    let isSilent = command.shared.json
    if !isSilent {
      Console.result(
        "\(path) · \(checkpoint.program.architecture) · \(tasks.count) tasks, "
          + (command.sharedHead ? "one head" : "a head each") + " · \(device), \(try Library.threadCount()) threads"
          + " · seed \(options.seed)" + (isResumed ? " · resumed" : ""))
    }
    let interruption = Interruption()
    var display: EpochDisplay?
    try sequence.run(
      from: checkpoint, basePath: path, isCancelled: { interruption.isRequested },
      onTask: { number, _ in
        display = EpochDisplay(
          hasSource: number > 0, hasProxy: false, isSilent: isSilent, isQuiet: command.shared.quiet)
        if !isSilent {
          Console.result("\ntask \(tasks[number].name) (source: \(number > 0 ? tasks[number - 1].name : "none"))")
        }
      }, onEvent: { display?.show($0) })
    interruption.end()
    try Self.finish(Run.open(command.output), compatibility: command.compat, isJSON: isSilent, page: nil)
  }

  /// Writes a sequence's report and shows its measures.
  static func finish(_ run: Run, compatibility: AccuracyMatrix.Compatibility, isJSON: Bool, page: String?) throws {
    guard let result = SequenceResult(run)?.defined(by: compatibility) else { return }
    let title = URL(fileURLWithPath: run.path).lastPathComponent
    let page = page ?? "\(run.path)/report.html"
    let folder = (page as NSString).deletingLastPathComponent
    try AtomicFile.write(Data(result.html(title: title).utf8), to: page)
    try AtomicFile.write(Data(result.csv().utf8), to: "\(folder.isEmpty ? "." : folder)/accuracy-matrix.csv")
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
