import Analysis
import Checkpoints
import Datasets
import Files
import Findings
import Foundation
import HDF5
import Reports
import Torch
import Training

/// A transfer map before the user's eyes.
struct TransferMapSession {
  let command: TransferCommand
  let path: String
  let checkpoint: Checkpoint
  let targets: [Datasets.Dataset]
  let options: TrainingOptions
  let device: Device
  /// What the networks are judged by.
  let score: Score
  /// Those that share the points to measure; nil of a process by itself.
  let group: ProcessGroup?

  private var isSilent: Bool { command.shared.quiet || command.shared.json }

  func run() throws {
    let plan = TransferMapPlan(
      amounts: try amounts(), seeds: command.seedNumbers,
      leastSteps: command.experiment.leastSteps ?? (command.experiment.quick ? 60 : 200))
    var experiment = TransferMapExperiment(
      base: checkpoint, targets: targets, plan: plan, options: options, path: command.destination.output, device: device
    )
    experiment.taskKind = try command.kinds.known()
    experiment.isShared = group != nil
    try command.claimFolder("transfer map", runCount: experiment.points.count, sharedBy: group)
    let leads = group?.leads ?? true
    if !command.shared.json, leads { try showCost(of: experiment) }
    let interruption = Interruption()
    let progress = TransferProgress(total: experiment.points.count, score: score, isSilent: isSilent)
    var map = try ProcessSession.apart(in: group, interruption) { isCancelled in
      try ProcessSession.naming(in: group) { current in
        try experiment.run(isCancelled: isCancelled) { point, value in
          current = experiment.runPath(point)
          let unit = targets[point.target].train.targets == nil ? "a class" : "examples"
          let amount = point.amount.map { "\($0) \(unit)" } ?? "all examples"
          progress.show(
            "\(targets[point.target].name), \(amount), \(point.strategy.rawValue)", seed: point.seed, value)
        }
      }
    }
    interruption.end()
    guard leads else { return }
    map.putIntoWords()
    let folder = command.destination.output
    let reported = FolderFinding.map(map)
    try reported.write(to: "\(folder)/report.html", from: folder, files: folder)
    let finding = try FindingFile.write(map, in: folder)
    if command.shared.json { return Console.result(finding) }
    reported.show()
    Console.result("report: \(folder)/report.html")
  }

  /// Whether amounts are of each class: every example of every target has one.
  private var isPerClass: Bool { targets.allSatisfy { $0.train.targets == nil } }

  /// Examples of each class, by default from five up, four times as many each time, then all; where examples have no class
  /// each, from twenty up.
  private func amounts() throws -> [Int?] {
    let most = targets.map { TransferMapExperiment.mostPerClass(of: $0.train) }
    guard let text = command.extent.amounts else {
      // An amount is worth its while where all are at least twice as many.
      let limit =
        zip(targets, most).map { target, most in
          let classCount = target.train.targets == nil ? target.classNames.count : 1
          return min(most, options.examples(of: target.train).count / classCount) / 2
        }.max() ?? 0
      let factor = command.experiment.quick ? 10 : 4
      return sequence(first: isPerClass ? 5 : 20) { $0 * factor }.prefix { $0 <= limit }.map { $0 } + [nil]
    }
    let amounts = try text.split(separator: ",").map { item -> Int? in
      if item == "all" { return nil }
      guard let number = Int(item), (2...Bounds.examples).contains(number) else {
        throw CommandError.usage("--amounts: expected numbers from 2 on and all, as 5,50,all, found '\(item)'")
      }
      guard number <= most.max() ?? 0 else {
        throw CommandError.usage(
          isPerClass
            ? "--amounts: \(number) examples of each class, but a class has only \(most.max() ?? 0)"
            : "--amounts: \(number) examples, but there are only \(most.max() ?? 0)")
      }
      return number
    }
    let order = amounts.map { $0 ?? Int.max }
    guard !amounts.isEmpty, zip(order, order.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw CommandError.usage("--amounts must ascend, as 5,50,all, found '\(text)'")
    }
    return amounts
  }

  private func showCost(of experiment: TransferMapExperiment) throws {
    let trained = experiment.points.filter { $0.strategy != .probe }
    let steps = trained.reduce(0) { $0 + experiment.stepCount(target: $1.target, amount: $1.amount) }
    let line =
      "\(path) · \(checkpoint.program.architecture) · \(targets.count) target\(targets.count == 1 ? "" : "s") × up to "
      + "\(experiment.plan.amounts.count) amounts × 3 ways of training · \(trained.count) networks, "
      + "\(NumberText.grouped(steps)) steps"
    guard experiment.remainingCount > 0 else { return Console.result(line + " · all are there · \(device)") }
    Console.result(line + " · about \(NumberText.roughDuration(try experiment.estimatedSeconds())) · \(device)")
  }
}
