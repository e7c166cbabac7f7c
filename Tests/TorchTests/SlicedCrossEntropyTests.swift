import Testing
import Torch

/// Against libtorch's own cross-entropy, which has all probabilities at once.
@Suite struct SlicedCrossEntropyTests {
  /// Logits and labels of which every fifth is left out.
  private func drawn(_ shape: [Int], type: DType = .float32, seed: UInt64 = 7) throws -> (
    logits: Tensor, labels: Tensor
  ) {
    let logits = try Tensor.zeros(shape, type: .float32)
    try logits.fillNormal(standardDeviation: 3, using: Generator(seed: seed))
    let own = try logits.to(type).detached()
    try own.setRequiresGradient(true)
    let sizes = [shape[0]] + shape.dropFirst(2)
    let labels: [Int64] = (0..<sizes.reduce(1, *)).map { $0 % 5 == 0 ? -100 : Int64(7919 * $0 % shape[1]) }
    return (own, try Tensor(labels, shape: sizes))
  }

  /// ‖found − expected‖ / ‖expected‖.
  private func distance(_ found: Tensor, _ expected: Tensor) throws -> Double {
    let (own, other) = (try found.to(.float64), try expected.to(.float64))
    return try (own.subtract(other).squared().sum().item() / other.squared().sum().item()).squareRoot()
  }

  /// 3,000 × 1,000 logits are several slices on any number of threads up to five; 6 × 3 × 8 × 8 are one.
  @Test(arguments: [[3000, 1000], [6, 3, 8, 8], [1, 4]], [0, 0.1])
  func lossAndGradientAreThoseOfTheWhole(shape: [Int], smoothing: Double) throws {
    for type in [DType.float32, .float64] {
      let (logits, labels) = try drawn(shape, type: type)
      let right = shape[0] == 1 ? try Tensor([2] as [Int64]) : labels
      let sliced = try logits.slicedCrossEntropy(with: right, labelSmoothing: smoothing)
      let whole = try logits.crossEntropy(with: right, labelSmoothing: smoothing)
      #expect(sliced.type == type && sliced.shape == [])
      let accuracy = type == .float64 ? 1e-13 : 1e-6
      #expect(abs(try sliced.item() - whole.item()) < accuracy * max(1, abs(try whole.item())))
      // Of a multiple of the loss, twice from one graph.
      for factor in [1.0, 2.5] {
        let found = try sliced.multiply(by: factor).gradients(of: [logits], keepsGraph: true)[0]
        let expected = try whole.multiply(by: factor).gradients(of: [logits], keepsGraph: true)[0]
        let distance = try distance(#require(found), #require(expected))
        #expect(distance < 2 * accuracy, "\(shape), \(type), smoothing \(smoothing)")
      }
    }
  }

  /// Against the same of operators, each with its own way back.
  @Test(arguments: [[3000, 1000], [6, 3, 8, 8]])
  func eachAnswerCanBeWeighedByItsProbability(shape: [Int]) throws {
    let (logits, labels) = try drawn(shape, type: .float64)
    let sliced = try logits.slicedCrossEntropy(with: labels, weighsByProbability: true)
    let losses = try logits.crossEntropy(with: labels, reduction: .none)
    let weights = try losses.multiply(by: -1).exponential().detached()
    let counted = Double(labels.count) - (try labels.equals(-100).to(.float64).sum().item())
    let whole = try losses.multiply(weights).sum().multiply(by: 1 / counted)
    #expect(abs(try sliced.item() - whole.item()) < 1e-13)
    let (found, expected) = (try sliced.gradients(of: [logits])[0], try whole.gradients(of: [logits])[0])
    #expect(try distance(#require(found), #require(expected)) < 2e-13)
  }

  @Test func halfNumbersAreWidenedBeforeTheyAreSummed() throws {
    let (logits, labels) = try drawn([400, 50], type: .bfloat16)
    let wide = try logits.to(.float32).detached()
    try wide.setRequiresGradient(true)
    let sliced = try logits.slicedCrossEntropy(with: labels)
    let whole = try wide.crossEntropy(with: labels)
    #expect(sliced.type == .float32)
    #expect(abs(try sliced.item() - whole.item()) < 1e-5)
    let found = try #require(try sliced.gradients(of: [logits])[0])
    let expected = try #require(try whole.gradients(of: [wide])[0])
    #expect(found.type == .bfloat16)
    // The same number, rounded once to 8 bits.
    for (own, other) in zip(try found.array(of: Double.self), try expected.array(of: Double.self)) {
      #expect(abs(own - other) <= 0x1p-8 * abs(other) + 1e-12)
    }
  }

  @Test func whereNoLabelCountsTheLossIsZero() throws {
    let (logits, _) = try drawn([4, 6])
    let loss = try logits.slicedCrossEntropy(with: Tensor([Int64](repeating: -100, count: 4)))
    #expect(try loss.item() == 0)
    #expect(try loss.gradients(of: [logits])[0]?.array(of: Float.self) == [Float](repeating: 0, count: 24))
  }

  @Test func labelsThatDoNotFitAreRefused() throws {
    let (logits, _) = try drawn([2, 3])
    #expect(throws: TorchError.self) { try logits.slicedCrossEntropy(with: Tensor([0, 1, 2] as [Int64])) }
    #expect(throws: TorchError.self) { try logits.slicedCrossEntropy(with: Tensor([0, 3] as [Int64])) }
    #expect(throws: TorchError.self) { try logits.slicedCrossEntropy(with: Tensor([0, -1] as [Int64])) }
  }

  /// Of 64 MiB of logits, libtorch's own loss keeps as many logarithms. Other tests run beside this one, and take and give
  /// back: the one is told by the least of several counts, the other by the greatest.
  @Test func aGraphKeepsNoCopyOfTheLogits() throws {
    let (logits, labels) = try drawn([512, 1 << 15])
    func growths(_ loss: () throws -> Tensor) throws -> [Int] {
      try (0..<5).map { _ in
        let before = try Library.memoryInUse()
        let kept = try loss()
        return try withExtendedLifetime(kept) { try Library.memoryInUse() } - before
      }
    }
    let sliced = try growths { try logits.slicedCrossEntropy(with: labels) }
    let whole = try growths { try logits.crossEntropy(with: labels) }
    #expect(sliced.contains { $0 < 16 << 20 }, "\(sliced)")
    #expect(whole.contains { $0 > 48 << 20 }, "\(whole)")
  }
}
