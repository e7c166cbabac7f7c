import Testing
import Torch

@Suite struct GradientCheckpointingTests {
  private func leaf(_ values: [Float]) throws -> Tensor {
    let tensor = try Tensor(values)
    try tensor.setRequiresGradient(true)
    return tensor
  }

  /// Σ (w²)² · c has the gradient 4 w³ · c.
  @Test func gradientsAreThoseOfTheCallsMadeOnceMore() throws {
    let weight = try leaf([1, -2, 3])
    var passes: [Bool] = []
    let squares = try gradientCheckpointed([weight], drawingFrom: nil) { inputs, isAgain in
      passes.append(isAgain)
      #expect(inputs[0].requiresGradient)
      return [try inputs[0].squared(), try Tensor([7] as [Int64])]
    }
    #expect(passes == [false])
    #expect(try squares[0].detached().array(of: Float.self) == [1, 4, 9])
    #expect(try squares[1].array(of: Int64.self) == [7])
    let loss = try squares[0].squared().multiply(by: 0.5).sum()
    #expect(try loss.gradients(of: [weight], keepsGraph: true)[0]?.array(of: Float.self) == [2, -16, 54])
    #expect(try loss.gradients(of: [weight])[0]?.array(of: Float.self) == [2, -16, 54])
    #expect(passes == [false, true, true])
    #expect(throws: TorchError.self) { try loss.gradients(of: [weight]) }
  }

  /// Of two inputs only one is asked about, and of two outputs only one is used.
  @Test func whatIsNotAskedForIsNotComputed() throws {
    let (first, second) = (try leaf([2]), try leaf([5]))
    let outputs = try gradientCheckpointed([first, second], drawingFrom: nil) { inputs, isAgain in
      if isAgain { #expect(inputs[0].requiresGradient && !inputs[1].requiresGradient) }
      return [try inputs[0].multiply(inputs[1]), try inputs[0].squared()]
    }
    #expect(try outputs[0].sum().gradients(of: [first])[0]?.item() == 5)
  }

  @Test func whatIsDrawnIsDrawnAgainAsItWas() throws {
    let generator = try Generator(seed: 7)
    let bernoulli = try Operator("aten::bernoulli", overload: "p")
    let weight = try leaf([Float](repeating: 1, count: 64))
    func mask() throws -> Tensor {
      try bernoulli.tensor([
        .tensor(try Tensor([Float](repeating: 0, count: 64))), .double(0.5), .generator(generator),
      ])
    }
    let kept = try gradientCheckpointed([weight], drawingFrom: generator) { inputs, _ in
      [try inputs[0].multiply(try mask())]
    }
    let drawn = try kept[0].detached().array(of: Float.self)
    #expect(drawn.contains(0) && drawn.contains(1))
    // Others draw in between, and go on where they were.
    let next = try mask().array(of: Float.self)
    let state = try generator.state().array(of: UInt8.self)
    #expect(next != drawn)
    #expect(try kept[0].sum().gradients(of: [weight])[0]?.array(of: Float.self) == drawn)
    #expect(try generator.state().array(of: UInt8.self) == state)
  }

  @Test func theSecondTimeComputesInThePrecisionOfTheFirst() throws {
    let weight = try leaf([Float](repeating: 0.1, count: 16)).reshaped([4, 4]).detached()
    try weight.setRequiresGradient(true)
    let rows = try Tensor([Float](repeating: 1 / 3, count: 8), shape: [2, 4])
    func gradient(_ isCheckpointed: Bool) throws -> [Float] {
      let loss = try withMixedPrecision(on: .cpu, in: .bfloat16) {
        let product =
          try isCheckpointed
          ? gradientCheckpointed([weight], drawingFrom: nil) { inputs, _ in
            let product = try rows.matrixProduct(inputs[0])
            #expect(product.type == .bfloat16)
            return [product]
          }[0] : rows.matrixProduct(weight)
        // The same weight once more, whose cast must know its gradient.
        return try product.matrixProduct(weight).to(.float32).squared().sum()
      }
      return try #require(try loss.gradients(of: [weight])[0]).array(of: Float.self)
    }
    #expect(try gradient(true) == gradient(false))
    #expect(try rows.matrixProduct(weight.detached()).type == .float32)
  }

  private struct Failure: Error, Equatable {}

  @Test func failuresComeThrough() throws {
    let weight = try leaf([1, 2])
    #expect(throws: Failure()) { try gradientCheckpointed([weight], drawingFrom: nil) { _, _ in throw Failure() } }
    let outputs = try gradientCheckpointed([weight], drawingFrom: nil) { inputs, isAgain in
      [isAgain ? try inputs[0].reshaped([3]) : try inputs[0].squared()]
    }
    let loss = try outputs[0].sum()
    let error = #expect(throws: TorchError.self) { try loss.gradients(of: [weight]) }
    guard case .failed(let operation, let message)? = error else { return }
    #expect(operation == "gradients" && message.contains("shape '[3]' is invalid"), "\(message)")
  }
}
