import Checkpoints
import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Programs
import TestSupport
import Testing
import Torch
import Training

@testable import Analysis

/// A model whose head says the same with too much certainty: nothing is lost but what its confidence is worth.
@Suite struct ConfidenceDiagnosisTests {
  /// Two overlapping clouds, so that nobody can be sure.
  private func data(_ name: String, seed: UInt64) throws -> Datasets.Dataset {
    var random = RandomSource(seed: seed)
    func split(_ count: Int) -> Split {
      let values = (0..<count).flatMap { index in
        (0..<16).map { place in Float((index % 2 == 0 ? 0.25 : -0.25) * (place < 8 ? 1 : 0) + random.normal()) }
      }
      return Split(
        inputs: [InputArray(rows: TensorView(values, shape: [count, 1, 4, 4]))],
        labels: (0..<count).map { Int32($0 % 2) })
    }
    return try Datasets.Dataset(name: name, classNames: ["a", "b"], train: split(400), test: split(1000))
  }

  private func models(
    sharpness: Double, seed: UInt64
  ) throws -> (models: ComparedModels, before: Checkpoint, source: Datasets.Dataset) {
    let source = try data("source", seed: seed)
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 4, 4], classCount: 2, hiddenSizes: [8]))
    let model = try Model(initializing: program, task: "source", classNames: source.classNames, seed: seed)
    model.preprocessing = Preprocessing(scale: 1, mean: [0], standardDeviation: [1])
    var options = TrainingOptions()
    options.batchSize = 40
    options.learningRate = 0.05
    let trainer = try Trainer(model, on: source.train, dataset: source.name, options: options)
    for epoch in 1...4 { _ = try trainer.runEpoch(epoch) }
    let before = try model.checkpoint(epoch: 0)
    try withoutGradients {
      for tensor in (model.heads["source"]?.tensors ?? [:]).values {
        try tensor.copyInPlace(from: tensor.multiply(by: sharpness))
      }
    }
    let target = try data("target", seed: seed + 1)
    try model.addHead(task: "target", classNames: target.classNames, labelMap: target.labelMap, seed: seed)
    let models = try ComparedModels(
      before: before, after: model.checkpoint(epoch: 1), source: source, target: target, testCount: 1000)
    return (models, before, source)
  }

  @Test func confidenceIsACauseOfItsOwnAndATemperatureMendsIt() throws {
    let seed = TestSeed.any(below: 1_000_000)
    let (models, _, _) = try models(sharpness: 6, seed: seed)
    let finding = try DiagnosisMeasure(models).finding()
    let confidence = try #require(finding.confidence)
    #expect(finding.forgetting.final == 0 && finding.forgetting.change == .none)
    #expect(confidence.isCause && confidence.change.isLoss, "seed \(seed): \(confidence)")
    // It is no part of what was lost of the score.
    #expect(finding.established.isEmpty)
    let mending = try #require(finding.mending, "seed \(seed)")
    #expect(mending.remedy.kind == .temperature && mending.remedy.cost.value == 0)
    #expect(mending.confidence.change.isGain && mending.confidence.change.count == 500)
    // Applied, its scores are divided by the temperature.
    let tried = try RemedyMeasure(models).tried()
    #expect(tried.indices.contains(mending.number - 1))
    let mended = try Model(models.checkpoint(applying: tried[mending.number - 1], epoch: 1))
    let batch = try #require(try Batches(split: models.sourceTest, batchSize: 50).makeIterator().next())
    func scores(_ model: Model) throws -> [Double] {
      try model.withHead(of: "source") {
        try withoutGradients { try model.run(try batch.modelInputs(for: model)).logits.array(of: Double.self) }
      }
    }
    let temperature = mending.confidence.temperature
    for (own, other) in zip(try scores(mended), try scores(models.after)) {
      #expect(abs(own - other / temperature) <= 1e-4 * max(1, abs(other)), "\(own), \(other) at \(temperature)")
    }
    #expect(try models.sourceAnswers(mended).score == models.answersAfter().source.score)
  }

  @Test func whereNothingChangedNothingIsMended() throws {
    let seed = TestSeed.any(below: 1_000_000)
    let (models, before, source) = try models(sharpness: 1, seed: seed)
    let change = try #require(try ConfidenceMeasure(models).change())
    #expect(!change.isEstablished && change.calibrationErrorRise.value == 0)
    #expect(try ConfidenceMeasure(models).temperature() == nil)
    // The labels of a proxy are what the model before said, of which it cannot be too sure.
    let proxy = try ComparedModels(before: before, after: before, source: source, target: nil, isProxy: true)
    #expect(try ConfidenceMeasure(proxy).change() == nil)
  }
}
