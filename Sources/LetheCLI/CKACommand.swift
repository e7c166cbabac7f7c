import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Models
import Programs
import Reports

struct CKACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cka", abstract: "Layer-by-layer similarity of two networks' features on the same examples.",
    discussion: """
      Two models on --data, or two HDF5 files of features, one dataset a layer, [samples, …], of the same samples in \
      the same order. 1 is an identical representation up to rotation and scale, 0 none in common. CKA alone proves no forgetting: \
      look at the source accuracy beside it.
      """)

  @ArgumentParser.Argument(help: "A checkpoint, or a run: its epoch 0 is then compared with its last.")
  var before: String

  @ArgumentParser.Argument(help: "The other checkpoint.")
  var after: String?

  @Option(
    help: ArgumentHelp("The examples, the test part: \(DataOptions.forms). Files of features need none."))
  var data: String?

  @Option(help: "debiased or biased.")
  var estimator = CKAEstimator.debiased

  @Option(
    help: """
      What of an output with several places is a feature: flatten (each place's), mean (over the places) or cls (the \
      first token's). By default flatten for images and mean for tokens.
      """)
  var pool: FeaturePooling?

  @Flag(help: "Bring images to the model's shape: resize with antialiasing, repeat a single channel.")
  var fit = false

  @Option(parsing: .singleValue, help: "Layers that match GLOB; by default those with parameters. Repeatable.")
  var layers: [String] = []

  @Option(help: "Examples to use, at most.")
  var samples = 2048

  @Option(help: "Examples a minibatch.")
  var batchSize = 128

  @Flag(help: "Print the whole matrix, every layer of one with every layer of the other.")
  var matrix = false

  @Option(help: "The seed of the choice of examples and of the intervals.")
  var seed: UInt64 = 0

  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var shared: OutputOptions

  func run() throws {
    guard samples > 0, batchSize > 0 else {
      throw CommandError.usage("--samples and --batch-size must be at least 1")
    }
    let pair = try CheckpointPair(before, after)
    let progress = ProgressReporter(
      title: "CKA", total: max(1, (samples + batchSize - 1) / batchSize), unit: "batch",
      isQuiet: shared.quiet || shared.json)
    guard let data else {
      try compareFeatures(pair, progress)
      return
    }
    let start = try Checkpoint(contentsOf: pair.before)
    let dataset = try reading.load(data, for: start.program)
    let device = try hardware.open()
    let first = try Model(start, device: device)
    let second = try Model(Checkpoint(contentsOf: pair.after), device: device)
    try activateSameHead(of: first, second, preferring: dataset.name)
    if fit { for model in [first, second] { model.fitImages() } }
    let result = try CKAMatrix(
      comparing: first, with: second, on: dataset.test, dataset: dataset.name, layersA: try chosen(first),
      layersB: try chosen(second), estimator: estimator, pooling: pool, sampleCount: samples, batchSize: batchSize,
      seed: seed
    ) { done, _ in progress.update(completed: done) }
    progress.finish(keepsLine: false)
    let skipped = (try chosen(first)).filter { !result.layersA.contains($0) }
    if !skipped.isEmpty { Console.say("without an output for each example, so left out: \(Show.list(skipped))") }
    if after == nil {
      var run = try Run.open(before)
      try run.store(result, dataset: dataset.name)
    }
    if shared.json { Console.result(json(result, dataset.name)) } else { show(result, pair, dataset.name) }
  }

  private func compareFeatures(_ pair: CheckpointPair, _ progress: ProgressReporter) throws {
    let (first, second) = (try FeatureFile(contentsOf: pair.before), try FeatureFile(contentsOf: pair.after))
    _ = try hardware.open()
    let result = try CKAMatrix(
      comparing: first, with: second, layersA: try chosen(first), layersB: try chosen(second), estimator: estimator,
      pooling: pool, sampleCount: samples, batchSize: batchSize, seed: seed
    ) { done, _ in progress.update(completed: done) }
    progress.finish(keepsLine: false)
    if shared.json { Console.result(json(result, pair.before)) } else { show(result, pair, "the features") }
  }

  private func chosen(_ file: FeatureFile) throws -> [String] {
    guard !layers.isEmpty else { return file.layers }
    let found = file.layers.filter { name in layers.contains { Glob($0).matches(name) } }
    guard !found.isEmpty else {
      throw CommandError.usage(
        "--layers \(layers.joined(separator: " ")) matches none of \(file.path)'s: \(Show.list(file.layers))")
    }
    return found
  }

  private func chosen(_ model: Model) throws -> [String] {
    layers.isEmpty ? model.comparableLayers : try model.program.layers(matching: layers).map(\.name)
  }

  private func show(_ result: CKAMatrix, _ pair: CheckpointPair, _ data: String) {
    Console.result(
      "\(pair.before) → \(pair.after) · linear CKA, \(estimator.rawValue), \(result.sampleCount) examples of \(data)"
        + " in batches of \(result.batchSize)" + (pool.map { ", pooled by \($0.rawValue)" } ?? ""))
    var diagonal = TextTable([.init("layer"), .number("CKA"), .number("95 % interval"), .number("shuffled")])
    for entry in result.diagonal {
      diagonal.append([
        entry.layer, Show.number(entry.cka), "\(Show.number(entry.low)) to \(Show.number(entry.high))",
        Show.number(entry.null),
      ])
    }
    Console.table(diagonal)
    guard matrix else { return }
    var whole = TextTable([.init("")] + result.layersB.map { .number($0) })
    for (layer, row) in zip(result.layersA, result.values) { whole.append([layer] + row.map { Show.number($0) }) }
    Console.result("")
    Console.table(whole)
  }

  private func json(_ result: CKAMatrix, _ data: String) -> JSONValue {
    [
      "estimator": .string("linear, \(result.estimator.rawValue)"), "sampleCount": .int(result.sampleCount),
      "batchSize": .int(result.batchSize), "data": .string(data), "pool": .string(pool?.rawValue ?? "standard"),
      "layersA": .array(result.layersA.map { .string($0) }), "layersB": .array(result.layersB.map { .string($0) }),
      "cka": .array(result.values.map { .array($0.map { .double($0) }) }),
      "diagonal": .array(
        result.diagonal.map { entry in
          [
            "layer": .string(entry.layer), "cka": .double(entry.cka), "low": .double(entry.low),
            "high": .double(entry.high), "null": .double(entry.null),
          ]
        }),
    ]
  }
}

extension CKAEstimator: ExpressibleByArgument {}
extension FeaturePooling: ExpressibleByArgument {}

/// Puts the same task's head in place on both sides where both have one: the data's own, else the first model's.
func activateSameHead(of first: Model, _ second: Model, preferring task: String) throws {
  guard let shared = [task, first.task].first(where: { first.heads[$0] != nil && second.heads[$0] != nil }) else {
    return
  }
  try first.activate(task: shared)
  try second.activate(task: shared)
}

extension Model {
  /// The layers that CKA compares unless told otherwise: those with parameters.
  var comparableLayers: [String] {
    program.layers.filter { !$0.parameterNames.isEmpty }.map(\.name)
  }
}
