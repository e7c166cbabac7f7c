import Datasets
import Evaluation
import Foundation
import Metrics
import Models
import Programs
import TestSupport
import Testing
import Torch

// The article "Write a measure" shows the lines between the marks; a test below compares them.
// snippet
/// The share of each example's nearest neighbours in a layer's features that are still its neighbours afterwards.
///
/// With `Nₖ(i)` the `k` examples nearest to `i`, by Euclidean distance: `1/n Σᵢ |Nₖ(i) ∩ N′ₖ(i)| / k`.
/// It is 1 where features kept every neighbourhood, as under rotation, scale and translation, and says nothing of
/// classes: two examples can change places within one.
struct NeighbourOverlap: Codable, Equatable, Sendable {
  var layer: String
  var sampleCount: Int
  var neighbourCount: Int
  var value: Double
  /// What unrelated features give on average: `k / (n − 1)`.
  var chance: Double
}

enum NeighbourOverlapError: Error, Equatable {
  case tooFewSamples(count: Int, minimum: Int)
}

extension NeighbourOverlap {
  /// - Parameters:
  ///   - before: features of a layer, `[samples, …]`; likewise `after`, of the same examples in the same order.
  init(layer: String, before: Tensor, after: Tensor, neighbourCount: Int) throws {
    let count = before.shape[0]
    precondition(after.shape[0] == count, "\(count) and \(after.shape[0]) examples")
    guard count > neighbourCount + 1 else {
      throw NeighbourOverlapError.tooFewSamples(count: count, minimum: neighbourCount + 2)
    }
    let near = try Self.neighbours(in: before, neighbourCount)
    let nearAfter = try Self.neighbours(in: after, neighbourCount)
    let kept = zip(near, nearAfter).map { $0.intersection($1).count }.reduce(0, +)
    self.layer = layer
    sampleCount = count
    self.neighbourCount = neighbourCount
    value = Double(kept) / Double(count * neighbourCount)
    chance = Double(neighbourCount) / Double(count - 1)
  }

  private static func neighbours(in features: Tensor, _ neighbourCount: Int) throws -> [Set<Int>] {
    let count = features.shape[0]
    let flat = try features.reshaped([count, -1]).to(.float64)
    let centred = try flat.subtract(flat.mean(along: [0], keepsAxes: true))
    let gram = try centred.matrixProduct(centred.transposed()).array(of: Double.self)  // [samples, samples]
    return (0..<count).map { one in
      // ‖x − y‖² = xx + yy − 2xy, and xx is the same for all y.
      let distances = (0..<count).map { other in gram[other * count + other] - 2 * gram[one * count + other] }
      let others = (0..<count).filter { $0 != one }.sorted { distances[$0] < distances[$1] }
      return Set(others.prefix(neighbourCount))
    }
  }
}

extension NeighbourOverlap {
  /// Of layers of two models on examples that are drawn from the whole split.
  static func measured(
    before: Model, after: Model, on split: Split, dataset: String, layers: [String], neighbourCount: Int = 10,
    sampleCount: Int = 500, seed: UInt64 = 0
  ) throws -> [NeighbourOverlap] {
    try before.checkInputs(of: split, dataset: dataset)
    try after.checkInputs(of: split, dataset: dataset)
    var random = RandomSource(seed: seed)
    let order = random.sample(sampleCount, of: split.count)
    var features: [String: (before: [Tensor], after: [Tensor])] = [:]
    for batch in try Batches(split: split, batchSize: 128, order: order) {
      let old = try withoutGradients { try before.run(batch.modelInputs(for: before), capture: layers).features }
      let new = try withoutGradients { try after.run(batch.modelInputs(for: after), capture: layers).features }
      for (layer, values) in old { features[layer, default: ([], [])].before.append(values) }
      for (layer, values) in new { features[layer, default: ([], [])].after.append(values) }
    }
    return try layers.map { layer in
      let parts = features[layer, default: ([], [])]
      return try NeighbourOverlap(
        layer: layer, before: .concatenated(parts.before), after: .concatenated(parts.after),
        neighbourCount: neighbourCount)
    }
  }
}
// end

@Suite struct OwnMeasureTests {
  @Test func itIsWhatIsCountedByHand() throws {
    // On a line: 0 1 3 7, then 0 5 3 8. The nearest of each: before 1 0 1 2, then 2 2 1 1 (by place). One stayed.
    let before = try Tensor([0, 1, 3, 7] as [Float], shape: [4, 1])
    let after = try Tensor([0, 5, 3, 8] as [Float], shape: [4, 1])
    let overlap = try NeighbourOverlap(layer: "fc", before: before, after: after, neighbourCount: 1)
    #expect(overlap.value == 0.25 && overlap.chance == 1.0 / 3)
  }

  @Test func rotationScaleAndTranslationKeepIt() throws {
    let features = try noise([60, 2], seed: 1)
    let turn = try Tensor([0, 3, -3, 0] as [Float], shape: [2, 2])
    let moved = try features.matrixProduct(turn).add(Tensor([100, -5] as [Float], shape: [1, 2]))
    #expect(try NeighbourOverlap(layer: "fc", before: features, after: moved, neighbourCount: 5).value > 0.99)
  }

  @Test func unrelatedFeaturesGiveChance() throws {
    let (left, right) = (try noise([200, 8], seed: 1), try noise([200, 8], seed: 2))
    let overlap = try NeighbourOverlap(layer: "fc", before: left, after: right, neighbourCount: 20)
    #expect(abs(overlap.value - overlap.chance) < 0.02, "\(overlap.value) for \(overlap.chance)")
  }

  @Test func fewExamplesAreRefused() throws {
    let three = try noise([3, 2], seed: 1)
    #expect(throws: NeighbourOverlapError.tooFewSamples(count: 3, minimum: 4)) {
      try NeighbourOverlap(layer: "fc", before: three, after: three, neighbourCount: 2)
    }
  }

  @Test func twoModelsAreCompared() throws {
    let data = try Datasets.Dataset.load(Repository.fixture("fashion-mnist-small") + ":0-4")
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 28, 28], classCount: 5, hiddenSizes: [12, 8]))
    func model(_ seed: UInt64) throws -> Model {
      try Model(initializing: program, task: "first", classNames: data.classNames, seed: seed)
    }
    let layers = try model(3).program.blocks.map(\.name)
    func overlaps(_ other: UInt64) throws -> [NeighbourOverlap] {
      try NeighbourOverlap.measured(
        before: model(3), after: model(other), on: data.test, dataset: data.name, layers: layers, sampleCount: 150)
    }
    #expect(try overlaps(3).map(\.value) == layers.map { _ in 1 })
    let others = try overlaps(4)
    #expect(others.map(\.layer) == layers && others.allSatisfy { $0.value > 2 * $0.chance && $0.value < 0.9 })
  }

  @Test func theArticleShowsThisVeryMeasure() throws {
    try Repository.requireShown(inArticle: "Sources/Analysis/Analysis.docc/Write-a-measure.md", files: [#filePath])
  }

  private func noise(_ shape: [Int], seed: UInt64) throws -> Tensor {
    let tensor = try Tensor.zeros(shape)
    try tensor.fillNormal(standardDeviation: 1, using: try Generator(seed: seed))
    return tensor
  }
}
