import Datasets
import Models
import Programs
import Testing

@testable import Training

/// When frozen layers are computed once, and when at every step.
@Suite struct StoringChoiceTests {
  private struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let isStored: Bool
    let change: @Sendable (inout TrainingOptions) throws -> Void

    init(_ description: String, isStored: Bool, _ change: @escaping @Sendable (inout TrainingOptions) throws -> Void) {
      testDescription = description
      self.isStored = isStored
      self.change = change
    }
  }

  private static let cases = [
    Case("a frozen layer", isStored: true) { _ in },
    Case("nothing frozen", isStored: false) { $0.frozen = [] },
    Case("the head alone", isStored: true) { ($0.frozen, $0.trainsHeadOnly) = ([], true) },
    Case("a rate of zero", isStored: true) {
      ($0.frozen, $0.rateRules) = ([], [GlobRule(pattern: "layers.0.*", value: 0)])
    },
    Case("a frozen layer above a trained one", isStored: false) { $0.frozen = ["layers.2"] },
    Case("one epoch", isStored: false) { $0.epochCount = 1 },
    Case("changed images", isStored: false) { $0.transform = try ImageTransform(["flip"]) },
    Case("low precision", isStored: false) { $0.precision = .bfloat16 },
    Case("unfreezing down to what stays frozen", isStored: true) { $0.unfreezing = .every(epochs: 1) },
    Case("unfreezing all", isStored: false) { ($0.frozen, $0.unfreezing) = ([], .every(epochs: 1)) },
    Case("adapters below", isStored: false) { ($0.frozen, $0.adapters) = ([], LowRankOptions(rank: 2)) },
    Case("adapters above", isStored: true) {
      ($0.frozen, $0.adapters) = ([], LowRankOptions(rank: 2, layers: "layers.2.*"))
    },
    Case("pulls", isStored: true) {
      $0.regularizers = try ["l2", "l2-sp", "l1-sp", "gl-sp", "ewc:lambda=0.1", "mas:lambda=0.001"].map {
        try RegularizerSpecification(parsing: $0)
      }
    },
    Case("the source head's answers", isStored: true) { $0.regularizers = [try RegularizerSpecification("lwf")] },
    Case("spectral shrinkage", isStored: true) { $0.regularizers = [try RegularizerSpecification("bss")] },
    Case("features below", isStored: false) { $0.regularizers = [try RegularizerSpecification("delta")] },
    Case("source examples beside", isStored: false) { $0.regularizers = [try RegularizerSpecification("replay")] },
    Case("source examples beside, with logits", isStored: false) {
      $0.regularizers = [try RegularizerSpecification("der++")]
    },
    Case("a declared regularizer on features above", isStored: true) {
      $0.regularizers = [try Watching.specification(layer: "layers.2")]
    },
    Case("a declared regularizer on features below", isStored: false) {
      $0.regularizers = [try Watching.specification(layer: "layers.0")]
    },
  ]

  private struct Watching: Regularizer {
    static func specification(layer: String) throws -> RegularizerSpecification {
      RegularizerKind.register(
        RegularizerKind("watching", "nothing", settings: [.text("layer", "layers.2", "the layer")]) {
          Watching(capturedLayers: [try $0.settings.text("layer")])
        })
      return try RegularizerSpecification("watching", ["layer": layer])
    }

    let capturedLayers: [String]
    let isIndependentOfInputs = true
    func summary(stepsPerEpoch: Int) -> String { "watching" }
  }

  /// 64-16-12-2 with the head `target` in place and `source` beside it.
  private func trainer(_ change: (inout TrainingOptions) throws -> Void) throws -> (Trainer, Datasets.Dataset) {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 8, 8], classCount: 2, hiddenSizes: [16, 12]))
    let model = try Model(initializing: program, task: "source", classNames: ["a", "b"], seed: 1)
    try model.addHead(task: "target", classNames: ["a", "b"], labelMap: [0, 1], seed: 2)
    let (target, source) = try (
      randomImages("target", shape: [1, 8, 8], seed: 3), randomImages("source", shape: [1, 8, 8], seed: 4)
    )
    var options = TrainingOptions()
    options.frozen = ["layers.0"]
    try change(&options)
    let trainer = try Trainer(
      model, on: target.train, dataset: "target", options: options,
      sources: [SourceTask(task: "source", dataset: "source", examples: source.train)])
    return (trainer, target)
  }

  private func store(_ trainer: Trainer, _ data: Datasets.Dataset, memoryLimit: Int = .max) throws -> [Split]? {
    try trainer.storeFrozenLayers(
      besides: [Trainer.Judged(dataset: data.name, split: data.test)], memoryLimit: memoryLimit)?.splits
  }

  @Test(arguments: cases) private func theChoiceFollowsTheOptions(_ example: Case) throws {
    let (trainer, data) = try trainer(example.change)
    let stored = try store(trainer, data)
    #expect((stored != nil) == example.isStored)
    #expect((trainer.network !== trainer.model) == example.isStored)
    #expect(stored?.map(\.count) == (example.isStored ? [20] : nil))
    // Either way it trains, what is frozen unchanged.
    _ = try trainer.runEpoch(1)
  }

  @Test func storedValuesMustFitIntoMemory() throws {
    // 40 and 20 examples, 16 numbers of 4 bytes each: 3840 bytes.
    let (fitting, data) = try trainer { _ in }
    #expect(try store(fitting, data, memoryLimit: 3840) != nil)
    let (large, _) = try trainer { _ in }
    #expect(try store(large, data, memoryLimit: 3839) == nil)
    #expect(StoredLayers.memoryLimit > 0)
  }
}
