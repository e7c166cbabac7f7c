import Programs
import Testing

@Suite struct SegmentsTests {
  private func starts(_ program: Program) -> [String] {
    program.segments.map { program.nodes[$0.lowerBound].layer }
  }

  @Test func aSegmentBeginsWhereABlockDoes() throws {
    let program = try Architecture.resnet18.program(
      options: ArchitectureOptions(inputShape: [3, 32, 32], classCount: 10))
    #expect(
      starts(program) == ["conv1", "layer1.0.conv1", "layer2.0.conv1", "layer3.0.conv1", "layer4.0.conv1", "fc"])
    let segments = program.segments
    #expect(segments.first?.lowerBound == 0 && segments.last?.upperBound == program.nodes.count)
    #expect(zip(segments, segments.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
  }

  /// A block that begins by changing what enters it in place cannot be run twice from that.
  @Test(arguments: [false, true]) func noCutStandsBeforeAChangeInPlace(isInPlace: Bool) throws {
    var builder = ProgramBuilder(architecture: "small")
    var value = builder.input("input", shape: [4])
    value = builder.linear(value, inputCount: 4, outputCount: 4, layer: "a.linear")
    value = builder.call(
      isInPlace ? "aten::relu_" : "aten::relu", ["self": .value(value)], layer: "b.relu", kind: "ReLU")
    value = builder.linear(value, inputCount: 4, outputCount: 4, layer: "b.linear")
    // Its own value it may change.
    value = builder.call("aten::relu_", ["self": .value(value)], layer: "b.last", kind: "ReLU")
    let logits = builder.linear(value, inputCount: 4, outputCount: 2, layer: "fc")
    var program = try builder.build(outputs: [logits], head: "fc")
    #expect(starts(program) == ["a.linear", "b.linear", "fc"])
    // As if the activation were a layer with parameters: the block begins with it.
    program.nodes[1].layer = "b.linear"
    #expect(starts(program) == (isInPlace ? ["a.linear", "fc"] : ["a.linear", "b.linear", "fc"]))
  }
}
