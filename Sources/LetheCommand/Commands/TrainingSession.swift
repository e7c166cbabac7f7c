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
  let target: String
  let source: String?
  let proxy: String?
  let sourceHead: String?
  let output: String
  let training: TrainingArguments
  let regularizers: RegularizerOptions
  let reading: DataOptions
  let hardware: DeviceOptions
  let continuation: ContinuationOptions
  let shared: OutputOptions
  /// The command's options as a configuration file.
  let effective: EffectiveOptions

  func run() throws {
    guard !continuation.printConfig else { return effective.show() }
    let isResumed = continuation.resume != nil
    if !isResumed { try requireAbsent(output) }
    let options = try training.options(regularizers)
    let path = try CheckpointPath(base).path
    let checkpoint = try Checkpoint(contentsOf: path)
    let targetData = try reading.load(target, for: checkpoint.program)
    let sourceData = try source.map { try reading.load($0, for: checkpoint.program) }
    let proxyData = try proxy.map { try reading.load($0, for: checkpoint.program) }
    let device = try hardware.open()
    let run = TrainingRun(
      options: options, path: output, target: targetData, source: sourceData, proxy: proxyData,
      sourceTask: try judge(isResumed: isResumed), device: device, configuration: try options.json,
      commandLine: CommandLine.arguments, commandOptions: effective.repeatable.yaml)
    let display = EpochDisplay(
      hasSource: sourceData != nil, hasProxy: proxyData != nil, isSilent: shared.json, isQuiet: shared.quiet)
    display.open(
      "\(path) · \(checkpoint.program.architecture) · \(Show.count(checkpoint.program.parameterCount)) parameters"
        + (sourceData == nil && proxyData == nil ? "" : " · source head kept")
        + " · \(device), \(try Library.threadCount()) threads"
        + " · seed \(options.seed)" + (isResumed ? " · resumed" : ""))
    let interruption = Interruption()
    let watch = { (event: TrainingEvent) in
      display.show(event)
      if case .evaluated = event { try Run.open(output).writeLogs() }
    }
    if isResumed {
      try run.resume(isCancelled: { interruption.isRequested }, onEvent: watch)
    } else {
      try run.run(from: checkpoint, basePath: path, isCancelled: { interruption.isRequested }, onEvent: watch)
    }
    // What follows only reads: every file is whole, and the process can end at any time.
    interruption.end()
    var finished = try Run.open(output)
    try finished.measureDrift()
    if let data = sourceData ?? proxyData { try finished.measureSimilarity(on: data, device: device) }
    if shared.json {
      try Console.result(FindingEncoder.encode(finished.finding))
    } else {
      display.close(finished.finding)
    }
  }

  /// The head that judges the source; of a run that is resumed, the one it began with.
  private func judge(isResumed: Bool) throws -> String? {
    isResumed ? try Run.open(output).record.environment["sourceHead"] : sourceHead
  }
}

/// Whether the user asked to stop: the run then ends after the step, its finished epochs kept.
final class Interruption: Sendable {
  nonisolated(unsafe) private static var requested: sig_atomic_t = 0

  init() {
    // Whoever started this process may have left the signal blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    // A second Ctrl-C ends the process at once.
    signal(SIGINT) { _ in
      Interruption.requested = 1
      signal(SIGINT, SIG_DFL)
    }
  }

  var isRequested: Bool { Self.requested != 0 }

  /// Lets Ctrl-C end the process at once again.
  func end() { signal(SIGINT, SIG_DFL) }
}
