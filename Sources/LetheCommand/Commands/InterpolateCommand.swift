import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Files
import Findings
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

  @Argument(
    help: "The checkpoint before, or a run: its epoch 0 is then one end and its last epoch the other.",
    completion: .path)
  var before: String

  @Argument(help: "The checkpoint after, or a run (its last epoch).", completion: .path)
  var after: String?

  @Option(
    help: """
      The task that the model came from: accuracy on its test examples, with its head. Of a run, the data it was made \
      with, unless one of the two is given, or -o.
      """, completion: .data)
  var source: String?

  @Option(help: "The task that it was fine-tuned for: likewise.", completion: .data)
  var target: String?

  @Option(help: "Equally spaced values of λ, both ends included.")
  var points = 11

  @Option(
    name: .customLong("lambda"),
    help: "One λ, 0 to 2, in place of the whole line; the one that -o writes. Beyond 1 fine-tuning is carried further.")
  var share: Double?

  @Option(name: .customLong("to"), help: "The last λ of the line, up to 2: beyond 1 fine-tuning is carried further.")
  var end = 1.0

  @Flag(help: "Leave every head as it is after, rather than interpolate the heads that both have.")
  var keepHeads = false

  @Option(help: "source or target: measure running statistics anew at each λ, on that task's training inputs.")
  var reestimate: Task?

  struct Destination: PlaceOptions {
    @Option(name: .shortAndLong, help: "Write the checkpoint at --lambda here.", completion: .path)
    var output: String?

    @OptionGroup var existing: ExistingOutputOptions

    @Option(help: "Write a chart of both tasks' accuracies along the line here, SVG.", completion: .path)
    var chart: String?
  }

  @OptionGroup var destination: Destination
  @OptionGroup var kinds: TaskKindOptions
  @OptionGroup var headClasses: HeadClassOptions
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var processes: ProcessOptions
  @OptionGroup var shared: OutputOptions

  private static let mostShare = 2.0

  enum Task: String, ExpressibleByArgument, CaseIterable { case source, target }

  private var output: String? { destination.output }
  private var chart: String? { destination.chart }

  func run() throws { try ProcessSession.look(processes) { try interpolate(with: $0) } }

  private func interpolate(with group: ProcessGroup?) throws {
    try checkOptions()
    let leads = group?.leads ?? true
    let output = leads ? try self.output.map { try destination.existing.place(for: $0, of: .checkpoint) } : nil
    let pair = try CheckpointPair(before, after)
    let data = try judgingData(of: pair.run)
    try check(data)
    let line = try Interpolation(
      before: hardware.runnable(pair.before), after: hardware.runnable(pair.after), keepsHeads: keepHeads)
    let tasks = try data.compactMap { role, data in
      try data.map {
        let own = try $0.load(reading, for: line.after, option: "--\(role)")
        return try Judged(
          role: role, data: role == "source" ? headClasses.stated(own) : own, head: $0.head, in: line,
          kindNamed: $0.taskKind)
      }
    }
    let device = try hardware.open()
    func digest(_ role: String) throws -> String? { tasks.first { $0.role == role }?.data.fingerprint }
    try ProcessSession.agree(
      in: group, on: self,
      [
        "the checkpoint before": line.before.fingerprint, "the checkpoint after": line.after.fingerprint,
        "the source data": digest("source"), "the target data": digest("target"),
      ])
    let shares = share.map { [$0] } ?? (0..<points).map { Double($0) * end / Double(points - 1) }
    var finding = InterpolationFinding(
      before: pair.before, after: pair.after, keepsHeads: keepHeads, reestimated: reestimate?.rawValue, points: [],
      matchedClasses: JudgedClasses(
        source: tasks.first { $0.role == "source" }?.match, target: tasks.first { $0.role == "target" }?.match))
    let progress = ProgressReporter(title: "λ", total: shares.count, isQuiet: shared.quiet || shared.json || !leads)
    for share in shares {
      let model = try Model(line.checkpoint(at: share), device: device)
      if let reestimate, let judged = tasks.first(where: { $0.role == reestimate.rawValue }) {
        try model.reestimateNormalization(on: judged.data.train, dataset: judged.data.name, processes: group)
      }
      func score(_ role: String) throws -> ScoredExamples? {
        try tasks.first { $0.role == role }?.evaluation(of: model, by: group).finding
      }
      finding.points.append(.init(share: share, source: try score("source"), target: try score("target")))
      if let output { try model.checkpoint(epoch: line.after.epoch).write(to: output) }
      progress.update(completed: finding.points.count, note: "")
    }
    progress.finish(keepsLine: false)
    guard leads else { return }
    if let chart { try AtomicFile.write(Data(finding.chart().svg().utf8), to: chart) }
    guard !shared.json else { return try Console.result(FindingEncoder.encode(finding)) }
    Console.result("\(pair.before) → \(pair.after)")
    for note in finding.classNotes { Console.result(note) }
    if !tasks.isEmpty { Console.table(finding.table()) }
    if let chart { Console.result("chart: \(chart)") }
    if let output { Console.result("wrote \(output)") }
  }

  private typealias JudgingData = [(role: String, data: JudgedOptions.JudgingData?)]

  /// The data of each task: as they are given, else as the run was made with them.
  private func judgingData(of run: Run?) throws -> JudgingData {
    let kind = try kinds.known()
    let known = source == nil && target == nil && output == nil ? run?.record.data : nil
    func data(_ given: String?, _ recorded: DataReference?) -> JudgedOptions.JudgingData? {
      given.map { .given($0, kind: kind) } ?? recorded.flatMap { $0.isInMemory ? nil : .recorded($0) }
    }
    return [("source", data(source, known?.source)), ("target", data(target, known?.target))]
  }

  private func checkOptions() throws {
    try Bounds.check(points, of: "--points", atLeast: 2, atMost: Bounds.repetitions)
    for (option, value) in [("--lambda", share), ("--to", end)] {
      guard let value, !(0...Self.mostShare).contains(value) else { continue }
      throw CommandError.usage("\(option) must be from 0 to 2, found \(value)")
    }
    if source == nil { try headClasses.refuse(where: "it says of --source, which is not given") }
    if output != nil, share == nil { throw CommandError.usage("-o writes one checkpoint: say which with --lambda") }
  }

  private func check(_ data: JudgingData) throws {
    if data.allSatisfy({ $0.data == nil }), output == nil {
      throw CommandError.usage("nothing to do: give --source or --target to measure, or --lambda and -o to write")
    }
    if chart != nil, data.contains(where: { $0.data == nil }) || share != nil {
      throw CommandError.usage("--chart draws the whole line of two tasks: give --source and --target, and no --lambda")
    }
    if let reestimate, !data.contains(where: { $0.role == reestimate.rawValue && $0.data != nil }) {
      throw CommandError.usage("--reestimate \(reestimate.rawValue) needs --\(reestimate.rawValue) DATA")
    }
  }
}

/// A task whose accuracy is measured along the line.
private struct Judged {
  let role: String
  let data: Datasets.Dataset
  let task: String
  let kind: any TaskKind
  let match: ClassMatch?

  /// Finds the head: the data's own, else, for the target, the active one after, and for the source, the other one.
  ///
  /// - Parameter head: the one that a run judged them with; nil where that is not known.
  init(role: String, data: Datasets.Dataset, head: String?, in line: Interpolation, kindNamed kindName: String?) throws
  {
    self.role = role
    self.data = data
    let heads = line.before.heads.merging(line.after.heads) { $1 }
    let others = heads.keys.filter { $0 != line.after.task }
    let origin = others.count == 1 ? others[0] : line.before.task
    task =
      head.flatMap { heads[$0] == nil ? nil : $0 }
      ?? (heads[data.name] != nil ? data.name : role == "source" ? origin : line.after.task)
    let kind = try TaskKinds.kind(of: data, for: Model(line.after), named: kindName)
    match = try data.match(to: task, among: heads, kind: kind)
    self.kind = kind.named(by: match, of: heads[task])
  }

  func evaluation(of model: Model, by group: ProcessGroup?) throws -> EvaluationResult {
    try model.evaluation(
      task: task, on: data.test.renumbered(by: match, as: kind), dataset: data.name, kind: kind, processes: group)
  }
}
