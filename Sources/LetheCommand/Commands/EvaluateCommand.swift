import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Reports
import Training

struct EvaluateCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "A checkpoint's accuracy and loss on a task's test examples.")

  @Argument(help: "A checkpoint, or a run (its last epoch).")
  var checkpoint: String

  @Option(help: ArgumentHelp("\(DataOptions.forms)."))
  var data: String

  @Option(help: "The task whose head to use; by default the data's own, then the checkpoint's.")
  var head: String?

  @Flag(help: "Bring images to the model's shape: resize with antialiasing, repeat a single channel.")
  var fit = false

  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var tables: TableOptions
  @OptionGroup var shared: OutputOptions

  func run() throws {
    let path = try CheckpointPath(checkpoint).path
    let stored = try hardware.runnable(path)
    let dataset = try reading.load(data, for: stored)
    let model = try Model(stored, device: try hardware.open())
    let task = head ?? (stored.heads[dataset.name] == nil ? stored.task : dataset.name)
    try model.activate(task: task)
    if fit { model.fitImages() }
    try dataset.checkHead(task, among: model.heads)
    let result = try Evaluator().evaluate(model, on: dataset.test, dataset: dataset.name)
    let classes = perClassAccuracy(
      predictions: result.predictions, labels: result.labels, classCount: dataset.classNames.count)
    let finding = EvaluationFinding(
      checkpoint: path, head: task, data: dataset.name, result: result.scored,
      perClass: zip(dataset.classNames, classes).map { .init($0, score: $1.accuracy, count: $1.count) })
    guard !shared.json else { return try Console.result(FindingEncoder.encode(finding)) }
    Console.result(finding.verdict)
    Console.table(finding.classTable(), of: "class", all: tables.all)
  }
}
