import Analysis
import Findings
import HDF5
import Metrics
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

  // MARK: - Features without a signal

  private func noise(_ shape: [Int], seed: UInt64) throws -> Tensor {
    let tensor = try Tensor.zeros(shape)
    try tensor.fillNormal(standardDeviation: 1, using: try Generator(seed: seed))
    return tensor
  }

  /// Of 512 examples in batches.
  private func similarity(
    _ a: [Tensor], _ b: [Tensor], _ estimator: CKAEstimator = .debiased, _ kernel: CKAKernel = .linear,
    batch: Int = 128
  ) throws -> LayerSimilarity {
    let names = a.indices.map(String.init)
    var accumulator = CKAAccumulator(estimator: estimator, kernel: kernel, layersA: names, layersB: names)
    for start in stride(from: 0, to: a[0].shape[0], by: batch) {
      let count = min(batch, a[0].shape[0] - start)
      try accumulator.add(
        a.map { try $0.narrowed(from: start, count: count) }, b.map { try $0.narrowed(from: start, count: count) })
    }
    return try accumulator.similarity()
  }

  private func expectNothing(_ entry: LayerSimilarity.Entry, _ location: SourceLocation = #_sourceLocation) {
    #expect(
      entry.isLowSignal && entry.low.isNaN && entry.high.isNaN && entry.null.isNaN, "\(entry)", sourceLocation: location
    )
  }

  @Test(arguments: [CKAEstimator.biased, .debiased], [128, 512])
  func constantAndDeadLayersHaveNoValue(_ estimator: CKAEstimator, _ batch: Int) throws {
    let input = try noise([512, 20], seed: 1)
    func constant(_ seed: UInt64) throws -> Tensor {
      try noise([1, 40], seed: seed).expanded(to: [512, 40]).contiguous()
    }
    // A layer of zero weights: its bias alone; and with no bias nothing at all.
    let dead = try input.matrixProduct(Tensor.zeros([20, 40])).add(constant(4))
    let nothing = try input.matrixProduct(Tensor.zeros([20, 40]))
    // The rounding that sums in another order leave: a few units of the last place.
    let rounded = try constant(2).multiply(noise([512, 40], seed: 5).multiply(by: 1e-7).add(Tensor([1 as Float])))
    let silent = [try constant(2), dead, nothing, rounded]
    let others = [try constant(3), try constant(3), nothing, try constant(3)]
    for (a, b) in [(silent, others), (silent, silent), (silent, Array(repeating: input, count: 4))] {
      let found = try similarity(a, b, estimator, batch: batch)
      for entry in found.diagonal { expectNothing(entry) }
      #expect(found.values.allSatisfy { $0.allSatisfy(\.isNaN) }, "\(found.values)")
    }
    for entry in try similarity([constant(2)], [constant(3)], estimator, .radial(bandwidth: 0.5), batch: batch).diagonal
    {
      expectNothing(entry)
    }
  }

  @Test(arguments: [(CKAEstimator.biased, 1), (.debiased, 1), (.debiased, 2), (.debiased, 4)])
  func aFewActiveExamplesAreNoSignal(_ estimator: CKAEstimator, _ active: Int) throws {
    var values = [Float](repeating: 0, count: 512 * 10)
    for example in 0..<active { for column in 0..<10 { values[(example * 97 + 5) * 10 + column] = Float(1 + column) } }
    let layer = try Tensor(values, shape: [512, 10])
    for batch in [128, 512] {
      expectNothing(try similarity([layer], [layer], estimator, batch: batch).diagonal[0])
      expectNothing(try similarity([layer], [noise([512, 6], seed: 3)], estimator, batch: batch).diagonal[0])
    }
  }

  @Test(arguments: [CKAEstimator.biased, .debiased]) func aSmallSignalOnALargeMeanKeepsItsValue(
    _ estimator: CKAEstimator
  ) throws {
    let (x, other) = (try noise([512, 16], seed: 1), try noise([512, 16], seed: 2))
    let y = try x.multiply(by: 0.8).add(other.multiply(by: 0.6))
    func shifted(_ features: Tensor) throws -> Tensor { try features.multiply(by: 0.01).add(Tensor([100 as Float])) }
    let found = try similarity([shifted(x), shifted(x)], [shifted(x), shifted(y)], estimator)
    let plain = try similarity([x], [y], estimator).diagonal[0]
    #expect(found.diagonal[0].value == 1 && !found.diagonal[0].isLowSignal, "\(found.diagonal[0])")
    #expect(found.diagonal[0].low == 1 && found.diagonal[0].high == 1)
    #expect(abs(found.diagonal[1].value - plain.value) < 1e-4, "\(found.diagonal[1]) for \(plain)")
    #expect(abs(plain.value - 0.64) < 0.1)
    // One direction alone is a signal too, and so is one of eight active examples in a hundred.
    let line = try noise([512, 1], seed: 7).matrixProduct(noise([1, 16], seed: 8))
    #expect(try similarity([line], [line], estimator).diagonal[0].value == 1)
    let sparse = try x.multiply(Tensor((0..<512).map { $0 % 12 == 0 ? 1 : 0 as Float }, shape: [512, 1]))
    #expect(try similarity([sparse], [sparse], estimator).diagonal[0].value == 1)
  }

  /// The same units in another order give the same Gram matrices but for the rounding of their sums: no scatter.
  @Test(arguments: [CKAEstimator.biased, .debiased], [32, 128, 512])
  func permutedUnitsHaveNoScatter(_ estimator: CKAEstimator, _ batch: Int) throws {
    for (width, rows) in [(16, 512), (300, 512), (1000, 256)] {
      let x = try noise([rows, width], seed: UInt64(width)).absolute()
      var random = RandomSource(seed: 1)
      let order = try Tensor(random.permutation(count: width).map(Int64.init))
      let scales = try noise([1, width], seed: 9).absolute()
      // A layer after them sums in another order, too.
      let weights = try noise([width, 24], seed: 8)
      let before = try [x, x.matrixProduct(weights)]
      let y = try x.selecting(order, along: 1)
      let after = try [y, y.matrixProduct(weights.selecting(order, along: 0))]
      for entry in try similarity(before, after, estimator, batch: batch).diagonal {
        #expect(abs(entry.value - 1) < 1e-6, "\(entry)")
        #expect(abs(entry.low - 1) < 1e-6 && abs(entry.high - 1) < 1e-6, "\(entry)")
      }
      // What is nearly alike has a narrow interval that holds the value.
      for share: Float in [1e-2, 1e-3] {
        let near = try x.add(noise([rows, width], seed: 3).multiply(scales).multiply(by: Double(share)))
        let entry = try similarity([x], [near], estimator, batch: batch).diagonal[0]
        #expect(entry.low <= entry.value && entry.value <= entry.high && entry.high - entry.low < 1e-3, "\(entry)")
      }
    }
  }

  @Test func oneBatchHasAnIntervalToo() throws {
    let (x, other) = (try noise([200, 16], seed: 1), try noise([200, 16], seed: 2))
    let entry = try similarity([x], [x.multiply(by: 0.8).add(other.multiply(by: 0.6))], batch: 200).diagonal[0]
    #expect(entry.low < entry.value && entry.value < entry.high && entry.high < 1, "\(entry)")
    #expect(entry.high - entry.low < 0.2, "\(entry)")
  }
}
