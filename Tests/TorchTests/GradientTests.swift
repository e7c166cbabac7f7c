import Testing
import Torch

@Suite struct GradientTests {
  private func leaf(_ values: [Float]) throws -> Tensor {
    let tensor = try Tensor(values)
    try tensor.setRequiresGradient(true)
    return tensor
  }

  @Test func backwardAccumulatesUntilItIsCleared() throws {
    let weight = try leaf([1, -2])
    #expect(try weight.gradient() == nil)
    // d Σ w² / dw = 2 w
    try weight.squared().sum().backward()
    #expect(try weight.gradient()?.array(of: Float.self) == [2, -4])
    try weight.squared().sum().backward()
    #expect(try weight.gradient()?.array(of: Float.self) == [4, -8])
    try weight.clearGradient()
    #expect(try weight.gradient() == nil)
    try weight.multiply(by: 3).sum().backward()
    #expect(try weight.gradient()?.array(of: Float.self) == [3, 3])
  }

  @Test func anInputThatTakesNoPartHasNoGradient() throws {
    let (used, unused) = (try leaf([2]), try leaf([5]))
    let found = try used.multiply(used).sum().gradients(of: [unused, used])
    #expect(found.count == 2 && found[0] == nil)
    #expect(try found[1]?.item() == 4)
    // Asked for by name, they are not accumulated.
    #expect(try used.gradient() == nil)
  }

  @Test func aGraphIsThereTwiceOnlyWhereItIsKept() throws {
    let weight = try leaf([3])
    let kept = try weight.squared().sum()
    #expect(try kept.gradients(of: [weight], keepsGraph: true)[0]?.item() == 6)
    #expect(try kept.gradients(of: [weight])[0]?.item() == 6)
    #expect(throws: TorchError.self) { try kept.gradients(of: [weight]) }
  }

  @Test func whatCannotHaveAGradientIsRefused() throws {
    #expect(throws: TorchError.self) { try Tensor([1] as [Int64]).setRequiresGradient(true) }
    #expect(throws: TorchError.self) { try Tensor([1] as [Float]).sum().backward() }
    let vector = try leaf([1, 2])
    #expect(throws: TorchError.self) { try vector.multiply(by: 2).backward() }
    #expect(try vector.gradient() == nil)
  }

  @Test func detachedIsTheSameMemoryWithoutTheRecord() throws {
    let weight = try leaf([1, 2])
    let product = try weight.multiply(by: 2)
    let detached = try product.detached()
    #expect(product.requiresGradient && !detached.requiresGradient)
    try detached.fill(9)
    #expect(try withoutGradients { try product.array(of: Float.self) } == [9, 9])
    #expect(try product.cloned().requiresGradient)
  }

  @Test func gradientsAreRecordedAgainAfterAnError() throws {
    struct Stop: Error {}
    let weight = try leaf([1])
    #expect(throws: Stop.self) {
      try withoutGradients {
        #expect(try withoutGradients { try weight.multiply(by: 2).requiresGradient } == false)
        // The inner one leaves the outer one's mode.
        #expect(try weight.multiply(by: 2).requiresGradient == false)
        throw Stop()
      }
    }
    #expect(try weight.multiply(by: 2).requiresGradient)
  }

  @Test func mixedPrecisionMultipliesMatricesInHalf() throws {
    struct Stop: Error {}
    let matrix = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    let product = try withMixedPrecision(on: .cpu, in: .bfloat16) { try matrix.matrixProduct(matrix) }
    #expect(product.type == .bfloat16)
    // Small whole numbers have no more than bfloat16's eight bits.
    #expect(try product.array(of: Float.self) == [7, 10, 15, 22])
    #expect(try withMixedPrecision(on: .cpu, in: nil) { try matrix.matrixProduct(matrix) }.type == .float32)
    #expect(throws: Stop.self) { try withMixedPrecision(on: .cpu, in: .bfloat16) { throw Stop() } }
    #expect(try matrix.matrixProduct(matrix).type == .float32)
  }

  @Test func pullWeighsByImportance() throws {
    // g += 2 · F (w − w⁰): 2 · (0.5 · 1, 3 · −1) = (1, −6); Σ F (w − w⁰)² = 0.5 + 3
    let gradients = [try Tensor([10, 10] as [Float])]
    let sum = try pullGradients(
      gradients, of: [try Tensor([1, 2] as [Float])], toward: [try Tensor([0, 3] as [Float])],
      importances: [try Tensor([0.5, 3] as [Float])], strength: 2
    ).value()
    #expect(sum == 3.5)
    #expect(try gradients[0].array(of: Float.self) == [11, 4])
  }

  @Test func pullWithoutAReferenceGoesTowardZero() throws {
    // Over two tensors: Σ w² = 1 + 4 + 9
    let gradients = [try Tensor.zeros([2]), try Tensor.zeros([1])]
    let weights = [try Tensor([1, -2] as [Float]), try Tensor([3] as [Float])]
    #expect(try pullGradients(gradients, of: weights, toward: nil, strength: 0.5).value() == 14)
    #expect(try gradients.map { try $0.array(of: Float.self) } == [[0.5, -1], [1.5]])
    #expect(try weights[0].array(of: Float.self) == [1, -2])
  }
}
