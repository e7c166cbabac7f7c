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
import Training

@testable import Analysis

/// Models in which the cause of forgetting is planted: the diagnosis has to find it.
@Suite struct PlantedCausesTests {
  private func diagnosis(
    test: String = #function, _ change: (Model) throws -> Void
  ) throws -> (diagnosis: DiagnosisFinding, remedies: [TriedRemedy], models: ComparedModels, seed: UInt64) {
    let seed = TestSeed.any(below: 1_000_000, test: test)
    let source = try PlantedModels.data("source", seed: seed)
    let model = try PlantedModels.trained(on: source, seed: seed)
    let before = try model.checkpoint(epoch: 0)
    try withoutGradients { try change(model) }
    // Another task's head is in place afterwards, as after fine-tuning.
    let target = try PlantedModels.data("target", seed: seed + 1)
    try model.addHead(task: "target", classNames: target.classNames, labelMap: target.labelMap, seed: seed)
    let models = try ComparedModels(
      before: before, after: model.checkpoint(epoch: 1), source: source, target: nil, testCount: 400)
    let finding = try DiagnosisMeasure(models, probes: ProbeData(source, trainCount: 400)).finding()
    return (finding, try RemedyMeasure(models).tried(), models, seed)
  }

  @Test func spoiledRunningStatisticsAreFound() throws {
    let (result, remedies, _, seed) = try diagnosis { model in
      try #require(model.buffers["norm.running_mean"]).fill(3)
      try #require(model.buffers["norm.running_var"]).fill(0.05)
    }
    let parts = result.causes
    #expect(result.forgetting.before > 0.9 && result.forgetting.after < 0.8, "seed \(seed)")
    #expect(
      parts[0].loss.value > 0.8 * (result.forgetting.before - result.forgetting.after) && parts[0].loss.low > 0,
      "\(parts), seed \(seed)")
    // What the statistics cost is laid to no layer: measured anew, they bring it back.
    #expect(result.baseline.restoresStatistics && result.baseline.change != .loss, "\(result.baseline), seed \(seed)")
    for layer in result.layers {
      #expect(![.lostHere, .critical, .lostTogether].contains(layer.verdict), "\(layer), seed \(seed)")
    }
    #expect(
      remedies.first?.finding.action.hasPrefix("re-estimate") == true
        || remedies.first?.finding.action.contains("norm") == true)
  }

  @Test func bothOrdersTogetherSumToTheWhole() throws {
    let (result, _, models, seed) = try diagnosis { model in
      try #require(model.buffers["norm.running_mean"]).fill(1)
      let head = try #require(model.heads["source"]).tensors
      let order = try Tensor([1, 2, 3, 0] as [Int64])
      for (_, tensor) in head { try tensor.copyInPlace(from: tensor.detached().cloned().selecting(order, along: 0)) }
    }
    let averaged = try WaterfallMeasure(models, averagesOrders: true).causes()
    for causes in [averaged, result.causes] {
      let sum = causes.reduce(0) { $0 + $1.loss.value }
      #expect(abs(sum - (result.forgetting.before - result.forgetting.after)) < 1e-9, "seed \(seed)")
    }
    // The order matters for how the first two share, not for what is left.
    #expect(averaged[2].loss.value == result.causes[2].loss.value)
    #expect(averaged[1].loss.value > 0.3, "\(averaged), seed \(seed)")
  }

  @Test func aRotatedHeadIsFound() throws {
    let (result, remedies, models, seed) = try diagnosis { model in
      let head = try #require(model.heads["source"]).tensors
      let order = try Tensor([1, 2, 3, 0] as [Int64])
      for (_, tensor) in head { try tensor.copyInPlace(from: tensor.detached().cloned().selecting(order, along: 0)) }
    }
    let parts = result.causes
    #expect(
      parts[1].loss.value > 0.9 * (result.forgetting.before - result.forgetting.after) && parts[1].loss.low > 0,
      "\(parts), seed \(seed)")
    #expect(abs(parts[0].loss.value) < 0.05 && abs(parts[2].loss.value) < 0.05, "\(parts), seed \(seed)")
    #expect(result.layers.allSatisfy { $0.verdict == .unchanged && $0.drift == 0 })
    let best = try #require(remedies.first)
    #expect(best.finding.action == "refit the source head" && best.finding.gain.value > 0.5)
    // What is applied is what was measured.
    let repaired = try Model(models.checkpoint(applying: best, epoch: 1))
    try repaired.activate(task: "source")
    let score = try Evaluator().evaluate(repaired, on: models.source.test, dataset: "source").value
    #expect(score > result.forgetting.before - 0.05, "seed \(seed)")
  }

  @Test func aHeadThatWasPoorBeforeTakesNothingOffTheFeatures() throws {
    // The same features before and after; the head is poor before and poorer after.
    let seed = TestSeed.any(below: 1_000_000)
    let source = try PlantedModels.data("source", seed: seed)
    let model = try PlantedModels.trained(on: source, seed: seed)
    let head = try #require(model.heads["source"]).tensors
    let bias = try #require(head.values.first { $0.shape == [4] })
    func favour(_ amount: Float) throws {
      try withoutGradients { try bias.addInPlace(Tensor([amount, 0, 0, 0] as [Float])) }
    }
    func score() throws -> Double {
      try Evaluator().evaluate(model, on: source.test, dataset: "source").value
    }
    while try score() > 0.85 { try favour(0.25) }
    let (before, start) = (try model.checkpoint(epoch: 0), try score())
    while try score() > start - 0.1 { try favour(0.25) }
    let models = try ComparedModels(
      before: before, after: model.checkpoint(epoch: 1), source: source, target: nil, testCount: 400)
    for averages in [false, true] {
      let parts = try WaterfallMeasure(models, averagesOrders: averages).causes()
      let whole = try lost(of: models)
      #expect(whole > 0.05 && abs(parts.reduce(0) { $0 + $1.loss.value } - whole) < 1e-9, "\(parts), seed \(seed)")
      // The statistics measured anew are nearly, but not quite, those of training.
      #expect(abs(parts[1].loss.value - whole) < 0.04 && abs(parts[2].loss.value) < 0.03, "\(parts), seed \(seed)")
    }
    let gain = try fraction(models.refittedHead().answers.isCorrect) - fraction(models.answersAfter().source.isCorrect)
    #expect(try gain > lost(of: models) + 0.05, "a better head would have helped before too: \(gain), seed \(seed)")
  }

  private func fraction(_ isCorrect: [Bool]) -> Double {
    Double(isCorrect.count { $0 }) / Double(isCorrect.count)
  }

  private func lost(of models: ComparedModels) throws -> Double {
    fraction(try models.answersBefore().isCorrect) - fraction(try models.answersAfter().source.isCorrect)
  }

  @Test func permutedUnitsAreHarmless() throws {
    // The rows of one layer and the columns of the next one in the same new order: the same function.
    let (result, _, _, seed) = try diagnosis { model in
      let order = try Tensor((0..<32).map { Int64(($0 + 11) % 32) })
      for name in ["hidden1.weight", "hidden1.bias"] {
        let tensor = try #require(model.parameters[name])
        try tensor.copyInPlace(from: tensor.detached().cloned().selecting(order, along: 0))
      }
      let next = try #require(model.parameters["hidden2.weight"])
      try next.copyInPlace(from: next.detached().cloned().selecting(order, along: 1))
    }
    #expect(abs(result.forgetting.loss.value) < 0.01 && result.forgetting.pairedPValue > 0.05, "seed \(seed)")
    let permuted = try #require(result.layers.first { $0.layer == "hidden1" })
    #expect(
      permuted.drift > 0.5 && permuted.similarity.value > 0.99 && abs(permuted.probeDrop.value) < 0.03, "seed \(seed)")
    #expect(permuted.verdict == .harmless, "\(permuted), seed \(seed)")
  }

  @Test func aLayerOfNoiseIsWhereItWasLost() throws {
    let (result, remedies, _, seed) = try diagnosis { model in
      try PlantedModels.noise(try #require(model.parameters["hidden1.weight"]), 1, seed: 3)
    }
    #expect(result.forgetting.before - result.forgetting.after > 0.1, "seed \(seed)")
    for layer in result.layers {
      #expect((layer.verdict == .lostHere) == (layer.layer == "hidden1"), "\(layer), seed \(seed)")
    }
    let rewound = try #require(remedies.map(\.finding).first { $0.kind == .rewind })
    #expect(rewound.action == "rewind hidden1" && rewound.gain.value > 0.1, "\(rewound.action), seed \(seed)")
  }

  @Test func layersOfAnotherSeedAreFoundTogether() throws {
    // Another network: its layers fit each other, not these.
    let other = try PlantedModels.trained(on: try PlantedModels.data("source", seed: 77), seed: 78)
    let (result, remedies, _, seed) = try diagnosis { model in
      for name in ["hidden1", "hidden2"].flatMap({ [$0 + ".weight", $0 + ".bias"] }) {
        let tensor = try #require(model.parameters[name])
        try tensor.copyInPlace(from: try #require(other.parameters[name]))
      }
    }
    #expect(result.forgetting.before - result.forgetting.after > 0.2, "seed \(seed)")
    for layer in result.layers {
      let isFound = [.lostHere, .lostTogether].contains(layer.verdict)
      #expect(isFound == layer.layer.hasPrefix("hidden"), "\(layer), seed \(seed)")
    }
    let rewound = try #require(remedies.map(\.finding).first { $0.kind == .rewind })
    #expect(
      ["rewind hidden1, hidden2", "rewind hidden2, hidden1"].contains(rewound.action) && rewound.gain.value > 0.2,
      "\(rewound.action), seed \(seed)")
  }

  /// Examples whose classes take turns: each half has all of them.
  @Test func halvesAreDrawn() {
    for count in [4, 5, 400] {
      let halves = [Half.choosing, .judging].map { $0.indices(of: count) }
      #expect(halves.flatMap(\.self).sorted() == Array(0..<count) && abs(halves[0].count - halves[1].count) < 2)
      #expect(halves.allSatisfy { $0 == $0.sorted() })
    }
    for half in [Half.choosing, .judging] {
      let members = Dictionary(grouping: half.indices(of: 400)) { $0 % 4 }
      #expect(members.count == 4 && members.values.allSatisfy { $0.count > 30 })
    }
  }

  @Test func aProxyCountsAgreementWithTheModelBefore() throws {
    let seed: UInt64 = 9
    let source = try PlantedModels.data("source", seed: seed)
    let model = try PlantedModels.trained(on: source, seed: seed)
    let before = try model.checkpoint(epoch: 0)
    try withoutGradients { try PlantedModels.noise(try #require(model.parameters["hidden1.weight"]), 1, seed: 3) }
    // Labels that mean nothing, and are too few for the head.
    let proxy = try Datasets.Dataset(
      name: "others", classNames: ["one"], train: source.train.relabelled([Int32](repeating: 0, count: 400)),
      test: source.test.relabelled([Int32](repeating: 0, count: 400)))
    let models = try ComparedModels(
      before: before, after: model.checkpoint(epoch: 1), source: proxy, target: nil, isProxy: true)
    let result = try DiagnosisMeasure(models).finding()
    #expect(result.forgetting.before == 1)
    let (first, second) = (try Model(before), model)
    let answers = try [first, second].map {
      try Evaluator().evaluate($0, on: source.test, dataset: "source").predictions
    }
    let agreement = Double(zip(answers[0], answers[1]).count { $0 == $1 }) / 400
    #expect(abs(result.forgetting.after - agreement) < 1e-12)
    #expect(result.layers.first { $0.verdict == .lostHere }?.layer == "hidden1")
  }

  @Test func controlsSayWhatIsKnown() throws {
    let (result, _, _, seed) = try diagnosis { model in
      try PlantedModels.noise(try #require(model.parameters["hidden1.weight"]), 1, seed: 3)
    }
    #expect(!result.layers.isEmpty)
    for layer in result.layers {
      #expect(abs(layer.controls.itself - 1) < 1e-9, "\(layer.layer), seed \(seed)")
      #expect(layer.controls.untrained < 0.999, "\(layer.layer), seed \(seed)")
    }
    #expect(result.examples.count { $0.isLost } == result.forgetting.lost, "seed \(seed)")
    #expect(result.examples.count { !$0.isLost } == result.forgetting.gained, "seed \(seed)")
    #expect(result.examples.allSatisfy { (0...1.000001).contains($0.confidenceAfter) })
  }

  @Test func equalModelsForgetNothing() throws {
    let (result, remedies, _, seed) = try diagnosis { _ in }
    #expect(result.forgetting.loss.value == 0 && result.forgetting.pairedPValue == 1, "seed \(seed)")
    #expect(result.layers.allSatisfy { $0.drift == 0 && $0.gain.value == 0 && $0.verdict == .unchanged })
    #expect(remedies.allSatisfy { $0.finding.gain.value < 0.05 }, "\(remedies.map(\.finding.action)), seed \(seed)")
    // A probe of permuted labels knows nothing.
    #expect(result.probeControls.permuted.mean < 0.5 && result.probeControls.permuted.scores.count == 5)
  }

}
