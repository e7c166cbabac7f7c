import Checkpoints
import Datasets
import Evaluation
import Findings
import HDF5
import Metrics
import Models
import TestSupport
import Testing
import Torch

@testable import Analysis

/// Linear probes of tasks whose examples say more than one class.
@Suite struct KindProbeTests {
  /// `mean (y − wx − b)² + λ w²`, x standardized: with x = ±1 and y = 1 ± 3 it is w = 3 / (1 + λ), b = 1.
  @Test func ridgeRegressionIsThatOfTheFormula() throws {
    let features = try Tensor([10, 20, 10, 20] as [Float], shape: [4, 1])
    let numbers = try Tensor([-2, 4, -2, 4] as [Double], shape: [4, 1])
    let ridge = try RidgeRegression(PreparedFeatures(features), targets: numbers, penalty: 0.5)
    let said = try ridge.predictions(Tensor([20, 15, 25] as [Float], shape: [3, 1])).array(of: Double.self)
    for (found, expected) in zip(said, [3.0, 1, 5]) { #expect(abs(found - expected) < 1e-9, "\(said)") }
  }

  /// More features than examples: the same minimum in the space of the examples.
  @Test func ridgeRegressionOfManyFeaturesHasTheSameMinimum() throws {
    let features = try Tensor([10, 10, 10, 20, 20, 20] as [Float], shape: [2, 3])
    let numbers = try Tensor([-2, 4] as [Double], shape: [2, 1])
    let ridge = try RidgeRegression(PreparedFeatures(features), targets: numbers, penalty: 0.5)
    // Three copies of x = ±1: w = 3 / (3 + λ) each, so that ŷ = 1 ± 3 · 3 / 3.5.
    let said = try ridge.predictions(features).array(of: Double.self)
    for (found, expected) in zip(said, [1 - 9 / 3.5, 1 + 9 / 3.5]) { #expect(abs(found - expected) < 1e-9, "\(said)") }
  }

  /// Fitted at once, each label has the regression that it has by itself, of more examples than features and of fewer.
  @Test(arguments: [3, 30]) func labelsFittedAtOnceAreEachItsOwnRegression(width: Int) throws {
    let seed = TestSeed.any(below: 1_000_000)
    var random = RandomSource(seed: seed)
    let features = try Tensor((0..<20 * width).map { _ in Float(random.normal()) }, shape: [20, width])
    let labels = (0..<4).map { _ in (0..<20).map { _ in Int32.random(in: 0...1, using: &random) } }
    let columns = (0..<20).flatMap { row in labels.map { Double($0[row]) } }
    let prepared = try PreparedFeatures(features)
    let all = try LabelRegression(
      prepared, labels: Tensor(columns, shape: [20, 4]), penalty: 0.1, iterations: 200)
    let odds = try all.logits(features).array(of: Double.self)
    #expect(
      try largestDifference(odds, all.linearLayer().outputs(features).array(of: Double.self)).map { $0.value < 1e-9 }
        == true)
    for (label, own) in labels.enumerated() where Set(own).count == 2 {
      let alone = try LogisticRegression(prepared, labels: own, classCount: 2, penalty: 0.1).logits(features)
        .array(of: Double.self)
      for row in 0..<20 {
        let expected = alone[2 * row + 1] - alone[2 * row]
        let found = odds[4 * row + label]
        #expect(abs(found - expected) < 1e-4, "label \(label), row \(row): \(found) for \(expected), seed \(seed)")
      }
    }
  }

  @Test func coarserMapsStandForThePixelsBelowThem() throws {
    // Two classes by the sign of one channel, 2 × 2 places for labels of 4 × 4.
    let output = try Tensor([-1, 1, 1, -1] as [Float], shape: [1, 1, 2, 2])
    let labels = try Tensor([Int64](repeating: 0, count: 16), shape: [1, 4, 4])
    let placed = try #require(try PlacedFeatures(output, for: .classes(labels)))
    #expect((0..<16).map { placed.row($0, of: 0) } == [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3])
    let map = LinearMap.classes(
      try LogisticRegression(
        Tensor([-1, 1, -1, 1] as [Float], shape: [4, 1]), labels: [0, 1, 0, 1], classCount: 2, penalty: 0.1))
    let said = try placed.outputs(of: map)
    #expect(said.shape == [1, 2, 4, 4])
    #expect(
      try said.argmax(along: 1).array(of: Int64.self) == [0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0])
    // A layer of one row an example has no places.
    #expect(try PlacedFeatures(Tensor([1, 2] as [Float], shape: [1, 2]), for: .classes(labels)) == nil)
  }

  /// Labels that a layer's features say by a linear map are found again, those of nothing are not.
  @Test(arguments: ["tags", "pixels", "many", "numbers", "lm"])
  func aProbeSaysWhatTheModelsOwnHeadSays(_ name: String) throws {
    let model = try Model(KindFixture.checkpoint(name))
    let data = try KindFixture.known(name, by: model)
    let kind = try TaskKinds.kind(of: data, for: model)
    let probed = try KindProbeData(data, kind: kind, wordCount: model.wordCount(on: data))
    let finding = try ProbeMeasure([("a", model), ("b", model)], on: probed).finding()
    #expect(finding.score == kind.score)
    #expect(finding.trainCount == 60 && finding.testCount == 64)
    let last = try #require(finding.layers.last)
    let merit = kind.score.merit(last.scores[0])
    // Better than any of permuted labels, and equal models lose nothing.
    #expect(finding.control.scores.count == 5)
    #expect(finding.control.scores.allSatisfy { kind.score.merit($0) < merit }, "\(last.scores) \(finding.control)")
    #expect(last.drop?.value == 0)
  }

  @Test func ofALanguageModelWithManyWordsNoneIsFitted() throws {
    let data = try KindFixture.data("lm")
    let model = try Model(KindFixture.checkpoint("lm"))
    let kind = try TaskKinds.kind(of: data, for: model)
    #expect(try model.wordCount(on: data) == 40)
    #expect(throws: AnalysisError.tooManyWords(1001, most: 1000)) {
      try KindProbeData(data, kind: kind, wordCount: 1001)
    }
    #expect(throws: AnalysisError.noProbes(kind: "causal language model")) { try KindProbeData(data, kind: kind) }
    #expect(
      AnalysisError.tooManyWords(50257, most: 1000).description
        == "a probe of a language model is a regression over every word: at most 1000 are tried, the model has 50257")
  }
}
