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
import Programs
import Reports
import Torch

struct CKACommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "cka", abstract: "Layer-by-layer similarity of two networks' features on the same examples.",
    discussion: """
      Two models on --data, or two HDF5 files of features, one dataset a layer, [samples, …], of the same samples in \
      the same order; one model twice shows its own layers. 1 is an identical representation up to rotation and scale, 0 none in \
      common. CKA alone proves no forgetting: look at the source accuracy beside it.

      --measure svcca, pwcca and procrustes take all examples at once, and average outputs with several places over them \
      unless --pool says otherwise. --compat gives what another tool gives for the same features: torch_cka and \
      ckatorch (debiased, every batch counted), google (all examples as one batch; the radial kernel's median counts \
      zeros), anatome (biased, all examples as one batch; its own SVCCA and PWCCA; one minus its distances).
      """)

  @ArgumentParser.Argument(
    help: "A checkpoint, or a run: its epoch 0 is then compared with its last.", completion: .path)
  var before: String

  @ArgumentParser.Argument(help: "The other checkpoint.", completion: .path)
  var after: String?

  @Option(
    help: ArgumentHelp("The examples, the test part: \(DataOptions.forms). Files of features need none."),
    completion: .data)
  var data: String?

  @Option(help: "cka, svcca, pwcca or procrustes.")
  var measure = Measure.cka

  @Option(help: "debiased or biased, of cka.")
  var estimator = CKAEstimator.debiased

  @Option(help: "linear, or rbf: exp(−d² / (2 bandwidth² median d²)), of cka.")
  var kernel = Kernel.linear

  @Option(help: "The radial kernel's width, in median distances between examples.")
  var bandwidth = 0.5

  @Option(help: "torch_cka, ckatorch, google or anatome: that tool's numbers.")
  var compat: Compatibility?

  @Option(
    help: """
      What of an output with several places is a feature: flatten (each place's), mean (over the places), cls (the \
      first token's) or tokens (four places of each example, each a row of its own). By default flatten for images and \
      mean for tokens. Padding counts for flatten alone.
      """)
  var pool: FeaturePooling?

  @Flag(help: "Bring images to the model's shape: resize with antialiasing, repeat a single channel.")
  var fit = false

  @Option(
    parsing: .singleValue, help: "Layers that match GLOB; by default those with parameters. Repeatable.",
    completion: .layers)
  var layers: [String] = []

  @Option(help: "Examples to use, at most.")
  var samples = 2048

  @Option(help: "Examples a minibatch.")
  var batchSize = 128

  @Flag(help: "Print the whole matrix, every layer of one with every layer of the other.")
  var matrix = false

  @Option(help: "The seed of the choice of examples and of the intervals.")
  var seed: UInt64 = 0

  struct Destination: PlaceOptions {
    @Option(name: .shortAndLong, help: "Write the whole matrix as a chart here, SVG.", completion: .path)
    var output: String?
  }

  @OptionGroup var destination: Destination
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var processes: ProcessOptions
  @OptionGroup var tables: TableOptions
  @OptionGroup var shared: OutputOptions

  enum Measure: String, ExpressibleByArgument, CaseIterable { case cka, svcca, pwcca, procrustes }
  enum Kernel: String, ExpressibleByArgument, CaseIterable { case linear, rbf }
  enum Compatibility: String, ExpressibleByArgument, CaseIterable {
    case torchCKA = "torch_cka"
    case ckatorch, google, anatome
  }

  private var output: String? { destination.output }

  func run() throws { try ProcessSession.look(processes) { try compare(with: $0) } }

  private func compare(with group: ProcessGroup?) throws {
    try checkOptions()
    if let group, data == nil {
      throw CommandError.usage(
        "files of features are compared by one process, and \(group.count) were started: models on --data are by several"
      )
    }
    let leads = group?.leads ?? true
    let isStored = data != nil && after == nil && measure == .cka && compat == nil && usedKernel == .linear
    let pair = try CheckpointPair(before, after)
    let lock = isStored && leads ? try RunLock.acquire(before) : nil
    defer { withExtendedLifetime(lock) {} }
    let progress = ProgressReporter(
      title: "CKA", total: max(1, (samples + usedBatch - 1) / usedBatch), unit: "batch",
      isQuiet: shared.quiet || shared.json || measure != .cka || !leads)
    var result: LayerSimilarity
    if let data {
      let start = try hardware.runnable(pair.before)
      result = try compareModels(pair, start, reading.load(data, for: start), group, progress)
    } else {
      result = try compareFeatures(pair, progress)
    }
    progress.finish(keepsLine: false)
    result.compat = compat?.rawValue
    guard leads else { return }
    if isStored {
      var run = try Run.open(before)
      try run.store(result)
      result.epoch = run.chosenEpoch
    }
    if !result.crowded.isEmpty {
      Console.say(
        "fewer than ten examples for each direction, so too high: \(listed(result.crowded)); more --samples help")
    }
    if let output {
      let chart = result.matrixChart(before: pair.before, after: pair.after)
      try AtomicFile.write(Data(chart.svg().utf8), to: output)
    }
    if shared.json { try Console.result(FindingEncoder.encode(result)) } else { show(result, pair) }
  }

  private func checkOptions() throws {
    try Bounds.check(samples, of: "--samples", atMost: Bounds.examples)
    try Bounds.check(batchSize, of: "--batch-size", atMost: Bounds.examples)
    guard bandwidth > 0, bandwidth.isFinite else {
      throw CommandError.usage("--bandwidth must be above 0, found \(bandwidth)")
    }
    let isMinibatchTool = compat == .torchCKA || compat == .ckatorch
    if measure != .cka, kernel == .rbf || isMinibatchTool || compat == .google {
      throw CommandError.usage(
        "--measure \(measure.rawValue) has no kernel, and only anatome of the tools has it (--compat anatome)")
    }
    if kernel == .rbf, isMinibatchTool || compat == .anatome {
      throw CommandError.usage("--compat \(compat?.rawValue ?? "") has no radial kernel")
    }
  }

  /// What the tool that is followed uses.
  private var usedEstimator: CKAEstimator {
    switch compat {
    case .torchCKA, .ckatorch: .debiased
    case .anatome: .biased
    case .google, nil: estimator
    }
  }

  private var usedKernel: CKAKernel {
    kernel == .linear ? .linear : .radial(bandwidth: bandwidth, countsDiagonal: compat == .google)
  }

  private var usedBatch: Int { compat == .google || compat == .anatome ? samples : batchSize }

  private func compareModels(
    _ pair: CheckpointPair, _ start: Checkpoint, _ dataset: Datasets.Dataset, _ group: ProcessGroup?,
    _ progress: ProgressReporter
  ) throws -> LayerSimilarity {
    let device = try hardware.open()
    let end = try Checkpoint(contentsOf: pair.after)
    try ProcessSession.agree(
      in: group, on: self,
      [
        "the checkpoint before": start.fingerprint, "the checkpoint after": end.fingerprint,
        "the data": dataset.fingerprint,
      ])
    let (first, second) = (try Model(start, device: device), try Model(end, device: device))
    try first.activateSameHead(as: second, preferring: dataset.name)
    if fit { for model in [first, second] { model.fitImages() } }
    let (layersA, layersB) = (try chosen(first), try chosen(second))
    if let measure = SubspaceMeasure(rawValue: measure.rawValue) {
      return try sayingLeftOut(
        of: layersA,
        LayerSimilarity(
          measure, comparing: first, with: second, on: dataset.test, dataset: dataset.name, layersA: layersA,
          layersB: layersB, pooling: pool, sampleCount: samples, followsAnatome: compat == .anatome, seed: seed,
          processes: group))
    }
    let result = try LayerSimilarity(
      comparing: first, with: second, on: dataset.test, dataset: dataset.name, layersA: layersA, layersB: layersB,
      estimator: usedEstimator, kernel: usedKernel, pooling: pool, sampleCount: samples, batchSize: usedBatch,
      keepsShortBatch: compat != nil, seed: seed, processes: group
    ) { done, _ in progress.update(completed: done) }
    return sayingLeftOut(of: layersA, result)
  }

  private func compareFeatures(_ pair: CheckpointPair, _ progress: ProgressReporter) throws -> LayerSimilarity {
    let (first, second) = (try FeatureFile(contentsOf: pair.before), try FeatureFile(contentsOf: pair.after))
    _ = try hardware.open()
    let (layersA, layersB) = (try chosen(first), try chosen(second))
    if let measure = SubspaceMeasure(rawValue: measure.rawValue) {
      return try sayingLeftOut(
        of: layersA,
        LayerSimilarity(
          measure, comparing: first, with: second, layersA: layersA, layersB: layersB, pooling: pool,
          sampleCount: samples, followsAnatome: compat == .anatome, seed: seed))
    }
    let result = try LayerSimilarity(
      comparing: first, with: second, layersA: layersA, layersB: layersB, estimator: usedEstimator, kernel: usedKernel,
      pooling: pool, sampleCount: samples, batchSize: usedBatch, keepsShortBatch: compat != nil,
      keepsOrder: compat != nil, seed: seed
    ) { done, _ in progress.update(completed: done) }
    return sayingLeftOut(of: layersA, result)
  }

  /// A result, after a word on the layers that are not in it.
  private func sayingLeftOut(of layers: [String], _ result: LayerSimilarity) -> LayerSimilarity {
    let skipped = layers.filter { !result.layersA.contains($0) }
    guard !skipped.isEmpty else { return result }
    Console.say(Self.leftOutNote(skipped, pool: pool))
    return result
  }

  static func leftOutNote(_ layers: [String], pool: FeaturePooling?) -> String {
    let what =
      pool == .tokens || pool == .cls
      ? "without tokens or an output for each example" : "without an output for each example"
    return "\(what), so left out: \(listed(layers))"
  }

  private func chosen(_ file: FeatureFile) throws -> [String] {
    guard !layers.isEmpty else { return file.layers }
    let found = file.layers.filter { name in layers.contains { Glob($0).matches(name) } }
    guard !found.isEmpty else {
      throw CommandError.usage(
        "--layers \(layers.joined(separator: " ")) matches none of \(file.path)'s: \(listed(file.layers))")
    }
    return found
  }

  private func chosen(_ model: Model) throws -> [String] {
    layers.isEmpty ? model.comparableLayers : try model.program.layers(matching: layers).map(\.name)
  }
}

extension CKAEstimator: ExpressibleByArgument {}
extension FeaturePooling: ExpressibleByArgument {}
