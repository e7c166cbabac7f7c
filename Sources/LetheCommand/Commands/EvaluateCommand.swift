import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Reports
import Torch
import Training

struct EvaluateCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "A checkpoint's score and loss on a task's test examples.")

  @Argument(help: "A checkpoint, or a run (its last epoch).", completion: .path)
  var checkpoint: String

  @Option(help: ArgumentHelp("\(DataOptions.forms)."), completion: .data)
  var data: String

  @Option(help: "The task whose head to use; by default the data's own, then the checkpoint's.", completion: .heads)
  var head: String?

  @Flag(help: "Bring images to the model's shape: resize with antialiasing, repeat a single channel.")
  var fit = false

  @OptionGroup var kinds: TaskKindOptions
  @OptionGroup var headClasses: HeadClassOptions
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var processes: ProcessOptions
  @OptionGroup var tables: TableOptions
  @OptionGroup var shared: OutputOptions

  func run() throws { try ProcessSession.look(processes) { try evaluate(with: $0) } }

  private func evaluate(with group: ProcessGroup?) throws {
    let path = try CheckpointPath(checkpoint).path
    let stored = try hardware.runnable(path)
    let dataset = try headClasses.stated(reading.load(data, for: stored))
    let device = try hardware.open()
    try ProcessSession.agree(
      in: group, on: self, ["the checkpoint": stored.fingerprint, "the data": dataset.fingerprint])
    let model = try Model(stored, device: device)
    let task = head ?? (stored.heads[dataset.name] == nil ? stored.task : dataset.name)
    try model.activate(task: task)
    if fit { model.fitImages() }
    let kind = try TaskKinds.kind(of: dataset, for: model, named: try kinds.known())
    let match = try dataset.match(to: task, among: model.heads, kind: kind)
    try TaskKinds.check(dataset, as: kind, for: model)
    let result = try Evaluator(measuresConfidence: true, processes: group).evaluate(
      model, on: dataset.test.renumbered(by: match, as: kind), dataset: dataset.name,
      kind: kind.named(by: match, of: model.heads[task]))
    guard group?.leads ?? true else { return }
    let finding = EvaluationFinding(
      checkpoint: path, head: task, data: dataset.name, result: result.finding,
      perClass: kind.isClassification ? match.map { classes(of: result, dataset, $0) } ?? [] : [], matchedClasses: match
    )
    guard !shared.json else { return try Console.result(FindingEncoder.encode(finding)) }
    if let headline = kind.headline { Console.result(headline) }
    Console.result(finding.verdict)
    if let note = finding.classNote { Console.result(note) }
    if !finding.perClass.isEmpty { Console.table(finding.classTable(), of: "class", all: tables.all) }
  }

  private func classes(
    of result: EvaluationResult, _ dataset: Dataset, _ match: ClassMatch
  ) -> [EvaluationFinding.Class] {
    let classes = perClassAccuracy(
      predictions: result.predictions, labels: result.labels, classCount: match.outputCount)
    return zip(dataset.classNames, match.outputs).map { name, output in
      .init(name, score: classes[output].accuracy, count: classes[output].count)
    }
  }
}
