import Checkpoints
import Datasets
import Findings
import HDF5
import Models
import TestSupport
import Testing
import Torch

@testable import Analysis

/// How outputs with several places become rows of features.
@Suite struct FeaturePoolingTests {
  private func file(_ set: String, _ layers: [String], in folder: TemporaryFolder) throws -> FeatureFile {
    let root = try File.open(Repository.fixture("similarity/pooling.h5")).root
    let path = folder.file("\(set).h5")
    try File.writeAtomically(to: path) { target in
      for layer in layers {
        let dataset = try root.dataset("\(set)/\(layer)")
        try target.write(layer, dataset.read(as: Double.self), shape: try dataset.shape)
      }
    }
    return try FeatureFile(contentsOf: path)
  }

  @Test(arguments: [
    ("tokens", FeaturePooling.flatten), ("tokens", .mean), ("tokens", .cls), ("tokens", .tokens), ("map", .flatten),
    ("map", .mean), ("map", .tokens),
  ])
  func everyPoolingGivesWhatNumPyGives(_ layer: String, _ pooling: FeaturePooling) throws {
    let folder = try TemporaryFolder()
    let (a, b) = (try file("a", [layer], in: folder), try file("b", [layer], in: folder))
    let found = try LayerSimilarity(comparing: a, with: b, layersA: [layer], layersB: [layer], pooling: pooling)
    let expected = try File.open(Repository.fixture("similarity/pooling.h5")).root
      .dataset("expected/\(layer)/\(pooling.rawValue)").read(as: Double.self)
    #expect(abs(found.values[0][0] - expected[0]) < 1e-9, "\(found.values[0][0]) for \(expected[0])")
    #expect(found.sampleCount == 24)
    #expect(found.pool == pooling.rawValue)
    #expect(found.rowsPerExample == (pooling == .tokens ? 4 : nil))
  }

  @Test func firstTokenOfAnImageIsRefused() throws {
    let folder = try TemporaryFolder()
    let a = try file("a", ["map"], in: folder)
    #expect(throws: AnalysisError.noTokens(pooling: "cls", layer: "map", shape: [3, 4, 1])) {
      try LayerSimilarity(comparing: a, with: a, layersA: ["map"], layersB: ["map"], pooling: .cls)
    }
    // Beside a sequence it is left out.
    let both = try file("b", ["map", "tokens"], in: folder)
    let found = try LayerSimilarity(
      comparing: both, with: both, layersA: both.layers, layersB: both.layers, pooling: .cls)
    #expect(found.layersA == ["tokens"])
  }

  @Test func paddingIsInNoMeanAndIsNotDrawn() throws {
    // Two examples of three tokens of width 1: of the first the last is padding, of the second nothing is known to count.
    let features = try Tensor([1, 3, 100, 4, 5, 9] as [Float], shape: [2, 3, 1])
    let mask = [[true, true, false], [false, false, false]]
    let places = ExamplePlaces(exampleCount: 2, counted: mask, seed: 5)
    // (1 + 3) / 2; (4 + 5 + 9) / 3.
    #expect(try places.mean(of: features).array(of: Float.self) == [2, 6])
    let drawn = try places.drawn(from: features).array(of: Float.self)
    #expect(drawn.count == 8)
    #expect(Set(drawn.prefix(4)) == [1, 3])
    #expect(Set(drawn.suffix(4)) == [4, 5, 9])
    // Of another number of places, as with a token added in front, nothing is known.
    let longer = try Tensor([1, 3, 100, 6, 4, 5, 9, 2] as [Float], shape: [2, 4, 1])
    #expect(try places.mean(of: longer).array(of: Float.self) == [27.5, 5])
    #expect(try places.drawn(from: longer).array(of: Float.self) == [1, 3, 100, 6, 4, 5, 9, 2])
  }

  @Test func placesOfAMapAreVectorsOfItsChannels() throws {
    // Channel 1 is channel 0 and 100: a place that is drawn has both of one place.
    let map = try Tensor(
      (0..<2).flatMap { channel in (0..<32).map { Float($0 + 100 * channel) } }, shape: [1, 2, 8, 4])
    let drawn = try ExamplePlaces(exampleCount: 1, seed: 1).drawn(from: map).array(of: Float.self)
    #expect(drawn.count == 8)
    for row in 0..<4 {
      #expect(drawn[2 * row + 1] == drawn[2 * row] + 100)
      // One of each quarter of the rows.
      #expect(Int(drawn[2 * row]) / 8 == row)
    }
  }

  /// What stands under padding changes no similarity but that of everything flattened.
  @Test func wordsUnderPaddingChangeNothing() throws {
    let model = try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/tags.pt2"), task: "tags"))
    let data = try Datasets.Dataset.load(Repository.fixture("kinds/tags.h5"))
    let input = try #require(data.test.inputs.first)
    var words = try data.test.gather(0..<data.test.count, of: input).withUnsafeBytes { bytes -> [Int64] in
      Array(bytes.bindMemory(to: Int64.self))
    }
    let width = words.count / data.test.count
    func split() throws -> Split {
      let labels = (0..<words.count).map { Int64($0 % width < 6 ? 1 : -100) }
      return Split(
        inputs: [InputArray(name: "input_ids", rows: TensorView(words, shape: [data.test.count, width]))],
        targets: InputArray(name: "labels", rows: TensorView(labels, shape: [data.test.count, width])))
    }
    let layers = model.comparableLayers.filter { $0 == "embed" || $0.contains("emb") }
    try #require(!layers.isEmpty)
    func similarity(_ pooling: FeaturePooling?) throws -> [[Double]] {
      let other = try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/tags.pt2"), task: "tags"))
      try withoutGradients {
        for tensor in other.parameters.values {
          let noise = try Tensor.zeros(tensor.shape)
          try noise.fillNormal(standardDeviation: 0.3, using: Generator(seed: 4))
          try tensor.copyInPlace(from: tensor.add(noise))
        }
      }
      return try LayerSimilarity(
        comparing: model, with: other, on: split(), dataset: "tags", layersA: layers, layersB: layers, pooling: pooling
      ).values
    }
    let poolings: [FeaturePooling?] = [nil, .mean, .tokens, .flatten]
    let before = try poolings.map(similarity)
    for place in words.indices where place % width >= 6 { words[place] = 1 }
    let after = try poolings.map(similarity)
    for index in 0..<3 { #expect(before[index] == after[index], "\(String(describing: poolings[index]))") }
    #expect(before[3] != after[3])
  }

  /// Tokens of one text that are all alike say no more than one of them does.
  @Test func tokensThatAreAlikeMakeTheIntervalNoNarrower() throws {
    let generator = try Generator(seed: TestSeed.any())
    func normal(_ shape: [Int]) throws -> Tensor {
      let tensor = try Tensor.zeros(shape)
      try tensor.fillNormal(standardDeviation: 1, using: generator)
      return tensor
    }
    let a = try normal([128, 8])
    let b = try a.add(normal([128, 8]))
    func fourTimes(_ features: Tensor) throws -> Tensor {
      try features.selecting(Tensor((0..<512).map { Int64($0 / 4) }), along: 0)
    }
    func entry(_ a: Tensor, _ b: Tensor, _ rows: Int) throws -> LayerSimilarity.Entry {
      var sums = CKAAccumulator(estimator: .debiased, layersA: ["x"], layersB: ["x"], rowsPerExample: rows)
      try sums.add([a], [b])
      return try sums.similarity().diagonal[0]
    }
    let once = try entry(a, b, 1)
    let copied = try entry(fourTimes(a), fourTimes(b), 4)
    // What a text says four times it says once.
    #expect(abs(copied.value - once.value) < 1e-6, "\(copied) and \(once)")
    #expect(abs(copied.low - once.low) < 1e-5 && abs(copied.high - once.high) < 1e-5, "\(copied) and \(once)")
    // Tokens taken for examples of their own: half as wide, as of four times as many.
    let asTokens = try entry(fourTimes(a), fourTimes(b), 1)
    #expect((asTokens.high - asTokens.low) / (once.high - once.low) < 0.65)
  }

  /// Pairs of rows of one example are in no sum: numpy's least squares over `x_i + x_j` leaves the same of the other pairs.
  @Test func pairsWithinAnExampleAreLeftOut() throws {
    let x: [Double] = [0, 7, 3, 3, 4, 5, 1, 7, 2, 5, 5, 5, 4, 9, 3, 9, 8, 7, 9, 2, 6, 4, 2, 0]
    let y: [Double] = [0, 3, 2, 6, 1, 6, 4, 3, 4, 4, 1, 2, 2, 4, 0, 3]
    var sums = CKAAccumulator(estimator: .debiased, layersA: ["x"], layersB: ["x"], rowsPerExample: 2)
    try sums.add([Tensor(x, shape: [8, 3])], [Tensor(y, shape: [8, 2])])
    #expect(abs(try sums.similarity().values[0][0] - -0.10474509603319078) < 1e-12)
  }

  /// Tokens of one text have much in common, those of two layers nothing.
  @Test func whatTokensOfATextHaveInCommonIsNoSimilarity() throws {
    let generator = try Generator(seed: 32)
    func tokens() throws -> Tensor {
      let (own, each) = (try Tensor.zeros([32, 1, 16]), try Tensor.zeros([32, 4, 16]))
      try own.fillNormal(standardDeviation: 0.7.squareRoot(), using: generator)
      try each.fillNormal(standardDeviation: 0.3.squareRoot(), using: generator)
      return try own.add(each).reshaped([128, 16])
    }
    func mean(_ rows: Int) throws -> Double {
      var total = 0.0
      for _ in 0..<100 {
        var sums = CKAAccumulator(estimator: .debiased, layersA: ["x"], layersB: ["x"], rowsPerExample: rows)
        try sums.add([tokens()], [tokens()])
        total += try sums.similarity().values[0][0]
      }
      return total / 100
    }
    let (asTexts, asTokens) = (try mean(4), try mean(1))
    #expect(abs(asTexts) < 0.01 && asTokens > 0.05, "\(asTexts), \(asTokens)")
  }

  /// Texts of four tokens that have something in common, as many as there could be: the truth is known.
  @Test func intervalOfTokensHoldsTheTruth() throws {
    // x = (u + e) / √2 of width 8, u one a text; y = 0.6 x + 0.8 n, n likewise: the covariances of rows are I, CKA is 0.36.
    let generator = try Generator(seed: 31)
    func tokens() throws -> Tensor {
      let (own, each) = (try Tensor.zeros([128, 1, 8]), try Tensor.zeros([128, 4, 8]))
      try own.fillNormal(standardDeviation: 1, using: generator)
      try each.fillNormal(standardDeviation: 1, using: generator)
      return try own.add(each).multiply(by: 0.5.squareRoot()).reshaped([512, 8])
    }
    let count = Simulation.repetitions(1000, few: 200)
    let simulation = try Simulation(
      "CKA of 128 texts of four tokens, truth 0.36", "covered", count
    ) { _ in
      let x = try tokens()
      let y = try x.multiply(by: 0.6).add(tokens(), scaledBy: 0.8)
      var sums = CKAAccumulator(estimator: .debiased, layersA: ["x"], layersB: ["x"], rowsPerExample: 4)
      try sums.add([x], [y])
      let entry = try sums.similarity().diagonal[0]
      return (entry.low...entry.high).contains(0.36)
    }
    #expect(simulation.isWithin(0.91...0.98), "\(simulation.share)")
  }

  @Test func canonicalCorrelationsLeaveOutWholeTexts() throws {
    let generator = try Generator(seed: TestSeed.any())
    func normal(_ shape: [Int]) throws -> Tensor {
      let tensor = try Tensor.zeros(shape)
      try tensor.fillNormal(standardDeviation: 1, using: generator)
      return tensor
    }
    let a = try normal([200, 4])
    let b = try a.add(normal([200, 4]))
    let rows = try Tensor((0..<800).map { Int64($0 / 4) })
    func entry(_ a: Tensor, _ b: Tensor, _ count: Int) throws -> LayerSimilarity {
      try LayerSimilarity(.procrustes, [("x", a)], [("x", b)], rowsPerExample: count)
    }
    let once = try entry(a, b, 1)
    let copied = try entry(a.selecting(rows, along: 0), b.selecting(rows, along: 0), 4)
    #expect(copied.sampleCount == 200)
    #expect(abs(copied.values[0][0] - once.values[0][0]) < 1e-9)
    #expect(abs(copied.diagonal[0].low - once.diagonal[0].low) < 1e-9)
    #expect(abs(copied.diagonal[0].high - once.diagonal[0].high) < 1e-9)
  }
}
