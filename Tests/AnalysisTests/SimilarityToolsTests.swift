import Checkpoints
import Findings
import Foundation
import HDF5
import Metrics
import TestSupport
import Testing
import Torch

@testable import Analysis

/// Other tools' numbers of the same features, and what each measure does not change with.
@Suite struct SimilarityToolsTests {
  private static let path = Repository.fixture("similarity/similarity.h5")

  private func features(_ side: String) throws -> [(layer: String, values: Tensor)] {
    let root = try File.open(Self.path).root
    return try (0..<3).map { layer in
      let dataset = try root.dataset("\(side)/\(layer)")
      return ("\(layer)", try Tensor(dataset.read(as: Float.self), shape: dataset.shape))
    }
  }

  private func agrees(_ found: [[Double]], _ name: String) throws {
    let expected = try File.open(Self.path).root.dataset(name).read(as: Double.self)
    let worst = try #require(largestDifference(found.flatMap { $0 }, expected))
    #expect(worst.value < 1e-5, "\(name): \(found) for \(expected)")
  }

  private func matrix(
    _ estimator: CKAEstimator, _ kernel: CKAKernel, batch: Int, count: Int = 202
  ) throws -> [[Double]] {
    let (a, b) = (try features("a"), try features("b"))
    let names = a.map(\.layer)
    var accumulator = CKAAccumulator(estimator: estimator, kernel: kernel, layersA: names, layersB: names)
    for start in stride(from: 0, to: count, by: batch) {
      let rows = min(batch, count - start)
      try accumulator.add(
        a.map { try $0.values.narrowed(from: start, count: rows) },
        b.map { try $0.values.narrowed(from: start, count: rows) })
    }
    return try accumulator.similarity().values
  }

  @Test func ckaIsThatOfTorchCKA() throws { try agrees(matrix(.debiased, .linear, batch: 64), "torch_cka") }

  @Test func ckaIsThatOfCkatorch() throws { try agrees(matrix(.debiased, .linear, batch: 64, count: 192), "ckatorch") }

  @Test(arguments: [CKAEstimator.biased, .debiased]) func ckaIsThatOfGooglesNotebook(_ estimator: CKAEstimator) throws {
    try agrees(matrix(estimator, .linear, batch: 202), "google_linear_\(estimator.rawValue)")
    try agrees(
      matrix(estimator, .radial(bandwidth: 0.5, countsDiagonal: true), batch: 202), "google_rbf_\(estimator.rawValue)")
  }

  @Test func ckaIsThatOfAnatome() throws { try agrees(matrix(.biased, .linear, batch: 202), "anatome_cka") }

  @Test(arguments: SubspaceMeasure.allCases, [true, false])
  func subspacesAreThoseOfAnatomeAndOfThePapers(_ measure: SubspaceMeasure, _ isAnatome: Bool) throws {
    let result = try LayerSimilarity(measure, features("a"), features("b"), followsAnatome: isAnatome)
    try agrees(result.values, "\(isAnatome ? "anatome" : "plain")_\(measure.rawValue)")
    let first = try #require(result.diagonal.first)
    if isAnatome {
      #expect(first.low.isNaN, "\(first)")
    } else {
      #expect(first.null < first.value && first.low <= first.value && first.value <= first.high, "\(first)")
    }
  }

  private func random(_ shape: [Int], seed: UInt64) throws -> Tensor {
    let tensor = try Tensor.zeros(shape, type: .float64)
    try tensor.fillNormal(standardDeviation: 1, using: Generator(seed: seed))
    return tensor
  }

  /// An orthogonal matrix: the left vectors of a random one.
  private func rotation(_ width: Int, seed: UInt64) throws -> Tensor {
    let parts = try Operator("aten::linalg_svd")([.tensor(try random([width, width], seed: seed)), .bool(false)])
    guard case .tensor(let left)? = parts.first else { throw TorchError.failed(operation: "svd", message: "nothing") }
    return left
  }

  @Test(arguments: SubspaceMeasure.allCases) func rotationAndScaleChangeNothing(_ measure: SubspaceMeasure) throws {
    let seed = TestSeed.any(below: 1_000_000)
    let features = try random([300, 12], seed: seed)
    let turned = try features.matrixProduct(rotation(12, seed: seed + 1)).multiply(by: 3)
    let result = try LayerSimilarity(measure, [("x", features)], [("x", turned)])
    #expect(abs(result.values[0][0] - 1) < 1e-9, "\(result.values), seed \(seed)")
  }

  @Test func anyInvertibleMapChangesNoCanonicalCorrelation() throws {
    let seed = TestSeed.any(below: 1_000_000)
    let features = try random([300, 8], seed: seed)
    let mapped = try features.matrixProduct(random([8, 8], seed: seed + 1))
    let projected = try LayerSimilarity(.pwcca, [("x", features)], [("x", mapped)]).values[0][0]
    #expect(abs(projected - 1) < 1e-9, "\(projected), seed \(seed)")
    let turned = try LayerSimilarity(.procrustes, [("x", features)], [("x", mapped)]).values[0][0]
    #expect(turned < 0.999, "\(turned), seed \(seed)")
  }

  @Test func tooFewExamplesForTheirDirectionsAreRefused() throws {
    let features = try random([30, 20], seed: 1)
    let error = #expect(throws: AnalysisError.self) {
      try LayerSimilarity(.pwcca, [("x", features)], [("x", features)])
    }
    let message = "\(try #require(error))"
    #expect(message.contains("layer 'x'") && message.contains("30 examples for 20"), "\(message)")
    let crowded = try random([100, 20], seed: 1)
    #expect(try LayerSimilarity(.pwcca, [("x", crowded)], [("x", crowded)]).crowded == ["x", "x"])
  }

  @Test func aDeadUnitIsNoDirection() throws {
    let features = try random([200, 6], seed: 2)
    let dead = try Tensor.concatenated([features, Tensor.zeros([200, 2], type: .float64)], along: 1)
    for measure in SubspaceMeasure.allCases {
      let value = try LayerSimilarity(measure, [("x", dead)], [("x", features)]).values[0][0]
      #expect(abs(value - 1) < 1e-9, "\(measure): \(value)")
    }
  }

  @Test(arguments: SubspaceMeasure.allCases) func aConstantLayerHasNoValue(_ measure: SubspaceMeasure) throws {
    let constant = try random([1, 6], seed: 5).expanded(to: [200, 6]).contiguous().to(.float32)
    let zero = try Tensor.zeros([200, 6])
    for (a, b) in [(constant, constant), (constant, try random([200, 6], seed: 6)), (zero, constant)] {
      let entry = try LayerSimilarity(measure, [("x", a)], [("x", b)]).diagonal[0]
      #expect(entry.isLowSignal && entry.null.isNaN, "\(entry)")
    }
  }

  @Test func aRadialKernelSeesTheSameInEqualFeatures() throws {
    let features = try random([80, 5], seed: 3)
    let other = try random([80, 5], seed: 4)
    var accumulator = CKAAccumulator(
      estimator: .debiased, kernel: .radial(bandwidth: 1), layersA: ["x"], layersB: ["x", "y"])
    try accumulator.add([features], [features, other])
    let values = try accumulator.similarity().values[0]
    #expect(abs(values[0] - 1) < 1e-12 && abs(values[1]) < 0.2, "\(values)")
  }
}
