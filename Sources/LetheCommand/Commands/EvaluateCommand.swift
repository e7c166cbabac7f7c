import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
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
  @OptionGroup var shared: OutputOptions

  func run() throws {
    let path = try CheckpointPath(checkpoint).path
    let stored = try Checkpoint(contentsOf: path)
    let dataset = try reading.load(data, for: stored.program)
    let model = try Model(stored, device: try hardware.open())
    let task = head ?? (stored.heads[dataset.name] == nil ? stored.task : dataset.name)
    try model.activate(task: task)
    if fit { model.fitImages() }
    try dataset.checkHead(task, among: model.heads)
    let result = try Evaluator().evaluate(model, on: dataset.test, dataset: dataset.name)
    let classes = perClassAccuracy(
      predictions: result.predictions, labels: result.labels, classCount: dataset.classNames.count)
    if shared.json {
      Console.result([
        "checkpoint": .string(path), "head": .string(task), "data": .string(dataset.name),
        "accuracy": .double(result.accuracy), "loss": .double(result.loss), "count": .int(result.count),
        "perClass": .array(
          zip(dataset.classNames, classes).map { name, entry in
            ["class": .string(name), "accuracy": .optional(entry.accuracy), "count": .int(entry.count)]
          }),
      ])
      return
    }
    Console.result(
      "\(path) · head \(task) · \(dataset.name): \(Show.percent(result.accuracy)) of \(Show.count(result.count)),"
        + " loss \(Show.number(result.loss))")
    var table = TextTable([.init("class"), .number("accuracy"), .number("count")])
    for (name, entry) in zip(dataset.classNames, classes) {
      table.append([name, entry.accuracy.map(Show.percent) ?? "–", "\(entry.count)"])
    }
    Console.table(table)
  }
}
