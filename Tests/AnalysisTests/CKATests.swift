import Analysis
import HDF5
import TestSupport
import Testing
import Torch

/// Against NumPy in float64; `Fixtures/parity/make_parity.py` made the numbers.
@Suite struct CKATests {
  private func features(_ set: String) throws -> [[Float]] {
    let root = try File.open(Repository.fixture("parity/cka.h5")).root
    return try (0..<3).map { try root.dataset("\(set)/\($0)").read(as: Float.self) }
  }

  private func tensors(_ layers: [[Float]], _ rows: Range<Int>) throws -> [Tensor] {
    try layers.map { layer in
      let width = layer.count / 256
      return try Tensor(
        Array(layer[(rows.lowerBound * width)..<(rows.upperBound * width)]), shape: [rows.count, width])
    }
  }

  @Test(arguments: [
    ("biased", CKAEstimator.biased, 256), ("debiased", .debiased, 256), ("debiased_minibatch", .debiased, 64),
  ])
  func theWholeMatrixAgreesWithNumPy(_ name: String, _ estimator: CKAEstimator, _ batch: Int) throws {
    let (a, b) = (try features("a"), try features("b"))
    let layers = ["0", "1", "2"]
    var accumulator = CKAAccumulator(estimator: estimator, layersA: layers, layersB: layers)
    for start in stride(from: 0, to: 256, by: batch) {
      let rows = start..<(start + batch)
      try accumulator.add(try tensors(a, rows), try tensors(b, rows))
    }
    let found = try accumulator.similarity().values.flatMap { $0 }
    let expected = try File.open(Repository.fixture("parity/cka.h5")).root.dataset(name).read(as: Double.self)
    let worst = try #require(largestDifference(found, expected))
    #expect(worst.value < 1e-5, "\(found[worst.index]) for \(expected[worst.index]) at \(worst.index)")
  }

  @Test func aNetworkIsExactlyLikeItself() throws {
    let layers = try tensors(try features("a"), 0..<256)
    var accumulator = CKAAccumulator(estimator: .debiased, layersA: ["0", "1", "2"], layersB: ["0", "1", "2"])
    try accumulator.add(layers, layers)
    let matrix = try accumulator.similarity()
    #expect(matrix.diagonal.map(\.value) == [1, 1, 1])
    #expect(matrix.diagonal.allSatisfy { abs($0.null) < 0.2 })
  }

  @Test func fewerThanFourSamplesAreRefused() throws {
    var accumulator = CKAAccumulator(estimator: .debiased, layersA: ["0"], layersB: ["0"])
    let three = [try Tensor([1, 2, 3] as [Float], shape: [3, 1])]
    #expect(throws: AnalysisError.tooFewSamples(count: 3, minimum: 4)) { try accumulator.add(three, three) }
  }
}
