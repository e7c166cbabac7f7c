import Datasets
import Models
import TestSupport
import Testing
import Torch
import Training

@Suite struct PullTests {
  private func draw(_ count: Int, using random: inout SystemRandomNumberGenerator) -> [Float] {
    (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
  }

  @Test func theGradientIsExactToTheLastBit() throws {
    // 1003 elements: full lanes and a rest. From zero, the sum adds no rounding of its own.
    var random = SystemRandomNumberGenerator()
    let (weights, references) = (draw(1003, using: &random), draw(1003, using: &random))
    let gradient = try Tensor.zeros([1003])
    let sum = try pullGradients([gradient], of: [Tensor(weights)], toward: [Tensor(references)], strength: 0.1).value()
    let expected = zip(weights, references).map { Float(0.1) * ($0 - $1) }
    #expect(try gradient.array(of: Float.self) == expected)
    let square = zip(weights, references).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    #expect(abs(sum - square) < 1e-4)
  }

  @Test func importancesWeighEachElement() throws {
    let gradient = try Tensor([1, 1, 1] as [Float])
    let sum = try pullGradients(
      [gradient], of: [Tensor([3, 3, 3] as [Float])], toward: [Tensor([1, 2, 3] as [Float])],
      importances: [Tensor([2, 5, 7] as [Float])], strength: 0.5
    ).value()
    // 1 + 0.5·2·2, 1 + 0.5·5·1, 1 + 0; the sum is 2·4 + 5·1.
    #expect(try gradient.array(of: Float.self) == [3, 3.5, 1])
    #expect(sum == 13)
    // The same by libtorch's operators, which other element types take.
    let wide = try Tensor([1, 1, 1] as [Double])
    let wideSum = try pullGradients(
      [wide], of: [Tensor([3, 3, 3] as [Double])], toward: [Tensor([1, 2, 3] as [Double])],
      importances: [Tensor([2, 5, 7] as [Double])], strength: 0.5
    ).value()
    #expect(try wide.array(of: Double.self) == [3, 3.5, 1])
    #expect(wideSum == 13)
  }

  @Test func aQuadraticLossSettlesBetweenItsOwnMinimumAndTheStart() throws {
    // w* = (H + αI)⁻¹ (H w_t + α w⁰). H = diag(2, 0.5), w_t = (1, −1), w⁰ = (3, 2), α = 1:
    // w*₁ = (2·1 + 3) / 3 = 5/3, w*₂ = (0.5·(−1) + 2) / 1.5 = 1.
    let curvature = try Tensor([2, 0.5] as [Float])
    let (best, start) = (try Tensor([1, -1] as [Float]), try Tensor([3, 2] as [Float]))
    let weight = try start.cloned()
    for _ in 0..<500 {
      let gradient = try curvature.multiply(weight.subtract(best))
      _ = try pullGradients([gradient], of: [weight], toward: [start], strength: 1)
      try weight.addInPlace(gradient, scaledBy: -0.1)
    }
    let found = try weight.array(of: Double.self)
    #expect(abs(found[0] - 5.0 / 3) < 1e-5 && abs(found[1] - 1) < 1e-5, "\(found)")
  }

  @Test(arguments: [
    "l2-sp:beta=0", "l1-sp:beta=0", "gl-sp:beta=0", "ewc:lambda=1", "mas:lambda=0.1", "l2-sp-fisher:beta=0",
  ])
  func nothingIsPenalizedAtTheStart(_ text: String) throws {
    let fixture = try RegularizerFixture()
    var options = fixture.options
    options.regularizers = [try .init(parsing: text)]
    let trainer = try Trainer(
      fixture.model(), on: fixture.target(), dataset: "target", options: options, sources: [fixture.source()])
    let gradients = try trainer.trainable.tensors.map { try Tensor.zeros($0.shape) }
    #expect(try trainer.regularizers[0].addGradient(to: gradients) == 0)
    for gradient in gradients { #expect(try gradient.array(of: Float.self).allSatisfy { $0 == 0 }) }
  }

  /// One step from a w that is not w⁰, on a gradient of zero: what the pull alone does to the head's weight.
  private func pullOnHead(_ text: String, isHeadKept: Bool?, sourceTask: String = "source") throws -> [Float] {
    let fixture = try RegularizerFixture()
    var options = fixture.options
    options.regularizers = [try .init(parsing: text)]
    let model = try fixture.model()
    var source = try fixture.source()
    source.task = sourceTask
    let trainer = try Trainer(
      model, on: fixture.target(), dataset: "target", options: options, sources: [source], isHeadKept: isHeadKept)
    let index = try #require(trainer.trainable.names.firstIndex(of: "layers.2.weight"))
    try withoutGradients { try trainer.trainable.tensors[index].addInPlace(Tensor([0.5] as [Float])) }
    let gradients = try trainer.trainable.tensors.map { try Tensor.zeros($0.shape) }
    _ = try trainer.regularizers[0].addGradient(to: gradients)
    return try gradients[index].array(of: Float.self)
  }

  @Test func aKeptHeadIsHeldToWhereItBeganAndANewOneToZero() throws {
    // w = w⁰ + ½. Kept: α(w − w⁰) = 0.4 · ½ = 0.2 of L2-SP, β · ½ = 0.05 of DELTA's β = 0.1, α · sign = 0.4 of L1-SP; of
    // GL-SP a row of 8: √8 · 0.4 · ½ / (½ √8) = 0.4. New: β(w⁰ + ½), β = 0.1.
    let start = try #require(try RegularizerFixture().model().parameters["layers.2.weight"]).array(of: Float.self)
    for (kind, held) in [
      ("l2-sp:alpha=0.4", 0.2), ("l1-sp:alpha=0.4", 0.4), ("gl-sp:alpha=0.4", 0.4), ("delta:alpha=0", 0.05),
    ] as [(String, Float)] {
      let text = kind + ",beta=0.1"
      for value in try pullOnHead(text, isHeadKept: true) {
        #expect(abs(value - held) < 1e-5, "\(text): \(value)")
      }
      let new = try pullOnHead(text, isHeadKept: nil)
      for (value, weight) in zip(new, start) {
        #expect(abs(value - 0.1 * (weight + 0.5)) < 1e-5, "\(text): \(value)")
      }
    }
    // A head that is the source's too is kept by itself.
    #expect(
      try pullOnHead("l2-sp:alpha=0.4", isHeadKept: nil, sourceTask: "target").allSatisfy { abs($0 - 0.2) < 1e-5 })
  }

  @Test func theFisherFormsWeighAKeptHead() throws {
    for text in ["l2-sp-fisher:alpha=1,beta=0.1", "gl-sp-fisher:alpha=1,beta=0.1", "ewc:lambda=1", "mas:lambda=0.1"] {
      let held = try pullOnHead(text, isHeadKept: nil, sourceTask: "target")
      // F is zero or more and the displacement ½ everywhere.
      #expect(held.allSatisfy { $0 >= 0 } && held.contains { $0 > 1e-6 }, "\(text)")
    }
    // A new head has none: EWC leaves it alone.
    #expect(try pullOnHead("ewc:lambda=1", isHeadKept: nil).allSatisfy { $0 == 0 })
  }

  @Test func decoupledEWCTakesTheSameShareAsItsGradient() throws {
    // Plain SGD: w − lr·(g + F·d) and (w − lr·g) − lr·F·d differ only in where d is read. From the start, where d = 0, the
    // first gradient step is the task's alone; the decoupled one then takes lr·λF of it back at once.
    let fixture = try RegularizerFixture()
    var states: [[Double]] = []
    for (text, isDecoupled) in [("", false), ("ewc:lambda=4", false), ("ewc:lambda=4", true)] {
      var options = fixture.options
      if !text.isEmpty {
        var specification = try RegularizerSpecification(parsing: text)
        specification.isDecoupled = isDecoupled
        options.regularizers = [specification]
      }
      let model = try fixture.model()
      let trainer = try Trainer(
        model, on: fixture.target(), dataset: "target", options: options, sources: [fixture.source()])
      for batch in try Batches(split: try fixture.target(), batchSize: 8) {
        _ = try trainer.step(batch, epoch: 1)
        break
      }
      states.append(try #require(model.parameters["layers.0.weight"]).array(of: Double.self))
    }
    #expect(states[0] == states[1])
    let start = try #require(try fixture.model().parameters["layers.0.weight"]).array(of: Double.self)
    var moved = 0.0
    for index in start.indices {
      let (plain, pulled) = (states[0][index] - start[index], states[2][index] - start[index])
      #expect(abs(pulled) <= abs(plain) + 1e-7)
      moved += abs(plain - pulled)
    }
    #expect(moved > 1e-4)
  }
}
