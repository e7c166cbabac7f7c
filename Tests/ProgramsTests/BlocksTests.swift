import Programs
import Testing

@Suite struct BlocksTests {
  @Test func everyLayerOfASmallNetworkIsABlock() throws {
    let program = try Architecture.cnn.program(options: ArchitectureOptions(inputShape: [1, 8, 8], classCount: 2))
    #expect(program.blocks.map(\.name) == ["features.0", "features.2", "classifier.0", "classifier.2"])
    #expect(program.blocks[0].parameterNames == ["features.0.weight", "features.0.bias"])
    #expect(program.depthFromHead["features.0.weight"] == 3 && program.depthFromHead["classifier.2.bias"] == 0)
  }

  @Test func aResidualNetworkHasItsStemItsStagesAndItsHead() throws {
    for architecture in [Architecture.resnet18, .resnet50] {
      let program = try architecture.program(options: ArchitectureOptions(inputShape: [3, 32, 32], classCount: 10))
      #expect(program.blocks.map(\.name) == ["conv1", "layer1", "layer2", "layer3", "layer4", "fc"])
      #expect(program.blocks[0].parameterNames == ["conv1.weight", "bn1.weight", "bn1.bias"])
      // Every parameter is in one block.
      let all = program.blocks.flatMap(\.parameterNames)
      #expect(all.sorted() == program.parameters.map(\.name).sorted())
    }
  }
}
