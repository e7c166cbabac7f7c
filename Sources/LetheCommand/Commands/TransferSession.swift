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
  /// What the networks are judged by.
  private let score: Score
  /// Those that share the networks to train; nil of a process by itself.
  private let group: ProcessGroup?

  /// Of a deep network, `--quick` takes so many cuts.
  private static let quickCutCount = 6

  private var isSilent: Bool { command.shared.quiet || command.shared.json }

  init(
    command: TransferCommand, path: String, checkpoint: Checkpoint, target: Datasets.Dataset, named targetName: String,
    source: (name: String, data: Datasets.Dataset)?, options: TrainingOptions, device: Device,
    group: ProcessGroup?, folder: String
  ) throws {
    self.command = command
    self.path = path
    self.targetName = targetName
    self.folder = folder
    self.group = group
    var cuts = try checkpoint.program.transferCuts(after: command.extent.cut.isEmpty ? nil : command.extent.cut)
    if command.experiment.quick, command.extent.cut.isEmpty { cuts = cuts.spread(Self.quickCutCount) }
    let tied = cuts.filter { !checkpoint.canFreeze($0) }.map(\.name)
    if let name = tied.first {
      let reason = "the head is tied to layers before the cut after \(name): with them frozen nothing is left to train"
      guard command.extent.cut.isEmpty else { throw CommandError.usage("--cut: \(reason)") }
      if !command.shared.quiet, !command.shared.json { Console.say(Self.leftOutNote(reason)) }
      cuts.removeAll { tied.contains($0.name) }
    }
    guard !cuts.isEmpty else { throw CommandError.badInput("\(path): it has no block before its head to cut after") }
    self.source = source?.name
    var experiment = TransferExperiment(
      base: checkpoint, target: target, source: source?.data,
      plan: TransferPlan(
        cuts: cuts, kinds: command.experiment.quick ? [.transfer, .transferTuned] : TransferKind.allCases,
        seeds: command.seedNumbers), options: options, path: folder, device: device)
    experiment.taskKind = try command.kinds.known()
    experiment.isShared = group != nil
    score = try experiment.kind().score
    self.experiment = experiment
  }

  static func leftOutNote(_ reason: String) -> String { "\(reason), that cut is left out" }

  /// Trains what is not trained yet, and writes the page.
  ///
  /// - Returns: nil of a process that trains for another one, which writes.
  func run() throws -> TransferResult? {
    let interruption = Interruption()
    var result = try ProcessSession.apart(in: group, interruption) { isCancelled in
      var result = try measured(isCancelled)
      if !command.extent.noTrials, result.advice.action != .startAnew {
        result.add(try tried(result.advice, isCancelled))
      }
      return result
    }
    interruption.end()
    guard group?.leads ?? true else { return nil }
    result.command =
      TransferRecommendation(
        result: result, experiment: experiment, command: command, target: targetName, source: source
      ).commandLine
    if !command.extent.noScores {
      if !isSilent { Console.say("scoring the base network") }
      let scores = try experiment.scores()
      result.add(scores.byCut, ofNetwork: scores.ofNetwork)
    }
    result.putIntoWords()
    try write(result)
    return result
  }

  /// Networks that are trained to be compared.
  var networkCount: Int { experiment.plan.points.count }
  /// Trials of what they recommend, at most.
  var trialCount: Int {
    command.extent.noTrials ? 0 : TransferExperiment.trialFactors.count * experiment.plan.seeds.count
  }

  /// How much there is to do, and how long it takes at most.
  func showCost() throws {
    let options = experiment.options
    let left = experiment.remainingCount
    let (count, trials) = (networkCount, trialCount)
    var line =
      "\(path) · \(experiment.base.program.architecture) · \(experiment.target.name) · \(NumberText.plural(experiment.plan.cuts.count, "cut"))"
      + " · \(NumberText.plural(count, "network")), \(NumberText.plural(count * options.epochCount, "epoch")) of "
      + "\(NumberText.grouped(experiment.trainedCount)) examples"
    if trials > 0 { line += ", then at most \(trials) to try rates" }
    if left < count { line += " · \(count - left) are there" }
    if left > 0 {
      line += " · at most about \(NumberText.roughDuration(try experiment.estimatedSeconds(trialCount: trials)))"
    }
    Console.result(line + " · \(experiment.device)")
  }

  private func measured(_ isCancelled: () -> Bool) throws -> TransferResult {
    let progress = TransferProgress(total: experiment.plan.points.count, score: score, isSilent: isSilent)
    return try ProcessSession.naming(in: group) { current in
      try experiment.run(isCancelled: isCancelled) { point, found in
        current = experiment.runPath(point)
        progress.show(point.title, seed: point.seed, found)
      }
    }
  }

  private func tried(_ advice: TransferAdvice, _ isCancelled: () -> Bool) throws -> [TransferTrial] {
    let cut = experiment.plan.cut(advice.frozen)
    let factors = experiment.trialFactors(freezing: cut)
    let progress = TransferProgress(
      total: factors.count * experiment.plan.seeds.count, score: score, isSilent: isSilent)
    let frozen = advice.frozen.map { "frozen up to \($0.name)" } ?? "nothing frozen"
    return try ProcessSession.naming(in: group) { current in
      try experiment.trials(freezing: cut, isCancelled: isCancelled) { factor, seed, found in
        current = experiment.trialPath(freezing: cut, factor: factor, seed: seed)
        progress.show("fine-tuning, \(frozen), rate × \(factor)", seed: seed, found)
      }
    }
  }

  private func write(_ result: TransferResult) throws {
    try FolderFinding.transfer(result).write(to: "\(folder)/report.html", from: folder, files: folder)
    try FindingFile.write(result, in: folder)
  }

  func show(_ result: TransferResult) {
    FolderFinding.transfer(result).show()
    Console.result("report: \(folder)/report.html")
  }
}
