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
  let reading: DataOptions
  let hardware: DeviceOptions
  let shared: OutputOptions
  /// The command's options as a configuration file.
  let effective: EffectiveOptions

  func run() throws {
    guard !training.printConfig else { return effective.show() }
    let isResumed = training.resume != nil
    if !isResumed { try requireAbsent(output) }
    let options = try training.options()
    let path = try CheckpointPath(base).path
    let checkpoint = try Checkpoint(contentsOf: path)
    let targetData = try reading.load(target, for: checkpoint.program)
    let sourceData = try source.map { try reading.load($0, for: checkpoint.program) }
    let proxyData = try proxy.map { try reading.load($0, for: checkpoint.program) }
    let device = try hardware.open()
    let run = TrainingRun(
      options: options, path: output, target: targetData, source: sourceData, proxy: proxyData,
      sourceTask: try judge(isResumed: isResumed), device: device, configuration: try options.json,
      commandLine: CommandLine.arguments, commandOptions: effective.yaml)
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
      if case .evaluated = event { try RunLogs(Run.open(output)).write() }
    }
    let history =
      isResumed
      ? try run.resume(isCancelled: { interruption.isRequested }, onEvent: watch)
      : try run.run(from: checkpoint, basePath: path, isCancelled: { interruption.isRequested }, onEvent: watch)
    // What follows only reads: every file is whole, and the process can end at any time.
    interruption.end()
    var finished = try Run.open(output)
    try finished.storeDrift()
    if let data = sourceData ?? proxyData { try storeSimilarity(in: &finished, on: data, device: device) }
    let summary = finished.summary()
    if shared.json {
      Console.result(json(history, summary))
    } else {
      display.close(summary, run: output)
    }
  }

  /// The head that judges the source; of a run that is resumed, the one it began with.
  private func judge(isResumed: Bool) throws -> String? {
    isResumed ? try Run.open(output).record.environment["sourceHead"] : sourceHead
  }

  private func storeSimilarity(in run: inout Run, on source: Dataset, device: Device) throws {
    guard case let last = run.chosenEpoch, last > 0 else { return }
    let before = try Model(Checkpoint(contentsOf: run.checkpointPath(epoch: 0)), device: device)
    let after = try Model(Checkpoint(contentsOf: run.checkpointPath(epoch: last)), device: device)
    try activateSameHead(of: before, after, preferring: source.name)
    let layers = before.comparableLayers
    let matrix = try CKAMatrix(
      comparing: before, with: after, on: source.test, dataset: source.name, layersA: layers, layersB: layers)
    try run.store(matrix, dataset: source.name)
  }

  private func json(_ history: [EpochRecord], _ summary: RunSummary) -> JSONValue {
    func task(_ evaluation: EvaluationResult?) -> JSONValue {
      guard let evaluation else { return .null }
      return ["accuracy": .double(evaluation.accuracy), "loss": .double(evaluation.loss)]
    }
    let epochs = history.map { record -> JSONValue in
      [
        "proxy": record.proxy.map {
          ["agreement": .double($0.agreement), "divergence": .double($0.divergence), "count": .int($0.count)]
        } ?? .null,
        "epoch": .int(record.epoch), "learningRate": .double(record.learningRate),
        "unfrozen": .array(record.newBlocks.map { .string($0) }), "source": task(record.source),
        "target": task(record.target),
        "trainingLoss": .double(record.trainingLoss), "penalty": .double(record.penalty),
        "seconds": .double(record.seconds),
        "regularizers": .array(
          record.doses.map { dose in
            [
              "name": .string(dose.name), "penalty": .double(dose.penalty), "lossShare": .double(dose.lossShare),
              "gradientRatio": .double(dose.gradientRatio), "pulledBack": .double(dose.pulledBack),
            ]
          }),
      ]
    }
    var fields: [(String, JSONValue)] = [("run", .string(output)), ("epochs", .array(epochs))]
    if let best = summary.bestEpoch {
      fields.append(
        ("best", ["epoch": .int(best.epoch), "rule": .string(best.rule), "keepsBounds": .bool(best.keepsBounds)]))
    }
    if let forgetting = summary.forgetting {
      fields.append(
        (
          "forgetting",
          [
            "final": .double(forgetting.final), "low": .double(forgetting.low), "high": .double(forgetting.high),
            "maxMinusFinal": .double(forgetting.maxMinusFinal), "worst": .double(forgetting.worst),
            "relative": .double(forgetting.relative), "area": .double(forgetting.area),
            "pairedPValue": .double(forgetting.pValue), "lost": .int(forgetting.lost),
            "gained": .int(forgetting.gained), "sourceCount": .int(forgetting.sourceCount),
          ]
        ))
    }
    return .object(fields)
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
