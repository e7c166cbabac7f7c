import Programs
import Testing
import Torch

@testable import Models

@Suite struct ChannelsLastTests {
  /// Two convolutions, each with a ReLU, and a linear layer of what the second gives as a row an example.
  private func program(
    channels: Int = 8, changing: (ProgramBuilder, inout [Node]) -> Void = { _, _ in }
  ) throws -> Program {
    var builder = ProgramBuilder(architecture: "convolutions")
    let input = builder.input("input", shape: [channels, 6, 6])
    let first = builder.convolution(
      input, inputChannels: channels, outputChannels: channels, kernel: 3, layer: "first")
    let hidden = builder.relu(first, layer: "relu")
    let second = builder.convolution(hidden, inputChannels: channels, outputChannels: 4, kernel: 1, layer: "second")
    let row = builder.flatten(second, layer: "row")
    let logits = builder.linear(row, inputCount: 64, outputCount: 3, layer: "last")
    var program = try builder.build(outputs: [logits], head: "last")
    changing(builder, &program.nodes)
    return program
  }

  /// The same with `view` in the place of `flatten`, which takes what lies row by row alone.
  private func viewing(_ nodes: inout [Node]) {
    for (position, node) in nodes.enumerated() where node.operatorName == "aten::flatten" {
      let own = NamedArgument(name: "self", value: node.inputs[0].value)
      nodes[position] = Node(
        operatorName: "aten::view", overload: "", inputs: [own, NamedArgument(name: "size", value: .ints([-1, 64]))],
        outputs: node.outputs, layer: node.layer)
    }
  }

  private func order(_ program: Program) throws -> ChannelsLast? {
    ChannelsLast(program, slotOfValue: try Executor(program).slotOfValue)
  }

  @Test func outputsAndFeaturesAreThoseOfARunRowByRow() throws {
    let program = try program { viewing(&$1) }
    let model = try Model(initializing: program, task: "task", classNames: ["a", "b", "c"], seed: 5)
    let order = try #require(try order(program))
    #expect(order.rowMajorCalls.map { program.nodes[$0].layer }.sorted() == ["last", "row"])
    let count = 9
    let values = (0..<count * 8 * 36).map { Float(($0 * 7919) % 997) / 500 - 1 }
    let inputs = ["input": try Tensor(values, shape: [count, 8, 6, 6])]
    let layers = ["first", "relu", "second"]
    // While gradients are recorded, a network is run row by row.
    let expected = try model.run(inputs, capture: layers)
    let found = try withoutGradients { try model.run(inputs, capture: layers) }
    func compare(_ found: Tensor, _ expected: Tensor, _ what: String) throws {
      #expect(found.shape == expected.shape)
      let differences = zip(try found.array(of: Double.self), try expected.array(of: Double.self)).map { abs($0 - $1) }
      #expect(try #require(differences.max()) < 1e-5, "\(what)")
    }
    try compare(found.logits, expected.logits, "logits")
    // Only what lies row by row can be viewed so; features lie as they were computed.
    #expect(throws: Never.self) { try Operator("aten::view").tensor([.tensor(found.logits), .ints([count, -1])]) }
    let first = try #require(found.features["first"])
    #expect(throws: TorchError.self) { try Operator("aten::view").tensor([.tensor(first), .ints([count, -1])]) }
    let (own, rows) = (try first.rowsAsStored(), try first.reshaped([count, -1]))
    let products = try [own, rows].map { try $0.matrixProduct($0.transposed()).array(of: Double.self) }
    #expect(own.shape == rows.shape && zip(products[0], products[1]).allSatisfy { abs($0 - $1) <= 1e-5 * abs($1) })
    #expect(try own.array(of: Float.self) != rows.array(of: Float.self))
    for layer in layers {
      try compare(try #require(found.features[layer]), try #require(expected.features[layer]), layer)
    }
    try withoutGradients {
      var own: Tensor?
      try model.run(inputs, versions: [["last.bias": Tensor.zeros([3], type: .float32)], [:]]) {
        own = $0 == 1 ? $1 : own
      }
      let versions = try #require(own)
      #expect(try versions.array(of: Float.self) == found.logits.array(of: Float.self))
    }
  }

  @Test func aKernelStaysAsItLies() throws {
    let model = try Model(initializing: program(), task: "task", classNames: ["a", "b", "c"], seed: 5)
    let before = try #require(model.parameters["first.weight"]).bytes()
    try withoutGradients { _ = try model.run(["input": try Tensor.zeros([8, 8, 6, 6], type: .float32)]) }
    let kernel = try #require(model.parameters["first.weight"])
    #expect(try kernel.bytes() == before)
    #expect(throws: Never.self) { try Operator("aten::view").tensor([.tensor(kernel), .ints([-1])]) }
  }

  /// Where a convolution has few channels, where gradients are recorded, and where examples are few.
  @Test func othersAreRunRowByRow() throws {
    #expect(try order(program(channels: 3)) == nil)
    let order = try #require(try order(program()))
    #expect(try !order.applies(exampleCount: 8, device: .cpu))
    try withoutGradients {
      let applied = try [7, 8].map { try order.applies(exampleCount: $0, device: .cpu) }
      #expect(applied == [false, true])
      let asked = try RowMajor.$isAsked.withValue(true) {
        try order.applies(exampleCount: 8, device: .cpu)
      }
      #expect(!asked)
    }
  }

  /// A value that is changed once a view of it was taken: the view has to see it.
  @Test func aViewOfWhatIsChangedLaterHasItsMemory() throws {
    func added(to value: String, at position: Int, in nodes: inout [Node]) {
      nodes.insert(
        Node(
          operatorName: "aten::add_", overload: "Tensor",
          inputs: [
            NamedArgument(name: "self", value: .value(value)), NamedArgument(name: "other", value: .value(value)),
          ], outputs: ["changed"], layer: "second"), at: position)
    }
    func changed(behind layer: String) throws -> Program {
      try program { _, nodes in
        guard let own = nodes.first(where: { $0.layer == "second" })?.outputs[0],
          let position = nodes.firstIndex(where: { $0.layer == layer })
        else { return }
        added(to: own, at: position + 1, in: &nodes)
      }
    }
    #expect(try order(changed(behind: "row")) == nil)
    #expect(try order(changed(behind: "second")) != nil)
  }
}
