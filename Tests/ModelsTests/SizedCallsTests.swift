import Checkpoints
import Programs
import TestSupport
import Testing
import Torch

@testable import Models

/// What follows from the sizes of inputs alone: here a GPT-2 of transformers with two layers and twelve places, whose mask
/// `torch.export` wrote out.
@Suite struct SizedCallsTests {
  private func program() throws -> Checkpoint {
    try Checkpoint(exportedProgram: Repository.fixture("kinds/lm.pt2"), task: "lm")
  }

  private func words(_ count: Int) throws -> [String: Tensor] {
    let words: [Int64] = (0..<count * 12).map { Int64(7 * $0 % 40) }
    return ["input_ids": try Tensor(words, shape: [count, 12])]
  }

  private func sizedCalls(of program: Program) throws -> SizedCalls {
    var slots: [String: Int] = [:]
    func slot(_ name: String) -> Int {
      if let known = slots[name] { return known }
      slots[name] = slots.count
      return slots.count - 1
    }
    let calls = try program.nodes.map { try ResolvedCall($0, slot: slot) }
    return try SizedCalls(program, calls, slotOfValue: slots)
  }

  /// The outputs, and those of the program call by call: that is how one runs of which the mask is asked for.
  private func outputs(_ model: Model, _ sized: SizedCalls, _ count: Int) throws -> (Tensor, Tensor) {
    let name = try #require(sized.names.sorted().first)
    func run(_ capture: Set<String>) throws -> Tensor {
      try model.executor.run(
        inputs: words(count), constants: [model.parameters, model.buffers], device: .cpu, mode: .training(),
        capture: capture
      ).outputs[0]
    }
    return try withoutGradients { (try run([]), try run([name])) }
  }

  @Test func aCausalMaskIsMadeOnceAndSaidInAWord() throws {
    let model = try Model(program())
    let sized = try sizedCalls(of: model.program)
    let attentions = model.program.nodes.indices.filter {
      model.program.nodes[$0].operatorName == "aten::scaled_dot_product_attention"
    }
    let results = try #require(try sized.results(for: words(3), device: .cpu))
    #expect(attentions.count == 2 && results.causal == Set(attentions))
    // Nothing but the attentions reads the mask: it is not kept.
    #expect(
      !results.values.contains {
        if case .tensor(let tensor) = $0.value { tensor.shape.suffix(2) == [12, 12] } else { false }
      })
    for count in [3, 5, 1, 3] {
      let (found, expected) = try outputs(model, sized, count)
      #expect(found.shape == [count, 12, 40])
      let difference = try found.subtract(expected).squared().sum().item().squareRoot()
      #expect(difference < 1e-5, "\(count) texts: \(difference)")
    }
  }

  /// Each place sees itself and those after it: no word says that.
  @Test func anotherMaskIsLeftAsItIs() throws {
    var checkpoint = try program()
    let place = try #require(checkpoint.program.nodes.firstIndex { $0.operatorName == "aten::le" })
    checkpoint.program.nodes[place].operatorName = "aten::ge"
    let model = try Model(checkpoint)
    let sized = try sizedCalls(of: model.program)
    let results = try #require(try sized.results(for: words(3), device: .cpu))
    #expect(results.causal.isEmpty)
    for count in [3, 5, 1, 3] {
      let (found, expected) = try outputs(model, sized, count)
      #expect(try found.array(of: Float.self) == expected.array(of: Float.self))
    }
    let causal = try outputs(Model(program()), sized, 3).0
    #expect(try outputs(model, sized, 3).0.array(of: Float.self) != causal.array(of: Float.self))
  }

  @Test func whatIsDrawnOrDependsOnMoreIsMadeEachTime() throws {
    let program = try program().program
    let sized = try sizedCalls(of: program)
    #expect(sized.positions.count > 20)
    for position in sized.positions {
      let node = program.nodes[position]
      #expect(node.reads.allSatisfy { name in !program.parameters.contains { $0.name == name } }, "\(node)")
    }
    var drawn = program
    let place = try #require(drawn.nodes.firstIndex { $0.operatorName == "aten::arange" })
    let name = try #require(drawn.nodes[place].outputs.first)
    drawn.nodes[place] = Node(
      operatorName: "aten::randperm", inputs: [NamedArgument(name: "n", value: .int(12))],
      outputs: drawn.nodes[place].outputs)
    #expect(try !sizedCalls(of: drawn).names.contains(name) && sized.names.contains(name))
  }
}
