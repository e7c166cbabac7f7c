import Checkpoints
import Findings
import HDF5
import Metrics
import Programs
import TestSupport
import Testing

@testable import Analysis

@Suite struct DriftTests {
  /// A 2 → 2 → 2 network with a normalization in between; weights as given.
  private func checkpoint(
    hidden: [Float], bias: [Float] = [0, 0], mean: [Float] = [0, 0], task: String = "source",
    heads: [String: [Float]] = ["source": [1, 0, 0, 1]]
  ) throws -> Checkpoint {
    var builder = ProgramBuilder(architecture: "test")
    var value = builder.input("input", shape: [2])
    value = builder.linear(value, inputCount: 2, outputCount: 2, layer: "hidden")
    value = builder.batchNormalization(value, channels: 2, layer: "norm")
    value = builder.linear(value, inputCount: 2, outputCount: 2, layer: "fc")
    let program = try builder.build(outputs: [value], head: "fc")
    func head(_ weight: [Float]) -> [String: TensorView] {
      let rows = weight.count / 2
      return [
        "fc.weight": TensorView(weight, shape: [rows, 2]),
        "fc.bias": TensorView([Float](repeating: 0, count: rows)),
      ]
    }
    var parameters = head(heads[task] ?? [])
    parameters["hidden.weight"] = TensorView(hidden, shape: [2, 2])
    parameters["hidden.bias"] = TensorView(bias)
    parameters["norm.weight"] = TensorView([1, 1] as [Float])
    parameters["norm.bias"] = TensorView([0, 0] as [Float])
    return Checkpoint(
      program: program, task: task, parameters: parameters,
      buffers: [
        "norm.running_mean": TensorView(mean), "norm.running_var": TensorView([1, 1] as [Float]),
        "norm.num_batches_tracked": TensorView([7 as Int64], shape: []),
      ],
      heads: heads.mapValues { Head(tensors: head($0), classNames: [], labelMap: []) })
  }

  // A half of each number's mantissa away, in every kind; complex numbers by their parts.
  @Test(arguments: ["kinds.pth", "kinds.safetensors"]) func rareNumbersAreComparedAsWhatTheyAre(name: String) throws {
    let path = Repository.fixture("weights/others/\(name)")
    let same = WeightDrift(before: try ComparedWeights(contentsOf: path), after: try ComparedWeights(contentsOf: path))
    #expect(same.parameters.allSatisfy { $0.l2 == 0 })
    let stored = try WeightsFile(contentsOf: path).tensors
    let zeros = stored.mapValues {
      TensorView(bytes: [UInt8](repeating: 0, count: $0.byteCount), elementType: $0.elementType, shape: $0.shape)
    }
    let drift = WeightDrift(before: ComparedWeights(stored), after: ComparedWeights(zeros))
    let root = try File.open(Repository.fixture("weights/others/expected.h5")).root.group("kinds")
    #expect(drift.parameters.count == stored.count)
    for tensor in drift.parameters {
      let numbers = try root.dataset(tensor.name).read(as: Double.self)
      let norm = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(tensor.l2 - norm) <= 1e-12 * norm, "\(tensor.name)")
    }
  }

  @Test func numbersWorkedByHand() throws {
    // a = (3, 0, 0, 4), b = (0, 0, 0, 4): ‖a − b‖ = 3, ‖a‖ = 5, a·b = 16, cos = 16 / (5·4) = 0.8
    let drift = WeightDrift(before: try checkpoint(hidden: [3, 0, 0, 4]), after: try checkpoint(hidden: [0, 0, 0, 4]))
    let weight = try #require(drift.parameters.first)
    #expect(weight.name == "hidden.weight")
    #expect(weight.layer == "hidden")
    #expect(weight.shape == [2, 2])
    #expect(weight.l2 == 3)
    #expect(weight.relative == 3.0 / 5)
    #expect(weight.cosine == 0.8)
    #expect(weight.maxAbsolute == 3)
  }

  @Test func layersJoinTheirParameters() throws {
    // weight moves by (3, 0, 0, 0), bias by (4, 0): layer l2 = 5, maximum 4; ‖a‖² = 9 + 0, so relative 5/3.
    let drift = WeightDrift(
      before: try checkpoint(hidden: [3, 0, 0, 0], mean: [0, 0]),
      after: try checkpoint(hidden: [0, 0, 0, 0], bias: [4, 0], mean: [100, 0]))
    #expect(drift.layers.map(\.layer) == ["hidden", "norm", "fc [source]"])
    let hidden = drift.layers[0]
    #expect(hidden.l2 == 5)
    #expect(hidden.maxAbsolute == 4)
    #expect(hidden.relative == 5.0 / 3)
    #expect(hidden.cosine == 0)
    #expect(hidden.parameterCount == 6)
    // The running mean moved by 100, but is no weight.
    #expect(drift.total.l2 == 5)
    #expect(drift.total.parameterCount == 6 + 4 + 6)
    // ‖a‖² = 9 + 2 (normalization) + 2 (head)
    #expect(abs(drift.total.relative - 5 / 13.0.squareRoot()) < 1e-15)
    let mean = try #require(drift.parameters.first { $0.name == "norm.running_mean" })
    #expect(mean.isBuffer)
    #expect(mean.l2 == 100)
    #expect(mean.relative == .infinity)
    #expect(!drift.parameters.contains { $0.name.contains("num_batches") })
  }

  @Test func identicalCheckpointsDriftNothing() throws {
    let same = try checkpoint(hidden: [0.1, -.infinity, 1e-30, 7])
    let drift = WeightDrift(before: same, after: same)
    #expect(drift.parameters.allSatisfy { $0.l2 == 0 && $0.relative == 0 && $0.cosine == 1 && $0.maxAbsolute == 0 })
    #expect(drift.layers.allSatisfy { $0.l2 == 0 && $0.relative == 0 && $0.cosine == 1 })
    #expect(drift.total.l2 == 0)
    #expect(drift.onlyInA.isEmpty && drift.onlyInB.isEmpty && drift.shapeMismatches.isEmpty)
  }

  @Test func headsAreComparedByTask() throws {
    let before = try checkpoint(hidden: [1, 2, 3, 4], heads: ["source": [1, 0, 0, 1], "old": [1, 1]])
    let after = try checkpoint(
      hidden: [1, 2, 3, 4], task: "target",
      heads: ["source": [1, 0, 0, 3], "target": [9, 9, 9, 9], "old": [1, 1, 1, 1]])
    let drift = WeightDrift(before: before, after: after)
    let head = try #require(drift.parameters.first { $0.name == "fc.weight [source]" })
    #expect(head.l2 == 2)
    #expect(head.task == "source")
    #expect(head.layer == "fc [source]")
    #expect(drift.onlyInA.isEmpty)
    #expect(drift.onlyInB == ["fc.weight [target]", "fc.bias [target]"])
    #expect(
      drift.shapeMismatches == [
        ShapeMismatch(name: "fc.weight [old]", before: [1, 2], after: [2, 2]),
        ShapeMismatch(name: "fc.bias [old]", before: [1], after: [2]),
      ])
    #expect(drift.total.l2 == 2)
  }

  @Test func namedTensorsAreComparedWithoutAProgram() {
    let drift = WeightDrift(
      before: ComparedWeights(["b.10.w": TensorView([1.0]), "b.2.w": TensorView([1.0]), "gone": TensorView([1.0])]),
      after: ComparedWeights(["b.10.w": TensorView([1.0]), "b.2.w": TensorView([3.0]), "new": TensorView([1.0])]))
    #expect(drift.parameters.map(\.name) == ["b.2.w", "b.10.w"])
    #expect(drift.layers.map(\.l2) == [2, 0])
    #expect(drift.onlyInA == ["gone"])
    #expect(drift.onlyInB == ["new"])
  }

  @Test func aNumberThatIsNoneIsNotHidden() throws {
    let drift = WeightDrift(
      before: try checkpoint(hidden: [1, 2, 3, 4]), after: try checkpoint(hidden: [1, .nan, 3, 4]))
    #expect(drift.parameters[0].l2.isNaN)
    #expect(drift.parameters[0].maxAbsolute.isNaN)
    #expect(drift.layers[0].maxAbsolute.isNaN)
    #expect(drift.total.l2.isNaN && drift.total.maxAbsolute.isNaN)
  }
}

@Suite struct DriftSumsTests {
  private func half(_ bits: [UInt16], _ type: ElementType) -> TensorView {
    bits.withUnsafeBytes { TensorView(copying: $0, elementType: type, shape: [bits.count]) }
  }

  /// 1, −2, the smallest subnormal 2⁻²⁴, the largest 65504, and zero, against zeros.
  @Test func float16IsWidenedExactly() {
    let values = half([0x3C00, 0xC000, 0x0001, 0x7BFF, 0x8000], .float16)
    let sums = DriftSums.all([(values, half([0, 0, 0, 0, 0], .float16))])
    let exact: Double = 1 + 4 + 0x1p-48 + 65504 * 65504
    #expect(sums[0].squaredBefore == exact)
    #expect(sums[0].maxAbsolute == 65504)
    let tiny = DriftSums.all([(half([0x0001], .float16), half([0x8001], .float16))])
    #expect(tiny[0].maxAbsolute == 0x1p-23)
    #expect(tiny[0].product == -0x1p-48)
    let infinite = DriftSums.all([(half([0xFC00], .float16), half([0], .float16))])
    #expect(infinite[0].maxAbsolute == .infinity)
    #expect(DriftSums.all([(half([0x7E00], .float16), half([0], .float16))])[0].maxAbsolute.isNaN)
  }

  @Test func typesMayDiffer() {
    // bfloat16 1.5 and −3 against float64 1 and −3, int64 and uint8.
    let brain = half([0x3FC0, 0xC040], .bfloat16)
    #expect(DriftSums.all([(brain, TensorView([1.0, -3.0]))])[0].maxAbsolute == 0.5)
    #expect(DriftSums.all([(brain, brain)])[0].squaredAfter == 11.25)
    let integers = DriftSums.all([(TensorView([5, -7] as [Int64]), TensorView([5, 250] as [UInt8]))])
    #expect(integers[0].maxAbsolute == 257)
    #expect(DriftSums.all([(TensorView([5, -7] as [Int32]), TensorView([5, -7] as [Float]))])[0].cosine == 1)
  }

  /// Every length around the lanes and the parts, against a plain loop over small integers, where all sums are exact.
  @Test(arguments: [0, 1, 3, 4, 5, 8, 15, 1023, 1024, 1025, 2051])
  func lengthsAndPartsChangeNothing(count: Int) {
    let a = (0..<count).map { Float(($0 * 37) % 101 - 50) }
    let b = (0..<count).map { Float(($0 * 53) % 97 - 48) }
    var expected = DriftSums()
    for (x, y) in zip(a.map(Double.init), b.map(Double.init)) {
      expected += DriftSums(
        squaredDifference: (x - y) * (x - y), squaredBefore: x * x, squaredAfter: y * y, product: x * y,
        maxAbsolute: abs(x - y))
    }
    let wide = (TensorView(a.map(Double.init)), TensorView(b.map(Double.init)))
    for partSize in [7, 256, 1 << 20] {
      #expect(DriftSums.all([(TensorView(a), TensorView(b)), wide], partSize: partSize) == [expected, expected])
      #expect(DriftSums.all([(TensorView(a), wide.1)], partSize: partSize) == [expected])
    }
  }

  @Test func largeFloatsDoNotOverflow() {
    let huge = TensorView([Float](repeating: 3e38, count: 9))
    let sums = DriftSums.all([(huge, TensorView([Float](repeating: 0, count: 9)))])[0]
    #expect(abs(sums.l2 - 9e38) < 1e33)
    #expect(sums.cosine == 0)
    #expect(sums.relative == 1)
  }

  @Test func cosineOfScaledWeightsIsOneAndOfNegatedMinusOne() {
    let seed = TestSeed.any()
    var generator = RandomSource(seed: seed)
    let a = (0..<1000).map { _ in Float.random(in: -1...1, using: &generator) }
    let doubled = DriftSums.all([(TensorView(a), TensorView(a.map { $0 * 2 }))])[0]
    #expect(abs(doubled.cosine - 1) < 1e-14, "seed \(seed)")
    #expect(abs(doubled.relative - 1) < 1e-14)
    let negated = DriftSums.all([(TensorView(a), TensorView(a.map { -$0 }))])[0]
    #expect(abs(negated.cosine + 1) < 1e-14)
    #expect(abs(negated.relative - 2) < 1e-14)
  }
}
