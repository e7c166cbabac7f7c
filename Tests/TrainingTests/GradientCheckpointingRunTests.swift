import Checkpoints
import Datasets
import Findings
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Training

/// Runs with gradient checkpointing and without. None has dropout, whose generator is the process's, which tests share; the
/// command's tests have some.
@Suite struct GradientCheckpointingRunTests {
  private struct Case: CustomTestStringConvertible {
    let testDescription: String
    /// Of a score or a weight; 0 for the same bits.
    var tolerance = 0.0
    var movesStatistics = true
    let change: @Sendable (inout TrainingOptions) throws -> Void
  }

  /// A run's last weights, and what was measured at each epoch.
  private struct Outcome {
    let weights: [String: [Double]]
    let metrics: [String: [Double]]

    init(_ run: Run) throws {
      let checkpoint = try Checkpoint(contentsOf: run.checkpointPath(epoch: try #require(run.epochs.last)))
      let tensors = checkpoint.parameters.merging(checkpoint.buffers) { $1 }
      weights = try tensors.mapValues { try Tensor.copying($0).array(of: Double.self) }
      let record = run.record.metrics
      metrics = Dictionary(uniqueKeysWithValues: record.names.filter { $0 != "seconds" }.map { ($0, record[$0] ?? []) })
    }
  }

  private func compare(_ first: Outcome, _ second: Outcome, tolerance: Double) {
    for (own, others) in [(first.weights, second.weights), (first.metrics, second.metrics)] {
      #expect(own.keys.sorted() == others.keys.sorted())
      for (name, values) in own {
        let other = others[name] ?? []
        let isSame = zip(values, other).allSatisfy { value, twin in
          value == twin || (value.isNaN && twin.isNaN) || abs(value - twin) <= tolerance * max(1, abs(value))
        }
        #expect(values.count == other.count && isSame, "\(name): \(values.prefix(4)), \(other.prefix(4))")
      }
    }
  }

  private func outcome(
    _ case: Case, from base: Checkpoint, source: Datasets.Dataset, target: Datasets.Dataset, isCheckpointed: Bool,
    epochs: [Int] = [2]
  ) throws -> Outcome {
    let folder = try TemporaryFolder()
    var options = TrainingOptions()
    options.batchSize = 8
    options.learningRate = 0.05
    options.seed = 3
    options.gradientCheckpointing = isCheckpointed ? true : nil
    try `case`.change(&options)
    for (index, count) in epochs.enumerated() {
      options.epochCount = count
      var run = TrainingRun(
        options: options, path: folder.file("run"), target: target, source: source, device: .cpu)
      if index == 0 {
        try run.run(from: base, basePath: "base.h5") { _ in }
      } else {
        if base.task == "lm" { run.targetTask = "lm" }
        try run.resume { _ in }
      }
    }
    return try Outcome(Run.open(folder.file("run")))
  }

  // MARK: - A residual network with batch normalization

  private func residualNetwork() throws -> Checkpoint {
    var builder = ProgramBuilder(architecture: "residual")
    var value = builder.input("input", shape: [1, 8, 8])
    value = builder.convolution(
      value, inputChannels: 1, outputChannels: 4, kernel: 3, padding: 1, hasBias: false, layer: "stem.conv")
    for block in 0..<5 {
      let entry = value
      for part in 1...2 {
        value = builder.convolution(
          value, inputChannels: 4, outputChannels: 4, kernel: 3, padding: 1, hasBias: false,
          layer: "blocks.\(block).conv\(part)")
        value = builder.batchNormalization(value, channels: 4, layer: "blocks.\(block).norm\(part)")
        if part == 1 { value = builder.relu(value, layer: "blocks.\(block).relu") }
      }
      value = builder.add(value, entry, layer: "blocks.\(block)", kind: "Block")
      value = builder.relu(value, layer: "blocks.\(block).relu")
    }
    value = builder.flatten(value, layer: "flatten")
    let logits = builder.linear(value, inputCount: 256, outputCount: 2, layer: "fc")
    let program = try builder.build(outputs: [logits], head: "fc")
    #expect(program.segments.count == 7)
    return try Model(initializing: program, task: "source", classNames: ["a", "b"], seed: 5).checkpoint(epoch: 0)
  }

  private static let images = [
    Case(testDescription: "plain") { _ in },
    Case(testDescription: "frozen blocks, unfrozen by and by") {
      $0.frozen = ["blocks.0"]
      $0.unfreezing = .every(epochs: 1)
    },
    Case(testDescription: "adapters, accumulation", movesStatistics: false) {
      $0.adapters = LowRankOptions(rank: 2)
      $0.accumulation = 2
    },
    Case(testDescription: "penalties and answers") {
      $0.regularizers = [
        try RegularizerSpecification("l2-sp"), try RegularizerSpecification("lwf"),
        try RegularizerSpecification("ewc", ["lambda": "1"]), try RegularizerSpecification("replay", ["count": "20"]),
      ]
    },
    // Where a rate is too high, rounding grows with the loss.
    Case(testDescription: "features", tolerance: 1e-5) {
      $0.regularizers = [try RegularizerSpecification("delta")]
      $0.learningRate = 0.005
    },
    Case(testDescription: "bfloat16") { $0.precision = .bfloat16 },
  ]

  @Test(arguments: images) private func aResidualNetworkTrainsToTheSame(_ example: Case) throws {
    let source = try randomImages("source", shape: [1, 8, 8], seed: 7)
    let target = try randomImages("target", shape: [1, 8, 8], seed: 8)
    let base = try residualNetwork()
    let both = try [false, true].map {
      try outcome(example, from: base, source: source, target: target, isCheckpointed: $0)
    }
    compare(both[0], both[1], tolerance: example.tolerance)
    #expect(both[0].weights["blocks.4.norm1.running_mean"]?.contains { $0 != 0 } == example.movesStatistics)
  }

  // MARK: - A language model with a tied head

  private static let texts = [
    Case(testDescription: "plain") { _ in },
    Case(testDescription: "adapters") { $0.adapters = LowRankOptions(rank: 2) },
    Case(testDescription: "what is replayed beside") {
      $0.regularizers = [
        try RegularizerSpecification("replay"), try RegularizerSpecification("lwf"),
        try RegularizerSpecification("ewc", ["fisher": "empirical", "lambda": "0.01"]),
      ]
    },
    Case(testDescription: "bfloat16") { $0.precision = .bfloat16 },
  ]

  @Test(arguments: texts) private func aLanguageModelTrainsToTheSame(_ example: Case) throws {
    let source = try Datasets.Dataset.load(Repository.fixture("kinds/lm.h5"))
    let target = try Datasets.Dataset(
      name: "other", classNames: source.classNames, taskKind: source.taskKind, train: source.test, test: source.train)
    let base = try Checkpoint(exportedProgram: Repository.fixture("kinds/lm.pt2"), task: "lm")
    func outcome(_ isCheckpointed: Bool, epochs: [Int] = [2]) throws -> Outcome {
      try self.outcome(
        example, from: base, source: source, target: target, isCheckpointed: isCheckpointed, epochs: epochs)
    }
    let whole = try outcome(true)
    compare(try outcome(false), whole, tolerance: 0)
    compare(whole, try outcome(true, epochs: [1, 2]), tolerance: 0)
  }

  // MARK: - The option

  @Test func aNetworkOfOneBlockIsRefused() throws {
    var builder = ProgramBuilder(architecture: "logistic")
    let input = builder.input("input", shape: [4])
    let logits = builder.linear(input, inputCount: 4, outputCount: 2, layer: "fc")
    let program = try builder.build(outputs: [logits], head: "fc")
    var options = TrainingOptions()
    try options.checkCheckpointing(of: program)
    options.gradientCheckpointing = true
    #expect(
      throws: TrainingError.invalidOption(
        .gradientCheckpointing, allowed: "left out where the network is one block", found: "'logistic'")
    ) { try options.checkCheckpointing(of: program) }
  }

  /// What a run stored before there was such an option is read as it was, and written as it was.
  @Test func withoutItTheOptionsAreStoredAsBefore() throws {
    var options = TrainingOptions()
    #expect(try !options.json.contains("gradientCheckpointing"))
    #expect(TrainingOptions(json: try options.json) == options)
    options.gradientCheckpointing = true
    #expect(TrainingOptions(json: try options.json)?.gradientCheckpointing == true)
  }
}
