import Checkpoints
import Datasets
import Evaluation
import Models
import Programs
import TestSupport
import Testing
import Torch
import Training

@testable import Analysis

/// All scores of a network at once, on real images.
@Suite struct TransferScoresTests {
  private func model(task: String) throws -> Model {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 28, 28], classCount: 5, hiddenSizes: [24, 12]))
    return try Model(initializing: program, task: task, classNames: ["a", "b", "c", "d", "e"], seed: 3)
  }

  private func data() throws -> ProbeData {
    let dataset = try Datasets.Dataset.load(Repository.fixture("fashion-mnist-small") + ":5-9")
    return ProbeData(dataset, trainCount: 200, testCount: 100)
  }

  @Test func everyLayerAndTheHeadAreScored() throws {
    let (model, data) = (try model(task: "first"), try data())
    let names = Array(model.program.blocks.map(\.name).reversed())
    #expect(names.count == 3)
    let scores = try model.transferScores(of: names, on: data)
    #expect(scores.layers.map(\.name) == names)
    // The same as one by one.
    let probes = try model.probes(of: names, on: data).probes
    let features = try model.features(of: names, on: data.train, dataset: data.dataset)
    for (layer, probe) in zip(scores.layers, probes) {
      let own = try #require(features[layer.name])
      #expect(layer.probe == probe.accuracy, "\(layer.name)")
      #expect(try layer.logME == TransferScores.logME(own, labels: data.train.labels), "\(layer.name)")
      let hScore = try HScore(own, labels: data.train.labels, isShrunk: true)
      #expect(layer.hScore == hScore.value && layer.hScoreIsShrunk, "\(layer.name)")
      // 5 classes: at most 4. Even a random layer tells shoes from shirts.
      #expect(layer.hScore > 0.5 && layer.hScore < 4 && layer.probe > 0.5, "\(layer)")
    }
    // 200 examples: more than ten for each of 12 and 5 features, not of 24, so that all are shrunk.
    #expect(features.values.contains { HScore.needsShrinking(exampleCount: 200, width: $0.shape[1]) })
    let narrow = try model.transferScores(of: Array(names.prefix(2)), on: data)
    #expect(narrow.layers.allSatisfy { !$0.hScoreIsShrunk })

    let evaluation = try model.evaluation(task: "first", on: data.train, dataset: data.dataset)
    #expect(
      try scores.nce == TransferScores.nce(sourceLabels: evaluation.predictions, labels: data.train.labels))
    let logits = try #require(features[names[0]])
    #expect(logits.shape == [200, 5])
    #expect(
      try scores.leep == TransferScores.leep(logits.to(.float64).softmax(along: 1), labels: data.train.labels))
    #expect(try #require(scores.leep) < 0)
  }

  @Test func aHeadThatWasNeverTrainedIsNotScored() throws {
    let (model, data) = (try model(task: Checkpoint.untrainedTask), try data())
    let names = model.program.blocks.prefix(1).map(\.name)
    for task in [nil, Checkpoint.untrainedTask] {
      let scores = try model.transferScores(of: names, on: data, sourceTask: task)
      #expect(scores.leep == nil && scores.nce == nil && scores.layers.count == 1)
    }
  }

  @Test func anotherHeadThanTheOneInPlaceCanBeScored() throws {
    let (model, data) = (try model(task: "first"), try data())
    let names = model.program.blocks.prefix(1).map(\.name)
    let before = try model.transferScores(of: names, on: data)
    try model.addHead(task: "second", classNames: ["x", "y", "z"], labelMap: [0, 1, 2], seed: 9)
    let inPlace = try model.transferScores(of: names, on: data)
    let first = try model.transferScores(of: names, on: data, sourceTask: "first")
    #expect(model.task == "second")
    #expect(first.leep == before.leep && first.nce == before.nce, "\(first) \(before)")
    #expect(inPlace.leep != before.leep, "\(inPlace)")
    #expect(throws: ModelError.self) { try model.transferScores(of: names, on: data, sourceTask: "third") }
    #expect(model.task == "second")
  }

  @Test func aLayerThatIsNotFiniteIsNamed() throws {
    let (model, data) = (try model(task: "first"), try data())
    let name = try #require(model.program.blocks.first?.name)
    let broken = try #require(model.program.blocks.first?.parameterNames.last)
    try #require(model.parameters[broken]).fill(.nan)
    #expect(throws: AnalysisError.notFinite("the output of layer '\(name)'")) {
      try model.transferScores(of: [name], on: data)
    }
  }
}
