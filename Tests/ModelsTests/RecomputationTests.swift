import Checkpoints
import HDF5
import Programs
import TestSupport
import Testing
import Torch

@testable import Models

/// Blocks that are run again for their gradients.
///
/// What draws stays as in evaluation here: the generator is the process's, which tests share. The command's tests have
/// dropout.
@Suite struct RecomputationTests {
  /// What a training step sees of a model.
  private struct Step: Equatable {
    var outputs: [Float]
    var features: [String: [Float]]
    var gradients: [String: [Float]]
    var buffers: [String: [Double]]
  }

  private func step(
    _ model: Model, _ inputs: [String: Tensor], capture: [String], recomputes: Bool, frozen: Set<String> = [],
    precision: DType = .float32
  ) throws -> Step {
    let drawing = model.program.nodes.filter { node in
      node.operatorName != "aten::batch_norm" && (try? ResolvedCall.varies(node, isTraining: true)) == true
    }
    let names = model.program.parameters.map(\.name).filter { !frozen.contains($0) && model.parameters[$0] != nil }
    let weights = try names.map { try #require(model.parameters[$0]) }
    for weight in weights { try weight.setRequiresGradient(true) }
    let loss: Tensor
    let run: Model.Result
    (run, loss) = try withMixedPrecision(on: .cpu, in: precision) {
      let run = try model.run(
        inputs, mode: .training(exceptLayers: Set(drawing.map(\.layer))), capture: capture,
        capturesHeadInput: true, recomputesActivations: recomputes)
      var loss = try run.logits.widened().squared().sum()
      for name in capture { loss = try loss.add(try #require(run.features[name]).widened().squared().sum()) }
      return (run, loss)
    }
    let gradients = try loss.gradients(of: weights)
    let values = try gradients.map { try $0?.widened().array(of: Float.self) ?? [] }
    return Step(
      outputs: try run.logits.detached().widened().array(of: Float.self),
      features: try run.features.mapValues { try $0.detached().widened().array(of: Float.self) },
      gradients: Dictionary(uniqueKeysWithValues: zip(names, values)),
      buffers: try model.buffers.mapValues { try $0.to(.float64).array(of: Double.self) })
  }

  /// - Parameter tolerance: of a gradient's largest element; 0 for the same bits.
  private func compare(
    _ name: String, captures: Bool = false, frozen: Bool = false, precision: DType = .float32, tolerance: Float = 0
  ) throws {
    let found = try [false, true].map { recomputes in
      let (model, expected) = try ExportedFixture.load(name)
      #expect(model.program.segments.count > 1)
      let blocks = model.program.blocks
      let capture = blocks.dropLast().map(\.name).filter { model.program.layer(named: $0) != nil }.suffix(2)
      let names = frozen ? Set(blocks[..<(blocks.count / 2)].flatMap(\.parameterNames)) : []
      return try step(
        model, try ExportedFixture.inputs(model, expected), capture: captures ? Array(capture) : [],
        recomputes: recomputes, frozen: names, precision: precision)
    }
    if tolerance == 0 {
      #expect(found[0].outputs == found[1].outputs)
    } else {
      let worst = try #require(largestDifference(found[0].outputs.map(Double.init), found[1].outputs.map(Double.init)))
      #expect(worst.value <= Double(tolerance) * (found[0].outputs.map { Double(abs($0)) }.max() ?? 0))
    }
    #expect(found[0].features == found[1].features && found[0].features.isEmpty != captures)
    #expect(found[0].buffers == found[1].buffers)
    for (weight, gradient) in found[0].gradients {
      let other = try #require(found[1].gradients[weight])
      let largest = gradient.reduce(0) { max($0, abs($1)) }
      let worst = zip(gradient, other).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(
        gradient.count == other.count && worst <= tolerance * largest, "\(name), \(weight): \(worst) of \(largest)")
    }
    #expect(found[0].gradients.values.contains { $0.contains { $0 != 0 } })
  }

  private static let roundedOtherwise = ["densenet", "lstm"]

  @Test(arguments: ExportedFixture.names.filter { !roundedOtherwise.contains($0) })
  func everythingIsTheSameBitForBit(name: String) throws { try compare(name) }

  /// What several blocks read has a gradient that is added up in another order; on some processors libtorch runs recurrent
  /// cells otherwise where no gradient is asked for.
  @Test(arguments: roundedOtherwise) func someAreRoundedOtherwise(name: String) throws {
    try compare(name, tolerance: 1e-5)
  }

  @Test(arguments: ["resnet", "vit", "bert"]) func featuresWithinBlocksHaveTheirGradients(name: String) throws {
    try compare(name, captures: true, tolerance: 1e-5)
  }

  @Test(arguments: ["resnet", "vit", "efficientnet-train"]) func withFrozenBlocks(name: String) throws {
    try compare(name, frozen: true)
  }

  /// In that BERT, which is small, queries, keys and values are a block each and read the same: their gradients are added
  /// up in another order, in eight bits.
  @Test(arguments: [("resnet", Float(0)), ("vit", 0), ("bert", 0.01)])
  func inBfloat16(name: String, tolerance: Float) throws {
    try compare(name, precision: .bfloat16, tolerance: tolerance)
  }

  /// GPT-2, whose embedding is the head too.
  @Test(arguments: [false, true], [DType.float32, .bfloat16])
  func aLanguageModelWithATiedHead(adapts: Bool, precision: DType) throws {
    let gradients = try [false, true].map { recomputes in
      let model = try Model(
        Checkpoint(exportedProgram: Repository.fixture("kinds/lm.pt2"), task: "lm"))
      let kernel = "model.transformer.h.1.mlp.c_fc.weight"
      var weights: [Tensor] = []
      var changes: [String: LowRankChange] = [:]
      if adapts {
        let shape = try #require(model.parameters[kernel]).shape
        let down = try Tensor((0..<(2 * shape[0])).map { Float($0 % 7) / 7 }, shape: [2, shape[0]])
        let up = try Tensor((0..<(2 * shape[1])).map { Float($0 % 5) / 5 }, shape: [shape[1], 2])
        weights = [down, up]
        changes[kernel] = LowRankChange(down: down, up: up, scale: 0.5)
      } else {
        var seen: Set<ObjectIdentifier> = []
        weights = model.program.parameters.compactMap { model.parameters[$0.name] }
          .filter { seen.insert(ObjectIdentifier($0)).inserted }
      }
      for weight in weights { try weight.setRequiresGradient(true) }
      let ids = try Tensor((0..<24).map { Int64($0 * 5 % 11) }, shape: [2, 12])
      let name = try #require(model.program.inputs.first).name
      let loss = try withMixedPrecision(on: .cpu, in: precision) {
        try model.run([name: ids], changing: changes, recomputesActivations: recomputes).logits.widened().squared()
          .sum()
      }
      return try loss.gradients(of: weights).map { try #require($0).array(of: Float.self) }
    }
    #expect(gradients[0] == gradients[1])
    #expect(gradients[0].allSatisfy { $0.contains { $0 != 0 } })
  }

  /// Twelve blocks of five numbers kept for each place, of 1 MiB; recomputed, it is what enters each.
  @Test func onlyWhatEntersABlockIsKept() throws {
    var builder = ProgramBuilder(architecture: "deep")
    var value = builder.input("input", shape: [256])
    for block in 0..<12 {
      value = builder.linear(value, inputCount: 256, outputCount: 256, layer: "blocks.\(block).linear")
      for step in 0..<4 {
        value = builder.call(
          "aten::sigmoid", ["self": .value(value)], layer: "blocks.\(block).\(step)", kind: "Sigmoid")
      }
    }
    let logits = builder.linear(value, inputCount: 256, outputCount: 2, layer: "fc")
    let model = try Model(
      initializing: builder.build(outputs: [logits], head: "fc"), task: "t", classNames: ["a", "b"], seed: 1)
    #expect(model.program.segments.count == 13)
    for weight in model.parameters.values { try weight.setRequiresGradient(true) }
    let rows = try Tensor([Float](repeating: 0.5, count: 256 * 1024), shape: [1024, 256])
    // Other tests take and give back memory meanwhile: the one is told by the least of several counts, the other by
    // the greatest.
    func growths(_ recomputes: Bool) throws -> [Int] {
      try (0..<5).map { _ in
        let before = try Library.memoryInUse()
        let run = try model.run(["input": rows], mode: .training(), recomputesActivations: recomputes)
        return try withExtendedLifetime(run) { try Library.memoryInUse() } - before
      }
    }
    let (plain, recomputed) = (try growths(false), try growths(true))
    #expect(plain.contains { $0 > 40 << 20 }, "\(plain)")
    #expect(recomputed.contains { $0 < 20 << 20 }, "\(recomputed)")
  }
}
