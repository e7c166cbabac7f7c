import Analysis
import Checkpoints
import Datasets
import Files
import Findings
import Foundation
import HDF5
import Metrics
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

  private var isSilent: Bool { command.shared.quiet || command.shared.json }

  func run() throws {
    let plan = TransferMapPlan(
      amounts: try amounts(), seeds: command.seedNumbers,
      leastSteps: command.experiment.leastSteps ?? (command.experiment.quick ? 60 : 200))
    try command.claimFolder()
    let experiment = TransferMapExperiment(
      base: checkpoint, targets: targets, plan: plan, options: options, path: command.destination.output, device: device
    )
    if !command.shared.json { try showCost(of: experiment) }
    let interruption = Interruption()
    let progress = TransferProgress(total: experiment.points.count, isSilent: isSilent)
    let map = try experiment.run(
      isCancelled: { interruption.isRequested },
      onPoint: { point, accuracy in
        let amount = point.amount.map { "\($0) a class" } ?? "all examples"
        progress.show(
          "\(targets[point.target].name), \(amount), \(point.strategy.rawValue)", seed: point.seed, accuracy)
      })
    interruption.end()
    let report = TransferMapReport(map, plan, options, title: command.destination.output)
    try AtomicFile.write(Data(report.html().utf8), to: "\(command.destination.output)/report.html")
    try AtomicFile.write(Data(report.csv().utf8), to: "\(command.destination.output)/map.csv")
    try AtomicFile.write(Data(report.map().svg().utf8), to: "\(command.destination.output)/map.svg")
    if command.shared.json {
      Console.result(json(map, report))
    } else {
      for row in report.rows {
        Console.result("\n\(row.target)")
        Console.table(report.table(row))
      }
      Console.result("")
      if let cases = report.caseTable() {
        Console.table(cases)
        Console.result("")
      }
      for finding in report.findings { Console.result(finding) }
      Console.result("report: \(command.destination.output)/report.html")
    }
  }

  /// Examples of each class, by default from five up, four times as many each time, then all.
  private func amounts() throws -> [Int?] {
    let most = targets.map { TransferMapExperiment.mostPerClass(of: $0.train) }
    guard let text = command.extent.amounts else {
      // An amount is worth its while where all are at least twice as many.
      let limit =
        zip(targets, most).map { target, most in
          min(most, options.examples(of: target.train).count / target.classNames.count) / 2
        }.max() ?? 0
      let factor = command.experiment.quick ? 10 : 4
      return sequence(first: 5) { $0 * factor }.prefix { $0 <= limit }.map { $0 } + [nil]
    }
    let amounts = try text.split(separator: ",").map { item -> Int? in
      if item == "all" { return nil }
      guard let number = Int(item), number >= 2 else {
        throw CommandError.usage("--amounts: expected numbers from 2 on and all, as 5,50,all, found '\(item)'")
      }
      guard number <= most.max() ?? 0 else {
        throw CommandError.usage("--amounts: \(number) examples of each class, but a class has only \(most.max() ?? 0)")
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
      + "\(Show.count(steps)) steps"
    guard experiment.remainingCount > 0 else { return Console.result(line + " · all are there · \(device)") }
    Console.result(line + " · about \(Show.duration(try experiment.estimatedSeconds())) · \(device)")
  }

  private func json(_ map: TransferMap, _ report: TransferMapReport) -> JSONValue {
    [
      "protocol": .string(report.protocolText),
      "targets": .array(
        map.rows.map { row in
          [
            "target": .string(row.target), "dissimilarity": .double(row.dissimilarity),
            "amounts": .array(
              row.cells.map { cell in
                .object(
                  [
                    ("perClass", cell.amount.map { .int($0) } ?? .null), ("examples", .int(cell.exampleCount)),
                    ("winner", cell.winner.map { .string($0.rawValue) } ?? .null),
                    (
                      "strategies",
                      .array(
                        TransferStrategy.allCases.compactMap { strategy in
                          guard let values = cell.values[strategy], !values.isEmpty else { return nil }
                          return .object([("name", .string(strategy.rawValue))] + MeanValue(of: values).fields)
                        })
                    ),
                  ])
              }),
          ]
        }),
      "cases": .array(
        map.cases.map { item in
          [
            "data": .string(item.isSmall ? "little" : "much"), "target": .string(item.target),
            "winner": item.cell.winner.map { .string($0.rawValue) } ?? .null,
          ]
        }),
      "findings": .array(report.findings.map { .string($0) }),
    ]
  }
}

extension TransferMapReport {
  fileprivate init(_ map: TransferMap, _ plan: TransferMapPlan, _ options: TrainingOptions, title: String) {
    self.init(
      title: URL(fileURLWithPath: title).lastPathComponent, strategies: TransferStrategy.allCases.map(\.rawValue),
      amounts: plan.amounts.map { $0.map { "\($0)" } ?? "all" },
      rows: map.rowsBySimilarity.map { row in
        Row(
          target: row.target,
          cells: row.cells.map { cell in
            Cell(
              exampleCount: cell.exampleCount,
              values: TransferStrategy.allCases.map { strategy in
                cell.values[strategy].flatMap { $0.isEmpty ? nil : MeanValue(of: $0) }
              }, winner: cell.winner.flatMap { TransferStrategy.allCases.firstIndex(of: $0) })
          }, dissimilarity: row.dissimilarity)
      },
      protocolText: "\(options.epochCount) epochs but at least \(plan.leastSteps) steps, learning rate "
        + "\(options.learningRate), the same for all; "
        + Show.seeds(plan.seeds.count))
  }
}
