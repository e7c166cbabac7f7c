import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
import Metrics
import Models
import TestSupport
import Testing
import Torch

@testable import Training

/// Fine-tuning of tasks that are no classification.
@Suite struct TaskKindTrainingTests {
  private func base(_ name: String) throws -> Checkpoint {
    try Checkpoint(exportedProgram: Repository.fixture("kinds/\(name).pt2"), task: name)
  }

  private func data(_ name: String) throws -> Datasets.Dataset { try .load(Repository.fixture("kinds/\(name).h5")) }

  /// The same examples with training and test exchanged: another task of the same kind.
  private func other(_ name: String) throws -> Datasets.Dataset {
    let data = try data(name)
    return try Datasets.Dataset(
      name: "other", classNames: data.classNames, taskKind: data.taskKind, train: data.test, test: data.train)
  }

  private func options(_ change: (inout TrainingOptions) throws -> Void = { _ in }) rethrows -> TrainingOptions {
    var options = TrainingOptions()
    options.epochCount = 2
    options.batchSize = 8
    options.learningRate = 0.2
    options.seed = 3
    try change(&options)
    return options
  }

  /// Ten steps of gradient descent on batches in order, as transformers' loss with `labels=` gives them.
  @Test func theLossCurveIsThatOfTransformers() throws {
    let text = try Data(contentsOf: URL(fileURLWithPath: Repository.fixture("kinds/expected.json")))
    let all = try #require(try JSONSerialization.jsonObject(with: text) as? [String: [String: Any]])
    let curve = try #require(all["lm"]?["curve"] as? [Double])
    let (model, data) = (try Model(base("lm")), try data("lm"))
    let trainer = try Trainer(
      model, on: data.train, dataset: "lm",
      options: options {
        $0.learningRate = 0.5
        $0.momentum = 0
        $0.batchSize = 6
      }, kind: TaskKinds.kind(of: data, for: model))
    for (batch, expected) in zip(try Batches(split: data.train, batchSize: 6), curve) {
      let loss = try trainer.step(batch, epoch: 1).loss
      #expect(abs(loss - expected) < 1e-5)
    }
  }

  /// Outputs of half precision are widened slice by slice: the losses are those of whole ones but for the rounding of the
  /// network's own numbers, of eight bits.
  @Test func aLanguageModelTrainsInBfloat16() throws {
    let data = try data("lm")
    let losses = try [Precision.float32, .bfloat16].map { precision in
      let model = try Model(base("lm"))
      let trainer = try Trainer(
        model, on: data.train, dataset: "lm",
        options: options {
          $0.learningRate = 0.5
          $0.precision = precision
        }, kind: TaskKinds.kind(of: data, for: model))
      return try (1...3).map { try trainer.runEpoch($0).loss }
    }
    for (full, mixed) in zip(losses[0], losses[1]) { #expect(abs(full - mixed) < 0.02 * full, "\(full), \(mixed)") }
    #expect(losses[0] != losses[1])
  }

  /// Two batches of one step weigh by their tokens: the step is that of one batch of all.
  @Test func accumulatedBatchesWeighByTheirTokens() throws {
    func weights(_ change: (inout TrainingOptions) -> Void) throws -> [Double] {
      let (model, data) = (try Model(base("lm")), try data("lm"))
      let split = data.train.selecting([0, 1, 2, 3, 8, 11])
      let trainer = try Trainer(
        model, on: split, dataset: "lm", options: options(change), kind: TaskKinds.kind(of: data, for: model))
      _ = try trainer.runEpoch(1)
      return try #require(model.parameters["model.transformer.h.0.mlp.c_fc.weight"]).array(of: Double.self)
    }
    let whole = try weights { $0.batchSize = 6 }
    let parts = try weights {
      $0.batchSize = 2
      $0.accumulation = 3
    }
    #expect(try #require(largestDifference(whole, parts)).value < 1e-6)
  }

  @Test(arguments: ["lm", "tags", "pixels", "many", "numbers"])
  func aRunOfEveryKindIsWatchedStoredAndResumed(name: String) throws {
    let folder = try TemporaryFolder()
    func run(_ path: String, epochs: Int) throws -> TrainingRun {
      TrainingRun(
        options: try options {
          $0.epochCount = epochs
          $0.learningRate = name == "numbers" ? 0.005 : 0.2
          $0.regularizers = [
            try RegularizerSpecification("l2-sp"), try RegularizerSpecification("replay"),
            try RegularizerSpecification("ewc", ["fisher": "empirical", "lambda": "0.01"]),
          ]
        }, path: folder.file(path), target: try other(name), source: try data(name), device: .cpu)
    }
    let whole = try run("whole", epochs: 2).run(from: base(name), basePath: "") { _ in }
    #expect(whole.count == 3)
    try run("parts", epochs: 1).run(from: base(name), basePath: "") { _ in }
    var resumed = try run("parts", epochs: 2)
    if name == "lm" { resumed.targetTask = "lm" }
    try resumed.resume { _ in }
    let (first, second) = (try Run.open(folder.file("whole")), try Run.open(folder.file("parts")))
    func weights(_ run: Run) throws -> [String: String] {
      try Checkpoint(contentsOf: run.checkpointPath(epoch: 2)).parameters.mapValues(\.checksum)
    }
    #expect(try weights(first) == weights(second))
    let kind = try TaskKinds.kind(of: data(name), for: Model(base(name)))
    #expect(first.record.data.source?.taskKind == kind.name)
    // What is stored says what was measured, to the last bit.
    let stored = first.record.epochRecords
    #expect(stored.map { $0.source?.scored } == whole.map { $0.source?.scored })
    let forgetting = try #require(first.forgetting)
    #expect(forgetting.score == kind.score)
    let (before, after) = (try #require(whole[0].source), try #require(whole[2].source))
    #expect(forgetting.final == kind.score.decline(from: before.value, to: after.value))
    #expect(forgetting.low <= forgetting.final && forgetting.final <= forgetting.high)
    #expect(forgetting.sourceCount == 64)
    #expect(forgetting.further?.count ?? 0 == kind.scores.count - 1)
    #expect(first.finding.epochs[2].source?.score == kind.score)
  }

  @Test func aLanguageModelKeepsItsHead() throws {
    let folder = try TemporaryFolder()
    var run = TrainingRun(
      options: options { $0.epochCount = 1 }, path: folder.file("run"), target: try other("lm"),
      source: try data("lm"), device: .cpu)
    let records = try run.run(from: base("lm"), basePath: "") { _ in }
    #expect(!records[0].targetHeadIsNew)
    let checkpoint = try Checkpoint(contentsOf: Run.open(folder.file("run")).checkpointPath(epoch: 1))
    #expect(checkpoint.heads.keys.sorted() == ["lm"])
    run.path = folder.file("new")
    run.targetHead = .new
    #expect(throws: TrainingError.headCannotBeNew(kind: "causal language model")) {
      try run.run(from: base("lm"), basePath: "") { _ in }
    }
    #expect(try folder.names == ["run"])
  }

  /// Any kind can keep the source's head: both tasks are then judged with it.
  @Test func aTaggerKeepsItsHeadWhereItIsAskedTo() throws {
    let folder = try TemporaryFolder()
    var run = TrainingRun(
      options: options { $0.epochCount = 1 }, path: folder.file("run"), target: try other("tags"),
      source: try data("tags"), device: .cpu)
    run.targetHead = .keep
    let records = try run.run(from: base("tags"), basePath: "") { _ in }
    #expect(!records[0].targetHeadIsNew)
    #expect(try Run.open(folder.file("run")).record.data.target?.head == "tags")
  }

  @Test func whatIsForClassesIsRefused() throws {
    func refusal(_ name: String, _ change: (inout TrainingOptions) throws -> Void) throws -> String {
      let run = TrainingRun(
        options: try options(change), path: "", target: try other(name), source: try data(name), device: .cpu)
      do {
        try run.check(base(name))
        let model = try Model(base(name))
        _ = try Trainer(
          model, on: run.target.train, dataset: name, options: run.options,
          kind: TaskKinds.kind(of: run.target, for: model),
          sources: [
            SourceTask(
              task: name, dataset: name, examples: data(name).train, kind: TaskKinds.kind(of: data(name), for: model))
          ])
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      try refusal("lm") { $0.classWeights = .balanced } == "classWeights is for classes, not for causal language model")
    #expect(try refusal("numbers") { $0.labelSmoothing = 0.1 } == "labelSmoothing is for classes, not for regression")
    #expect(try refusal("tags") { $0.labelSmoothing = 0.1 } == "")
    #expect(
      try refusal("pixels") { $0.transform = try ImageTransform(["flip"]) }
        == "augmentation is for classes, not for segmentation")
    #expect(try refusal("lm") { $0.regularizers = [try RegularizerSpecification("lwf")] } == "")
    #expect(
      try refusal("lm") { $0.regularizers = [try RegularizerSpecification("ewc")] }
        == "regularizer 'ewc:fisher=exact' is not for causal language model of 12 tokens × 40 classes, a backward pass each; "
        + "fisher=empirical is")
    #expect(
      try refusal("numbers") { $0.regularizers = [try RegularizerSpecification("ewc")] }
        == "regularizer 'ewc:fisher=exact' is not for regression; fisher=empirical is")
  }

  /// Of nats the fewest are the best.
  @Test func theBestEpochOfALanguageModelIsTheOneOfTheLeastLoss() throws {
    let figures: [[SelectionRule.Quantity: Double]] = [[.target: 3], [.target: 2], [.target: 2.5]]
    #expect(SelectionRule.target.best(of: figures, lowIsBetter: [.target])?.index == 1)
    #expect(SelectionRule.target.best(of: figures)?.index == 0)
    let folder = try TemporaryFolder()
    let run = TrainingRun(
      options: options {
        $0.epochCount = 4
        $0.learningRate = 0.1
        $0.selection = .target
      }, path: folder.file("run"), target: try other("lm"), source: try data("lm"), device: .cpu)
    let records = try run.run(from: base("lm"), basePath: "") { _ in }
    let losses = try records.dropFirst().map { try #require($0.validation.target).value }
    let best = try #require(losses.indices.min { losses[$0] < losses[$1] })
    #expect(try Run.open(folder.file("run")).record.bestEpoch == best + 1)
  }
}
