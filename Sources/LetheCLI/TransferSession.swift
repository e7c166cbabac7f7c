import Analysis
import Checkpoints
import Datasets
import Foundation
import HDF5
import Metrics
import Models
import Programs
import Reports
import Torch
import Training

/// A transfer experiment before the user's eyes.
struct TransferSession {
  let command: TransferCommand
  let path: String
  let checkpoint: Checkpoint
  let target: Datasets.Dataset
  let options: TrainingOptions
  let device: Device

  /// Of a deep network, `--quick` takes so many cuts.
  private static let quickCutCount = 6

  private var isSilent: Bool { command.shared.quiet || command.shared.json }

  func run() throws {
    var cuts = try checkpoint.program.transferCuts(after: command.cut.isEmpty ? nil : command.cut)
    if command.quick, command.cut.isEmpty { cuts = cuts.spread(Self.quickCutCount) }
    guard !cuts.isEmpty else { throw CommandError.badInput("\(path): it has no block before its head to cut after") }
    let origin = try source()
    let plan = TransferPlan(
      cuts: cuts, kinds: command.quick ? [.transfer, .transferTuned] : TransferKind.allCases,
      seeds: command.seedNumbers)
    try command.claimFolder()
    let experiment = TransferExperiment(
      base: checkpoint, target: target, source: origin?.data, plan: plan, options: options, path: command.output,
      device: device)
    try showCost(of: experiment)
    let interruption = Interruption()
    let result = try measured(experiment, interruption)
    let advice = result.advice(cuts: plan.cuts)
    let trials = command.noTrials || advice == .startAnew ? [] : try tried(experiment, advice, interruption)
    interruption.end()
    let recommendation = TransferRecommendation(
      advice: advice, result: result, trials: trials, experiment: experiment, command: command, source: origin?.name)
    var report = TransferReport(result, recommendation, plan, experiment, title: command.output)
    if !command.noScores {
      if !isSilent { Console.say("scoring the base network") }
      try report.add(experiment.scores(), result, plan)
    }
    try write(report)
    if command.shared.json { Console.result(json(result, report)) } else { show(report) }
  }

  /// What the base network was trained on, where that is known and at hand.
  private func source() throws -> (name: String, data: Datasets.Dataset)? {
    if let name = command.source { return (name, try command.reading.load(name, for: checkpoint.program)) }
    guard !command.noTrials, let name = RunOrigin.data(ofCheckpoint: path) else { return nil }
    // Only a help: where it cannot be read any more, forgetting is not measured.
    guard let data = try? command.reading.load(name, for: checkpoint.program),
      (try? data.checkHead(data.name, among: checkpoint.heads)) != nil
    else {
      if !isSilent { Console.say("the base's own data (\(name)) are not at hand: what trials forget is not measured") }
      return nil
    }
    return (name, data)
  }

  /// How much there is to do, and how long it takes at most.
  private func showCost(of experiment: TransferExperiment) throws {
    guard !command.shared.json else { return }
    let left = experiment.remainingCount
    let trials = command.noTrials ? 0 : TransferExperiment.trialFactors.count * experiment.plan.seeds.count
    let count = experiment.plan.points.count
    var line =
      "\(path) · \(checkpoint.program.architecture) · \(experiment.plan.cuts.count) cuts · \(count) networks, "
      + "\(count * options.epochCount) epochs of \(Show.count(options.examples(of: target.train).count)) examples"
    if trials > 0 { line += ", then at most \(trials) to try rates" }
    if left < count { line += " · \(count - left) are there" }
    if left > 0 {
      line += " · at most about \(Show.duration(try experiment.estimatedSeconds(trialCount: trials)))"
    }
    Console.result(line + " · \(device)")
  }

  private func measured(_ experiment: TransferExperiment, _ interruption: Interruption) throws -> TransferResult {
    let progress = TransferProgress(total: experiment.plan.points.count, isSilent: isSilent)
    return try experiment.run(
      isCancelled: { interruption.isRequested },
      onPoint: { progress.show($0.title, seed: $0.seed, $1) })
  }

  private func tried(
    _ experiment: TransferExperiment, _ advice: TransferAdvice, _ interruption: Interruption
  ) throws -> [TransferTrial] {
    let factors = experiment.trialFactors(freezing: advice.frozen)
    let progress = TransferProgress(total: factors.count * experiment.plan.seeds.count, isSilent: isSilent)
    let frozen = advice.frozen.map { "frozen up to \($0.name)" } ?? "nothing frozen"
    return try experiment.trials(
      freezing: advice.frozen, isCancelled: { interruption.isRequested },
      onTrial: { progress.show("fine-tuning, \(frozen), rate × \($0)", seed: $1, $2) })
  }

  private func write(_ report: TransferReport) throws {
    try AtomicFile.write(Data(report.html().utf8), to: "\(command.output)/report.html")
    try AtomicFile.write(Data(report.csv().utf8), to: "\(command.output)/transfer.csv")
    try AtomicFile.write(Data(report.chart().svg().utf8), to: "\(command.output)/transfer.svg")
  }

  private func show(_ report: TransferReport) {
    Console.result("")
    Console.table(report.table())
    if !report.scores.isEmpty {
      Console.result("\nWhat cheaper scores would have said")
      Console.table(report.scoreTable())
      for line in report.scoreNotes { Console.result(line) }
    }
    if !report.trials.isEmpty {
      Console.result("")
      Console.table(report.trialTable())
    }
    Console.result("")
    for finding in report.findings { Console.result(finding) }
    Console.result(report.recommendation)
    if let text = report.command { Console.result("next: \(text)") }
    Console.result("report: \(command.output)/report.html")
  }

  private func json(_ result: TransferResult, _ report: TransferReport) -> JSONValue {
    func accuracy(_ values: [Double]) -> [(String, JSONValue)] {
      let mean = MeanInterval(values)
      return [
        ("accuracy", .double(mean.mean)), ("low", .double(mean.low)), ("high", .double(mean.high)),
        ("values", .array(values.map { .double($0) })),
      ]
    }
    return [
      "protocol": .string(report.protocolText), "layers": .array(report.cuts.map { .string($0.name) }),
      "base": .object(accuracy(result.base)),
      "curves": .array(
        result.curves.map { curve in
          [
            "name": .string(curve.kind.rawValue),
            "points": .array(
              curve.points.map { .object([("copiedLayers", .int($0.copied))] + accuracy($0.values)) }),
          ]
        }),
      "scores": .array(
        report.scores.map { score in
          [
            "name": .string(score.name), "values": .array(score.values.map { .double($0) }),
            "rankCorrelation": ["AnB": .double(score.frozenCorrelation), "AnB+": .double(score.tunedCorrelation)],
          ]
        }),
      "networkScores": .object(report.wholeScores.map { ($0.name, .double($0.value)) }),
      "trials": .array(
        report.trials.enumerated().map { index, trial in
          .object(
            [("rate", .string(trial.rate)), ("isRecommended", .bool(index == report.choice))]
              + accuracy(trial.target.values)
              + [("forgetting", .double(trial.forgetting?.mean ?? .nan))])
        }),
      "findings": .array(report.findings.map { .string($0) }), "recommendation": .string(report.recommendation),
      "command": report.command.map { .string($0) } ?? .null,
    ]
  }
}

/// What is known of where a checkpoint comes from.
enum RunOrigin {
  /// The data that a run's checkpoint was last trained on, as the user gave them; nil where it is in no run's folder.
  static func data(ofCheckpoint path: String) -> String? {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent().path
    guard let run = try? Run.open(folder),
      let options = try? ConfigurationFile(yaml: run.record.commandOptions, origin: folder)
    else { return nil }
    return options.value(of: "data") ?? options.value(of: "target")
  }
}
