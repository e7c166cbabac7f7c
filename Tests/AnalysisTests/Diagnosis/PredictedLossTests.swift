import Checkpoints
import Datasets
import Foundation
import Metrics
import Models
import TestSupport
import Testing
import Torch
import Training

@testable import Analysis

@Suite struct PredictedLossTests {
  @Test func driftIsWeighedByTheFisherInformation() throws {
    // A step δ of one weight alone: ½ F δ².
    let seed = TestSeed.any(below: 1_000_000)
    let source = try PlantedModels.data("source", seed: seed)
    let model = try PlantedModels.trained(on: source, seed: seed)
    let before = try model.checkpoint(epoch: 0)
    let weight = try #require(model.parameters["hidden1.weight"])
    try weight.setRequiresGradient(true)
    let importance = try ImportanceEstimate(.exact, of: [weight], in: model, on: source.train).values[0]
      .array(of: Double.self)
    let heaviest = try #require(importance.indices.max { importance[$0] < importance[$1] })
    // Of all four labels, however unlikely: of a model that is sure, those are what there is.
    var information = 0.0
    for batch in try Batches(split: source.train, batchSize: 1) {
      let logarithms = try model.run(batch.modelInputs(for: model)).logits.logSoftmax(along: 1)
      for (label, logarithm) in try logarithms.detached().array(of: Double.self).enumerated() {
        let chosen = try logarithms.narrowed(along: 1, from: label, count: 1).sum()
        let slope = try #require(try chosen.gradients(of: [weight], keepsGraph: true)[0]).array(of: Double.self)[
          heaviest]
        information += exp(logarithm) * slope * slope / 400
      }
    }
    try withoutGradients {
      let step = try Tensor(importance.indices.map { Float($0 == heaviest ? 0.01 : 0) }, shape: weight.shape)
      try weight.addInPlace(step)
    }
    let models = try ComparedModels(before: before, after: model.checkpoint(epoch: 1), source: source, target: nil)
    let measure = PredictedLossMeasure(models)
    let predicted = try measure.losses(of: models.rewindUnits, sampleCount: 400, labelCount: 4)
    #expect(predicted["hidden2"]?.value == 0 && predicted["conv1"]?.value == 0)
    let expected = information * 0.01 * 0.01 / 2
    let found = try #require(predicted["hidden1"])
    #expect(expected > 0 && abs(found.value / expected - 1) < 1e-3, "\(found) for \(expected), seed \(seed)")
    #expect(found.low < found.value && found.value < found.high, "\(found)")
  }

  /// Two labels an example in place of all four: what the draw adds is in the interval, and is nothing on average.
  @Test func drawnLabelsPredictWhatAllLabelsDo() throws {
    let seed = TestSeed.any(below: 1_000_000)
    let source = try PlantedModels.data("source", seed: seed)
    let model = try PlantedModels.trained(on: source, seed: seed)
    let before = try model.checkpoint(epoch: 0)
    try withoutGradients {
      for name in ["conv1.weight", "hidden1.weight"] {
        try PlantedModels.noise(try #require(model.parameters[name]), 0.02, seed: seed)
      }
    }
    let models = try ComparedModels(before: before, after: model.checkpoint(epoch: 1), source: source, target: nil)
    let measure = PredictedLossMeasure(models)
    let units = models.rewindUnits.filter { ["conv1", "hidden1"].contains($0.name) }
    let exact = try measure.losses(of: units, labelCount: 4)
    let drawn = try (0..<12).map { try measure.losses(of: units, seed: $0) }
    for unit in units {
      let all = try #require(exact[unit.name]).value
      let found = drawn.compactMap { $0[unit.name] }
      let values = found.map(\.value)
      let mean = MeanInterval(values, within: -Double.infinity...Double.infinity)
      let error = (values.reduce(0) { $0 + ($1 - mean.mean) * ($1 - mean.mean) } / 11 / 12).squareRoot()
      // Of twelve draws the mean is five standard errors away once in a thousand tests or less.
      #expect(
        all > 0 && abs(mean.mean - all) < 5 * error + 1e-3 * all, "\(unit.name): \(values) for \(all), seed \(seed)")
      let covering = found.count { $0.low <= all && all <= $0.high }
      #expect(covering >= 10, "\(unit.name): \(found) for \(all), seed \(seed)")
    }
    // One seed, one answer.
    #expect(try measure.losses(of: units) == measure.losses(of: units))
  }
}
