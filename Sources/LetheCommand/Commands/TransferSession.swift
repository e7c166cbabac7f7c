import Analysis
import Checkpoints
import Datasets
import Files
import Findings
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
  private let command: TransferCommand
  private let path: String
  /// The target as the user gave it.
  private let targetName: String
  private let source: String?
  /// Where the runs, the page and its files stand.
  let folder: String
  private let experiment: TransferExperiment

  /// Of a deep network, `--quick` takes so many cuts.
  private static let quickCutCount = 6

  private var isSilent: Bool { command.shared.quiet || command.shared.json }

  init(
    command: TransferCommand, path: String, checkpoint: Checkpoint, target: Datasets.Dataset, named targetName: String,
    source: (name: String, data: Datasets.Dataset)?, options: TrainingOptions, device: Device, folder: String
  ) throws {
    self.command = command
    self.path = path
    self.targetName = targetName
    self.folder = folder
    var cuts = try checkpoint.program.transferCuts(after: command.extent.cut.isEmpty ? nil : command.extent.cut)
    if command.experiment.quick, command.extent.cut.isEmpty { cuts = cuts.spread(Self.quickCutCount) }
    guard !cuts.isEmpty else { throw CommandError.badInput("\(path): it has no block before its head to cut after") }
    self.source = source?.name
    experiment = TransferExperiment(
      base: checkpoint, target: target, source: source?.data,
      plan: TransferPlan(
        cuts: cuts, kinds: command.experiment.quick ? [.transfer, .transferTuned] : TransferKind.allCases,
        seeds: command.seedNumbers), options: options, path: folder, device: device)
  }

  /// What an experiment came to.
  struct Outcome {
    let result: TransferResult
    let report: TransferReport
  }

  /// Trains what is not trained yet, and writes the page.
  func run() throws -> Outcome {
    let plan = experiment.plan
    let interruption = Interruption()
    let result = try measured(interruption)
    let advice = result.advice(cuts: plan.cuts)
    let trials = command.extent.noTrials || advice == .startAnew ? [] : try tried(advice, interruption)
    interruption.end()
    let recommendation = TransferRecommendation(
      advice: advice, result: result, trials: trials, experiment: experiment, command: command, target: targetName,
      source: source)
    var report = TransferReport(result, recommendation, plan, experiment, title: folder)
    if !command.extent.noScores {
      if !isSilent { Console.say("scoring the base network") }
      try report.add(experiment.scores(), result, plan)
    }
    try write(report)
    return Outcome(result: result, report: report)
  }

  /// How much there is to do, and how long it takes at most.
  func showCost() throws {
    let options = experiment.options
    let left = experiment.remainingCount
    let trials = command.extent.noTrials ? 0 : TransferExperiment.trialFactors.count * experiment.plan.seeds.count
    let count = experiment.plan.points.count
    var line =
      "\(path) · \(experiment.base.program.architecture) · \(experiment.target.name) · \(experiment.plan.cuts.count) cuts"
      + " · \(count) networks, \(count * options.epochCount) epochs of "
      + "\(Show.count(options.examples(of: experiment.target.train).count)) examples"
    if trials > 0 { line += ", then at most \(trials) to try rates" }
    if left < count { line += " · \(count - left) are there" }
    if left > 0 {
      line += " · at most about \(Show.duration(try experiment.estimatedSeconds(trialCount: trials)))"
    }
    Console.result(line + " · \(experiment.device)")
  }

  private func measured(_ interruption: Interruption) throws -> TransferResult {
    let progress = TransferProgress(total: experiment.plan.points.count, isSilent: isSilent)
    return try experiment.run(
      isCancelled: { interruption.isRequested },
      onPoint: { progress.show($0.title, seed: $0.seed, $1) })
  }

  private func tried(_ advice: TransferAdvice, _ interruption: Interruption) throws -> [TransferTrial] {
    let factors = experiment.trialFactors(freezing: advice.frozen)
    let progress = TransferProgress(total: factors.count * experiment.plan.seeds.count, isSilent: isSilent)
    let frozen = advice.frozen.map { "frozen up to \($0.name)" } ?? "nothing frozen"
    return try experiment.trials(
      freezing: advice.frozen, isCancelled: { interruption.isRequested },
      onTrial: { progress.show("fine-tuning, \(frozen), rate × \($0)", seed: $1, $2) })
  }

  private func write(_ report: TransferReport) throws {
    try AtomicFile.write(Data(report.html().utf8), to: "\(folder)/report.html")
    try AtomicFile.write(Data(report.csv().utf8), to: "\(folder)/transfer.csv")
    try AtomicFile.write(Data(report.chart().svg().utf8), to: "\(folder)/transfer.svg")
  }

  func show(_ report: TransferReport) {
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
    Console.result("report: \(folder)/report.html")
  }

  func json(_ outcome: Outcome) -> JSONValue {
    let (result, report) = (outcome.result, outcome.report)
    return [
      "target": .string(report.target), "protocol": .string(report.protocolText),
      "layers": .array(report.cuts.map { .string($0.name) }),
      "base": .object(MeanValue(of: result.base).fields),
      "curves": .array(
        result.curves.map { curve in
          [
            "name": .string(curve.kind.rawValue),
            "points": .array(
              curve.points.map { .object([("copiedLayers", .int($0.copied))] + MeanValue(of: $0.values).fields) }),
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
              + trial.target.fields
              + [("forgetting", .double(trial.forgetting?.mean ?? .nan))])
        }),
      "findings": .array(report.findings.map { .string($0) }), "recommendation": .string(report.recommendation),
      "command": report.command.map { .string($0) } ?? .null,
    ]
  }
}
