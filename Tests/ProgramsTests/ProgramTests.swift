import Foundation
import Testing

@testable import Programs

@Suite struct ProgramTests {
  /// One linear layer by hand.
  private func linear() -> Program {
    Program(
      architecture: "test", inputs: [Input(name: "x", shape: [-1, 3])],
      parameters: [
        TensorSpecification(name: "fc.weight", shape: [2, 3], initialization: .uniform(bound: 0.5)),
        TensorSpecification(name: "fc.bias", shape: [2]),
      ],
      nodes: [
        Node(
          operatorName: "aten::linear",
          inputs: [
            NamedArgument(name: "input", value: .value("x")), NamedArgument(name: "weight", value: .value("fc.weight")),
            NamedArgument(name: "bias", value: .value("fc.bias")),
          ], outputs: ["logits"], layer: "fc", layerKind: "Linear")
      ], outputs: ["logits"], head: "fc")
  }

  @Test func everyKindOfArgumentSurvivesJSON() throws {
    let arguments: [Argument] = [
      .value("x"), .values(["x", nil]), .none, .int(-3), .ints([1, 1]), .double(1e-5), .double(-.infinity),
      .doubles([0.5, 2]), .bool(false), .string("mean"), .elementType("bfloat16"),
    ]
    var program = linear()
    program.nodes[0].inputs += arguments.enumerated().map { NamedArgument(name: "a\($0.offset)", value: $0.element) }
    #expect(try Program(json: program.jsonData()) == program)
  }

  @Test func builtInArchitecturesSurviveJSON() throws {
    for architecture in Architecture.allCases {
      let program = try architecture.program(options: ArchitectureOptions(inputShape: [3, 32, 32], classCount: 7))
      let data = try program.jsonData()
      let read = try Program(json: data)
      #expect(read == program)
      #expect(try read.jsonData() == data)
    }
  }

  @Test func argumentsAreCompact() throws {
    let data = try JSONEncoder().encode(NamedArgument(name: "n", value: .ints([1, 2])).value)
    #expect(String(decoding: data, as: UTF8.self) == #"{"ints":[1,2]}"#)
  }

  @Test func leftOutFieldsTakeTheirDefaults() throws {
    let json = """
      {"version":1,"architecture":"a","inputs":[{"name":"x","elementType":"float32","shape":[-1,3]}],
       "parameters":[{"name":"w","shape":[3]}],"outputs":["y"],"nodes":[{"operator":"aten::mul","overload":"Tensor",
       "inputs":[{"name":"self","value":{"value":"x"}},{"name":"other","value":{"value":"w"}}],"outputs":["y"]}]}
      """
    let program = try Program(json: Data(json.utf8))
    #expect(program.parameters[0].elementType == "float32")
    #expect(program.layers.isEmpty)
    #expect(program.headParameterNames.isEmpty)
  }

  @Test(arguments: [
    ("", "JSON"), ("[]", "expected"), ("{}", "'version' is missing"), (#"{"version":2}"#, "version 2"),
    (#"{"version":1,"architecture":"a","inputs":[{"name":3}]}"#, "inputs[0].name"),
  ])
  func brokenJSONIsRefusedInOneLine(json: String, part: String) throws {
    let error = #expect(throws: ProgramError.self) { try Program(json: Data(json.utf8)) }
    let text = try #require(error).description
    #expect(text.contains(part), "\(text)")
    #expect(!text.contains("\n"))
  }

  @Test func invalidProgramsAreRefusedByName() {
    func error(_ change: (inout Program) -> Void) -> ProgramError? {
      var program = linear()
      change(&program)
      return #expect(throws: ProgramError.self) { try program.validate() }
    }
    #expect(error { $0.parameters[1].name = "fc.weight" } == .duplicateValue(name: "fc.weight"))
    #expect(error { $0.nodes[0].outputs = ["x"] } == .duplicateValue(name: "x"))
    #expect(
      error { $0.nodes[0].inputs[1].value = .value("fc.wieght") }
        == .unknownValue(name: "fc.wieght", readBy: "aten::linear in layer 'fc'", nearest: ["fc.weight"]))
    #expect(error { $0.nodes[0].inputs[0].value = .values(["logits"]) }?.description.contains("'logits'") == true)
    #expect(error { $0.outputs = [] } == .noOutputs(architecture: "test"))
    #expect(error { $0.outputs = ["logit"] }?.description.contains("did you mean 'logits'") == true)
    #expect(error { $0.head = "fd" } == .unknownHead(head: "fd", nearest: ["fc"]))
    #expect(error { $0.parameters[0].shape = [-1, 3] } == .invalidShape(tensor: "fc.weight", shape: [-1, 3]))
    #expect(error { $0.parameters[0].shape = [Int.max, 3] } == .invalidShape(tensor: "fc.weight", shape: [.max, 3]))
    #expect(error { $0.parameters[0].elementType = "f4" } == .unknownElementType(tensor: "fc.weight", found: "f4"))
    #expect(error { $0.parameters[0].name = "a/b" } == .invalidName(name: "a/b"))
    let infinite = Double.infinity
    #expect(
      error { $0.parameters[0].initialization = .constant(infinite) }
        == .invalidInitialization(tensor: "fc.weight", value: infinite))
    #expect(error { $0.nodes[0].inputs[1].name = "input" }?.description.contains("twice") == true)
    #expect(error { $0.inputs[0].shape = [0, 3] } == .invalidShape(tensor: "x", shape: [0, 3]))
  }

  @Test func descriptionsStayOnOneLineWhateverNamesHold() {
    let error = ProgramError.duplicateValue(name: "a\r\nb\u{1B}[31m")
    #expect(!error.description.contains { $0.isNewline || $0 == "\u{1B}" })
  }
}

@Suite struct LayerTests {
  private func resnet() throws -> Program {
    try Architecture.resnet18.program(options: ArchitectureOptions(inputShape: [3, 64, 64], classCount: 4))
  }

  @Test func layersComeInTheOrderOfTheirOutputs() throws {
    let names = try resnet().layers.map(\.name)
    #expect(
      names.prefix(9) == [
        "conv1", "bn1", "relu", "maxpool", "layer1.0.conv1", "layer1.0.bn1", "layer1.0.conv2", "layer1.0.bn2",
        "layer1.0.relu",
      ])
    #expect(names.suffix(2) == ["avgpool", "fc"])
    #expect(Set(names).count == names.count)
    // The addition belongs to the block, which is no leaf.
    #expect(!names.contains("layer1.0"))
  }

  @Test func aLayerKnowsItsTensors() throws {
    let layer = try #require(try resnet().layers.first { $0.name == "layer1.0.bn1" })
    #expect(layer.kind == "BatchNorm2d")
    #expect(layer.parameterNames == ["layer1.0.bn1.weight", "layer1.0.bn1.bias"])
    #expect(
      layer.bufferNames == [
        "layer1.0.bn1.running_mean", "layer1.0.bn1.running_var", "layer1.0.bn1.num_batches_tracked",
      ])
  }

  @Test func aContainerGivesTheOutputOfItsLastNode() throws {
    let program = try resnet()
    let block = try #require(program.layer(named: "layer1.0"))
    #expect(block.output == program.layer(named: "layer1.0.relu")?.output)
    #expect(block.kind == "BasicBlock")
    #expect(block.parameterNames.count == 6)
    #expect(program.layer(named: "layer") == nil)
    #expect(program.layer(named: "") == nil)
  }

  @Test func globsSelectLayersAndParameters() throws {
    let program = try resnet()
    #expect(try program.layers(matching: ["fc", "layer1.0"]).count == 6)
    #expect(try program.parameterNames(matching: "fc") == ["fc.weight", "fc.bias"])
    #expect(try program.parameterNames(matching: "*.bn?.weight").count == 16)
    #expect(throws: ProgramError.noMatch(pattern: "layr1", nearest: ["layer1", "layer2", "layer3"])) {
      try program.parameterNames(matching: "layr1")
    }
    #expect(throws: ProgramError.noMatch(pattern: "nothing.like.it", nearest: [])) {
      try program.layers(matching: ["fc", "nothing.like.it"])
    }
  }

  @Test func aTiedWeightBelongsToTheLayerThatReadsIt() throws {
    var builder = ProgramBuilder(architecture: "tied")
    let input = builder.input("input", shape: [3])
    let hidden = builder.linear(input, inputCount: 3, outputCount: 3, layer: "embedding")
    let output = builder.call(
      "aten::linear", ["input": .value(hidden), "weight": .value("embedding.weight")], layer: "decoder", kind: "Linear")
    let program = try builder.build(outputs: [output])
    #expect(program.layers.map(\.parameterNames) == [["embedding.weight", "embedding.bias"], ["embedding.weight"]])
  }

  @Test func parametersBelongToTheModuleTheirPathNames() throws {
    let program = try resnet()
    #expect(program.layerName(ofParameter: "layer1.0.conv1.weight") == "layer1.0.conv1")
    #expect(program.layerName(ofParameter: "scale") == "")
  }

  @Test func editDistanceIsLevenshteins() {
    #expect(editDistance("kitten", "sitting") == 3)
    #expect(editDistance("", "abc") == 3)
    #expect(editDistance("same", "same") == 0)
  }
}
