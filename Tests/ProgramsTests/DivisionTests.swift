import Testing

@testable import Programs

@Suite struct DivisionTests {
  private func names(of inputs: [Input]) -> [String] { inputs.map(\.name) }

  /// Parts a program above the layers named, dropout varying.
  private func divided(_ program: Program, trained layers: Set<String>) -> Program.Division? {
    let trained = program.parameters.map(\.name).filter { layers.contains(program.layerName(ofParameter: $0)) }
    return program.divided(trained: Set(trained)) {
      $0.operatorName.hasPrefix("aten::dropout") || $0.operatorName == "aten::bernoulli_"
    }
  }

  @Test func theRestBeginsWithTheFirstTrainedLayer() throws {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 2, 2], classCount: 2, hiddenSizes: [3, 3]))
    let division = try #require(divided(program, trained: ["layers.2", "layers.4"]))
    #expect(division.lower.nodes.map(\.layer) == ["flatten", "layers.0", "layers.1"])
    #expect(division.upper.nodes.map(\.layer) == ["layers.2", "layers.3", "layers.4"])
    #expect(division.lower.outputs == ["layers.1"] && names(of: division.upper.inputs) == ["layers.1"])
    #expect(division.lower.inputs == program.inputs && division.upper.head == "layers.4")
    #expect(division.upper.parameters.map(\.name).allSatisfy { !$0.hasPrefix("layers.0") })
    // With the first layer trained there is nothing below but another shape.
    #expect(divided(program, trained: ["layers.0"]) == nil)
  }

  @Test func aCutThroughAResidualBlockHasTwoCrossingValues() throws {
    let program = try Architecture.resnet18.program(
      options: ArchitectureOptions(inputShape: [3, 8, 8], classCount: 2, form: .cifar))
    let division = try #require(divided(program, trained: ["layer1.1.conv2", "fc"]))
    // The second convolution of the block waits; its input and the shortcut cross.
    #expect(division.lower.outputs.count == 2 && division.lower.outputs.contains("layer1.1.relu"))
    #expect(names(of: division.upper.inputs) == division.lower.outputs)
    try division.upper.validate()
    try division.lower.validate()
  }

  @Test func whatVariesAndAllBehindItIsAbove() throws {
    var builder = ProgramBuilder(architecture: "noisy")
    var value = builder.input("input", shape: [4])
    value = builder.linear(value, inputCount: 4, outputCount: 4, layer: "first")
    value = builder.dropout(value, probability: 0.5, layer: "dropout")
    value = builder.linear(value, inputCount: 4, outputCount: 4, layer: "second")
    value = builder.linear(value, inputCount: 4, outputCount: 2, layer: "fc")
    let division = try #require(divided(builder.build(outputs: [value], head: "fc"), trained: ["fc"]))
    #expect(division.lower.outputs == ["first"])
    #expect(division.upper.nodes.map(\.layer) == ["dropout", "second", "fc"])
  }

  @Test func readersOfStatisticsThatTrainingMovesAreAbove() throws {
    var builder = ProgramBuilder(architecture: "normalized")
    let input = builder.input("input", shape: [4, 1, 1])
    let normalized = builder.batchNormalization(input, channels: 4, layer: "norm")
    let shifted = builder.call(
      "aten::sub", overload: "Tensor", ["self": .value(input), "other": .value("norm.running_var")], layer: "shift",
      kind: "Shift")
    let sum = builder.add(normalized, shifted, layer: "sum", kind: "Add")
    let program = try builder.build(outputs: [sum])
    let division = program.divided(trained: []) { $0.operatorName == "aten::batch_norm" }
    // Everything is above: there is nothing left below.
    #expect(division == nil)
  }

  @Test func sizesAndConstantsAreComputedInBothParts() throws {
    var builder = ProgramBuilder(architecture: "sized")
    let input = builder.input("input", shape: [4])
    let count = builder.call(
      "aten::sym_size", overload: "int", ["self": .value(input), "dim": .int(0)], layer: "", kind: "")
    let double = builder.call("_operator::mul", ["a": .value(count), "b": .int(2)], layer: "", kind: "")
    let token = builder.parameter("token", shape: [1, 4], .constant(1))
    let expanded = builder.call(
      "aten::expand", ["self": token, "size": .sizes([.value(count), .int(4)])], layer: "", kind: "")
    let hidden = builder.linear(input, inputCount: 4, outputCount: 4, layer: "body")
    let sum = builder.add(hidden, expanded, layer: "sum", kind: "Add")
    let scores = builder.linear(sum, inputCount: 4, outputCount: 4, layer: "fc")
    let more = builder.add(scores, expanded, layer: "more", kind: "Add")
    let logits = builder.call(
      "aten::view", ["self": .value(more), "size": .sizes([.value(double), .int(2)])], layer: "", kind: "")
    let program = try builder.build(outputs: [logits], head: "fc")
    let division = try #require(divided(program, trained: ["fc"]))
    #expect(division.lower.outputs == ["sum"])
    // The number of examples is asked of what crosses.
    let size = try #require(division.upper.nodes.first { $0.operatorName == "aten::sym_size" })
    #expect(size.reads == ["sum"] && size.outputs == [count])
    #expect(division.upper.nodes.flatMap(\.outputs) == [count, double, expanded, scores, more, logits])
    #expect(division.upper.parameters.map(\.name).contains("token"))
    try division.upper.validate()
  }

  /// Attention takes `[length, batch, width]`: what crosses has the batch first.
  @Test func anotherShapeOfAValueIsTakenAbove() throws {
    var builder = ProgramBuilder(architecture: "turned")
    let input = builder.input("input", shape: [3, 4])
    let hidden = builder.linear(input, inputCount: 4, outputCount: 4, layer: "body")
    let turned = builder.call(
      "aten::transpose", overload: "int", ["self": .value(hidden), "dim0": .int(0), "dim1": .int(1)], layer: "turn",
      kind: "")
    let beside = builder.relu(turned, layer: "relu")
    let scores = builder.linear(turned, inputCount: 4, outputCount: 4, layer: "fc")
    let sum = builder.add(scores, beside, layer: "sum", kind: "Add")
    let division = try #require(divided(builder.build(outputs: [sum], head: "fc"), trained: ["fc"]))
    #expect(division.lower.outputs == ["body", "relu"])
    #expect(division.lower.nodes.map(\.layer) == ["body", "turn", "relu"])
    #expect(division.upper.nodes.map(\.layer) == ["turn", "fc", "sum"])
  }

  @Test func anInputThatIsReadAboveCrosses() throws {
    var builder = ProgramBuilder(architecture: "masked")
    let input = builder.input("input", shape: [4])
    let mask = builder.input("mask", elementType: "int64", shape: [4])
    let hidden = builder.linear(input, inputCount: 4, outputCount: 4, layer: "body")
    let scores = builder.linear(hidden, inputCount: 4, outputCount: 4, layer: "fc")
    let masked = builder.add(scores, mask, layer: "masked", kind: "Add")
    let division = try #require(divided(builder.build(outputs: [masked], head: "fc"), trained: ["fc"]))
    #expect(division.lower.outputs == ["body", "mask"])
    #expect(division.upper.inputs.last == Input(name: "mask", elementType: "int64", shape: [-1, 4]))
    #expect(names(of: division.lower.inputs) == ["input", "mask"])
  }
}

// MARK: - In place

extension DivisionTests {
  /// A frozen layer whose values are `changed`, then read by a trained one.
  private func program(
    _ changed: (inout ProgramBuilder, String) -> (below: String, beside: String)
  ) throws -> Program {
    var builder = ProgramBuilder(architecture: "in place")
    let input = builder.input("input", shape: [4])
    let hidden = builder.linear(input, inputCount: 4, outputCount: 4, layer: "body")
    let (below, beside) = changed(&builder, hidden)
    let scores = builder.linear(below, inputCount: 4, outputCount: 4, layer: "fc")
    let sum = builder.add(scores, beside, layer: "sum", kind: "Add")
    return try builder.build(outputs: [sum], head: "fc")
  }

  private func inPlace(_ operatorName: String, _ builder: inout ProgramBuilder, _ value: String) -> String {
    builder.call(operatorName, ["self": .value(value)], layer: "changed", kind: "Changed")
  }

  @Test func whatACallBelowMadeOfAValueCrosses() throws {
    let plain = try program { builder, hidden in
      let activated = inPlace("aten::relu_", &builder, hidden)
      return (activated, activated)
    }
    #expect(try #require(divided(plain, trained: ["fc"])).lower.outputs == ["changed"])
  }

  /// What is read may be the value before the change or after it: a copy is one of them.
  @Test func aValueThatIsChangedBelowAndReadAboveIsNotParted() throws {
    let ambiguous = try program { builder, hidden in
      (inPlace("aten::relu_", &builder, hidden), hidden)
    }
    #expect(divided(ambiguous, trained: ["fc"]) == nil)
  }

  @Test func aChangeAboveReachesAllReadersBehindIt() throws {
    var builder = ProgramBuilder(architecture: "in place")
    let input = builder.input("input", shape: [4])
    let hidden = builder.linear(input, inputCount: 4, outputCount: 4, layer: "body")
    let view = builder.flatten(hidden, layer: "view")
    let scores = builder.linear(hidden, inputCount: 4, outputCount: 4, layer: "fc")
    let grown = builder.call(
      "aten::add_", overload: "Tensor", ["self": .value(hidden), "other": .value(scores)], layer: "grown", kind: "Add")
    // Without parameters, and its argument is below, but no longer what it was there.
    let after = builder.relu(hidden, layer: "after")
    let sum = builder.add(grown, after, layer: "sum", kind: "Add")
    var program = try builder.build(outputs: [sum], head: "fc")
    let division = try #require(divided(program, trained: ["fc"]))
    #expect(division.lower.outputs == ["body"])
    #expect(division.upper.nodes.map(\.layer) == ["fc", "grown", "after", "sum"])
    // Read through a view as well, two copies would stand for one memory.
    program.nodes[program.nodes.count - 1].inputs[0].value = .value(view)
    #expect(divided(program, trained: ["fc"]) == nil)
  }

  @Test func whatIsMadeToBeFilledAboveIsMadeThere() throws {
    let noisy = try program { builder, hidden in
      let count = builder.call(
        "aten::sym_size", overload: "int", ["self": .value("input"), "dim": .int(0)], layer: "", kind: "")
      let empty = builder.call("aten::empty", ["size": .sizes([.value(count), .int(1)])], layer: "noise", kind: "")
      let drawn = builder.call(
        "aten::bernoulli_", overload: "float", ["self": .value(empty), "p": .double(0.5)], layer: "noise", kind: "")
      return (hidden, drawn)
    }
    let division = try #require(divided(noisy, trained: ["fc"]))
    #expect(division.lower.outputs == ["body"])
    #expect(
      division.upper.nodes.map(\.operatorName)
        == ["aten::sym_size", "aten::empty", "aten::bernoulli_", "aten::linear", "aten::add"])
  }
}
