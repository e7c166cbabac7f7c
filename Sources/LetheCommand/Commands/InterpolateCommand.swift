import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Files
import Foundation
import HDF5
import Models
import Reports
import Torch
import Training

struct InterpolateCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "interpolate",
    abstract: "Source and target accuracy along the line between two checkpoints (WiSE-FT).",
    discussion: """
      At λ all floating tensors are (1 − λ) × before + λ × after, heads included where both checkpoints have them; \
      integer buffers are those of the nearer end. Choose λ on other data than you report on.
      """)

  @Argument(help: "The checkpoint before, or a run: its epoch 0 is then one end and its last epoch the other.")
  var before: String

  @Argument(help: "The checkpoint after, or a run (its last epoch).")
  var after: String?

  @Option(help: "The task that the model came from: accuracy on its test examples, with its head.")
  var source: String?

  @Option(help: "The task that it was fine-tuned for: likewise.")
  var target: String?

  @Option(help: "Equally spaced values of λ, both ends included.")
  var points = 11

  @Option(name: .customLong("lambda"), help: "One λ, 0 to 1, in place of the whole line; the one that -o writes.")
  var share: Double?

  @Flag(help: "Leave every head as it is after, rather than interpolate the heads that both have.")
  var keepHeads = false

  @Option(help: "source or target: measure running statistics anew at each λ, on that task's training inputs.")
  var reestimate: Task?

  struct Destination: PlaceOptions {
    @Option(name: .shortAndLong, help: "Write the checkpoint at --lambda here.")
    var output: String?

    @Option(help: "Write a chart of both tasks' accuracies along the line here, SVG.")
    var chart: String?
  }

  @OptionGroup var destination: Destination
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var shared: OutputOptions

  enum Task: String, ExpressibleByArgument, CaseIterable { case source, target }

  private var output: String? { destination.output }
  private var chart: String? { destination.chart }

  func run() throws {
    try checkOptions()
    if let output { try requireAbsent(output) }
    let pair = try CheckpointPair(before, after)
    let line = try Interpolation(
      before: Checkpoint(contentsOf: pair.before), after: Checkpoint(contentsOf: pair.after), keepsHeads: keepHeads)
    let tasks = try [("source", source), ("target", target)].compactMap { role, data in
      try data.map { try Judged(role: role, data: reading.load($0, for: line.after.program), in: line) }
    }
    let device = try hardware.open()
    let shares = share.map { [$0] } ?? (0..<points).map { Double($0) / Double(points - 1) }
    var rows: [(share: Double, results: [EvaluationResult])] = []
    let progress = ProgressReporter(title: "λ", total: shares.count, isQuiet: shared.quiet || shared.json)
    for share in shares {
      let model = try Model(line.checkpoint(at: share), device: device)
      if let reestimate, let judged = tasks.first(where: { $0.role == reestimate.rawValue }) {
        try model.reestimateNormalization(on: judged.data.train, dataset: judged.data.name)
      }
      rows.append((share, try tasks.map { try $0.evaluation(of: model) }))
      if let output { try model.checkpoint(epoch: line.after.epoch).write(to: output) }
      progress.update(completed: rows.count, note: "")
    }
    progress.finish(keepsLine: false)
    if let chart { try AtomicFile.write(Data(picture(rows, tasks).svg().utf8), to: chart) }
    show(rows, tasks, pair)
  }

  private func checkOptions() throws {
    guard points >= 2 else { throw CommandError.usage("--points must be at least 2, found \(points)") }
    if let share, !(0...1).contains(share) { throw CommandError.usage("--lambda must be from 0 to 1, found \(share)") }
    if output != nil, share == nil { throw CommandError.usage("-o writes one checkpoint: say which with --lambda") }
    if source == nil, target == nil, output == nil {
      throw CommandError.usage("nothing to do: give --source or --target to measure, or --lambda and -o to write")
    }
    if chart != nil, source == nil || target == nil || share != nil {
      throw CommandError.usage("--chart draws the whole line of two tasks: give --source and --target, and no --lambda")
    }
    if let reestimate, (reestimate == .source ? source : target) == nil {
      throw CommandError.usage("--reestimate \(reestimate.rawValue) needs --\(reestimate.rawValue) DATA")
    }
  }

  private func picture(_ rows: [(share: Double, results: [EvaluationResult])], _ tasks: [Judged]) -> FrontierChart {
    func value(_ role: String, _ row: (share: Double, results: [EvaluationResult])) -> Double {
      zip(tasks, row.results).first { $0.0.role == role }?.1.accuracy ?? .nan
    }
    let best = rows.max { value("source", $0) + value("target", $0) < value("source", $1) + value("target", $1) }
    return FrontierChart(
      title: best.map {
        "λ \(Show.number($0.share, 2)) keeps \(Show.percent(value("source", $0))) of the source at "
          + "\(Show.percent(value("target", $0))) of the target"
      } ?? "",
      subtitle: "accuracy on both tasks' test examples along (1 − λ) before + λ after", xTitle: "source accuracy (%)",
      yTitle: "target accuracy (%)",
      points: rows.map { row in
        .init(
          name: "λ \(Show.number(row.share, 2))", x: 100 * value("source", row), y: 100 * value("target", row),
          isMarked: row.share == best?.share)
      })
  }

  private func show(
    _ rows: [(share: Double, results: [EvaluationResult])], _ tasks: [Judged], _ pair: CheckpointPair
  ) {
    if shared.json {
      Console.result([
        "before": .string(pair.before), "after": .string(pair.after), "keepsHeads": .bool(keepHeads),
        "reestimated": reestimate.map { .string($0.rawValue) } ?? .null,
        "points": .array(
          rows.map { row in
            .object(
              [("lambda", .double(row.share))]
                + zip(tasks, row.results).map { task, result in
                  (
                    task.role,
                    [
                      "accuracy": .double(result.accuracy), "loss": .double(result.loss), "count": .int(result.count),
                    ]
                  )
                })
          }),
      ])
      return
    }
    Console.result("\(pair.before) → \(pair.after)")
    if !tasks.isEmpty {
      var table = TextTable(
        [.number("λ")] + tasks.flatMap { [.number($0.role), .number("loss")] as [TextTable.Column] })
      for row in rows {
        table.append(
          [Show.number(row.share, 2)] + row.results.flatMap { [Show.percent($0.accuracy), Show.number($0.loss)] })
      }
      Console.table(table)
    }
    if let chart { Console.result("chart: \(chart)") }
    if let output { Console.result("wrote \(output)") }
  }
}

/// A task whose accuracy is measured along the line.
private struct Judged {
  let role: String
  let data: Datasets.Dataset
  let task: String

  /// Finds the head: the data's own, else, for the target, the active one after, and for the source, the other one.
  init(role: String, data: Datasets.Dataset, in line: Interpolation) throws {
    self.role = role
    self.data = data
    let heads = line.before.heads.merging(line.after.heads) { $1 }
    let others = heads.keys.filter { $0 != line.after.task }
    let origin = others.count == 1 ? others[0] : line.before.task
    task = heads[data.name] != nil ? data.name : role == "source" ? origin : line.after.task
    try data.checkHead(task, among: heads)
  }

  func evaluation(of model: Model) throws -> EvaluationResult {
    try model.evaluation(task: task, on: data.test, dataset: data.name)
  }
}
