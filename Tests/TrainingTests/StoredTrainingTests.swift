import Checkpoints
import Datasets
import Foundation
import HDF5
import Metrics
import Programs
import TestSupport
import Testing
import Torch

@testable import Models
@testable import Training

/// Runs that compute their frozen layers once, against the same runs that do not.
@Suite struct StoredTrainingTests {
  private let seed = TestSeed.any(below: 1_000_000)

  private struct Outcome {
    let history: [EpochRecord]
    let weights: [String: [Float]]
    let examples: [String: Int]
  }

  private func outcome(
    from base: Checkpoint, on target: Datasets.Dataset, source: Datasets.Dataset? = nil,
    proxy: Datasets.Dataset? = nil, storing: Bool, _ options: TrainingOptions
  ) throws -> Outcome {
    let folder = try TemporaryFolder()
    var run = TrainingRun(
      options: options, path: folder.file("run"), target: target, source: source, proxy: proxy, device: .cpu)
    run.storesFrozenLayers = storing
    let counter = ForwardCount()
    // Steps of training run row by row: what is stored is to be rounded as they are.
    let history = try ForwardCount.$current.withValue(counter) {
      try RowMajor.$isAsked.withValue(true) { try run.run(from: base, basePath: "base.h5") { _ in } }
    }
    let last = try Checkpoint(contentsOf: Run.open(run.path).checkpointPath(epoch: options.epochCount))
    var tensors = last.parameters.merging(last.buffers) { $1 }
    for (task, head) in last.heads {
      for (name, tensor) in head.tensors { tensors["\(task)/\(name)"] = tensor }
    }
    return Outcome(
      history: history,
      weights: tensors.filter { $0.value.elementType == .float32 }.mapValues { $0.array(of: Float.self) },
      examples: counter.examples)
  }

  /// Compares a run with and without: losses, weights, and how many examples ran through a layer below, `before` of them
  /// for what regularizers want to know before training.
  private func compare(
    _ base: Checkpoint, on target: Datasets.Dataset, source: Datasets.Dataset? = nil, proxy: Datasets.Dataset? = nil,
    layer: String, before: Int = 0, _ change: (inout TrainingOptions) throws -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var options = TrainingOptions()
    options.epochCount = 3
    options.batchSize = 16
    options.seed = seed
    try change(&options)
    let stored = try outcome(from: base, on: target, source: source, proxy: proxy, storing: true, options)
    let plain = try outcome(from: base, on: target, source: source, proxy: proxy, storing: false, options)

    // Once an example of each split, and eight to see whether that can be.
    let evaluated = [target, source, proxy].compactMap { $0?.test.count }.reduce(0, +)
    #expect(stored.examples[layer] == before + 8 + target.train.count + evaluated, sourceLocation: sourceLocation)
    // Two examples beside all show how much memory the answers take.
    let proxyReference = proxy.map { $0.test.count + 2 } ?? 0
    // The gauge asks the target's test examples at first and at each of four epochs; two show how many it may ask.
    let gauged = 5 * target.test.count + 2
    #expect(
      plain.examples[layer] == before + 3 * target.train.count + 4 * evaluated + proxyReference + gauged,
      sourceLocation: sourceLocation)

    let (first, second) = (stored.history, plain.history)
    try #require(first.count == second.count, sourceLocation: sourceLocation)
    for (one, other) in zip(first, second) {
      let pairs = [
        (one.trainingLoss, other.trainingLoss), (one.target.loss, other.target.loss), (one.penalty, other.penalty),
        (one.source?.loss ?? 0, other.source?.loss ?? 0), (one.proxy?.divergence ?? 0, other.proxy?.divergence ?? 0),
      ]
      for (index, pair) in pairs.enumerated() where !pair.1.isNaN {
        let difference = abs(pair.0 - pair.1)
        #expect(
          difference <= 1e-5 * max(1, abs(pair.1)), "loss \(index) of epoch \(one.epoch): \(pair), seed \(seed)",
          sourceLocation: sourceLocation)
      }
    }
    #expect(Set(stored.weights.keys) == Set(plain.weights.keys), sourceLocation: sourceLocation)
    for (name, values) in plain.weights {
      let found = try #require(stored.weights[name]).map(Double.init)
      let worst = try #require(largestDifference(found, values.map(Double.init)))
      let scale = values.reduce(1e-3) { max($0, Double(abs($1))) }
      #expect(
        worst.value <= 1e-4 * scale, "\(name)[\(worst.index)] differs by \(worst.value) of \(scale), seed \(seed)",
        sourceLocation: sourceLocation)
    }
  }

  private func base(
    _ architecture: Architecture, shape: [Int], hidden: [Int] = [16, 12, 8]
  ) throws -> Checkpoint {
    var options = ArchitectureOptions(inputShape: shape, classCount: 2)
    if architecture == .mlp { options.hiddenSizes = hidden }
    if architecture == .resnet18 { options.form = .cifar }
    let program = try architecture.program(options: options)
    return try Model(initializing: program, task: "source", classNames: ["a", "b"], seed: seed).checkpoint(epoch: 0)
  }

  /// An imported program whose dropout never drops: its generator is the process's, which tests share.
  private func imported(_ name: String) throws -> Checkpoint {
    let folder = try TemporaryFolder()
    let path = try Repository.unpacked("programs/\(name).pt2.gz", in: folder)
    var checkpoint = try Checkpoint(exportedProgram: path, task: "source")
    for node in checkpoint.program.nodes.indices {
      for input in checkpoint.program.nodes[node].inputs.indices
      where ["p", "dropout_p"].contains(checkpoint.program.nodes[node].inputs[input].name) {
        checkpoint.program.nodes[node].inputs[input].value = .double(0)
      }
    }
    return checkpoint
  }

  @Test func computingTheFrozenLayersCanBeStopped() throws {
    let folder = try TemporaryFolder()
    var options = TrainingOptions()
    options.frozen = ["layers.0"]
    let run = TrainingRun(
      options: options, path: folder.file("run"), target: try randomImages("target", shape: [1, 8, 8], seed: seed),
      device: .cpu)
    var titles: [String] = []
    let isCancelled = { true }
    let error = #expect(throws: TrainingError.self) {
      try run.run(from: base(.mlp, shape: [1, 8, 8]), basePath: "base.h5", isCancelled: isCancelled) {
        if case .estimating(let title, _, _) = $0 { titles.append(title) }
      }
    }
    #expect(error == .interrupted(epoch: 0) && titles == ["computing the frozen layers"])
    // What was asked for stays, and begins again.
    #expect(try Run.open(run.path).isAtBeginning)
    #expect(try run.resume(from: base(.mlp, shape: [1, 8, 8])) { _ in }.count == options.epochCount + 1)
  }

  @Test func tiedWeightsOfWhichOneIsFrozen() throws {
    var base = try base(.mlp, shape: [1, 8, 8], hidden: [16, 16, 16])
    base.parameters["layers.4.weight"] = base.parameters["layers.2.weight"]
    try compare(base, on: randomImages("target", shape: [1, 8, 8], seed: seed), layer: "layers.2") {
      $0.frozen = ["layers.0", "layers.4"]
      // Its bias, which is tied to nothing.
      $0.rateRules = [GlobRule(pattern: "layers.2.bias", value: 0)]
    }
  }

  @Test func aPerceptronWithASourceAndRegularizers() throws {
    try compare(
      base(.mlp, shape: [1, 8, 8]), on: randomImages("target", shape: [1, 8, 8], seed: seed),
      source: randomImages("source", shape: [1, 8, 8], seed: seed + 1), layer: "layers.0",
      before: 42
    ) {
      $0.frozen = ["layers.0", "layers.2"]
      $0.regularizers = try ["l2-sp", "lwf", "bss"].map { try RegularizerSpecification($0) }
    }
  }

  @Test func aConvolutionalNetworkWithAProxy() throws {
    try compare(
      base(.cnn, shape: [1, 12, 12]), on: randomImages("target", shape: [1, 12, 12], seed: seed),
      proxy: randomImages("proxy", shape: [1, 12, 12], seed: seed + 1), layer: "features.0"
    ) {
      $0.frozen = ["features.*"]
      $0.optimizer = .adam
      $0.learningRate = 0.001
    }
  }

  /// Cut within a block: two values cross. Normalization is frozen below and trained above.
  @Test func aResidualNetworkCutInTheMiddle() throws {
    try compare(
      base(.resnet18, shape: [3, 8, 8]), on: randomImages("target", shape: [3, 8, 8], seed: seed), layer: "layer1.0.bn1"
    ) {
      $0.frozen = ["conv1", "bn1", "layer1.*", "layer2.*", "layer3.0.*", "layer3.1.conv1", "layer3.1.bn1"]
      $0.learningRate = 0.001
    }
  }

  @Test func featureExtractionFromAnImportedResidualNetwork() throws {
    try compare(
      imported("resnet"), on: randomImages("target", shape: [3, 32, 32], seed: seed), layer: "layer1.0.conv1"
    ) {
      $0.trainsHeadOnly = true
      $0.averagingDecay = 0.9
      $0.accumulation = 2
    }
  }

  @Test func anImportedTransformerOfImagesWithAFrozenEncoder() throws {
    try compare(imported("vit"), on: randomImages("target", shape: [3, 16, 16], seed: seed), layer: "conv_proj") {
      $0.frozen = ["class_token", "conv_proj", "encoder.pos_embedding", "encoder.layers.encoder_layer_0.*"]
      $0.unfreezing = .every(epochs: 1)
    }
  }

  /// Its mask is read above the cut too.
  @Test func anImportedTransformerOfWordsWithAFrozenLayer() throws {
    var random = RandomSource(seed: seed)
    func split(_ count: Int) -> Split {
      let words = (0..<(count * 12)).map { _ in Int64.random(in: 1..<50, using: &random) }
      let mask = (0..<(count * 12)).map { Int64($0 % 12 < 7 + $0 / 12 % 5 ? 1 : 0) }
      return Split(
        inputs: [
          InputArray(name: "attention_mask", rows: TensorView(mask, shape: [count, 12])),
          InputArray(name: "input_ids", rows: TensorView(words, shape: [count, 12])),
        ], labels: (0..<count).map { words[$0 * 12] > 25 ? 1 : 0 })
    }
    let target = try Datasets.Dataset(name: "target", classNames: ["a", "b"], train: split(40), test: split(20))
    try compare(imported("bert"), on: target, layer: "bert.encoder.layer.0.attention.self.query") {
      $0.frozen = ["bert.embeddings.*", "bert.encoder.layer.0.*"]
      $0.optimizer = .adamw
      $0.learningRate = 0.001
      $0.samplesEvenly = true
    }
  }
}
