import Testing

@testable import Programs

@Suite struct ArchitectureTests {
  private func imagenet(_ architecture: Architecture) throws -> Program {
    try architecture.program(options: ArchitectureOptions(inputShape: [3, 224, 224], classCount: 1000))
  }

  /// torchvision's own counts.
  @Test(arguments: [
    (Architecture.resnet18, 11_689_512), (.resnet34, 21_797_672), (.resnet50, 25_557_032),
  ])
  func residualNetworksHaveTorchvisionsParameterCounts(architecture: Architecture, count: Int) throws {
    #expect(try imagenet(architecture).parameterCount == count)
  }

  @Test func resnet18HasTorchvisionsNames() throws {
    let program = try imagenet(.resnet18)
    // 20 convolutions, 20 normalizations with weight and bias, fc with weight and bias.
    #expect(program.parameters.count == 62)
    #expect(program.buffers.count == 60)
    let shapes = Dictionary(uniqueKeysWithValues: (program.parameters + program.buffers).map { ($0.name, $0.shape) })
    #expect(shapes["conv1.weight"] == [64, 3, 7, 7])
    #expect(shapes["layer2.0.downsample.0.weight"] == [128, 64, 1, 1])
    #expect(shapes["layer2.0.downsample.1.running_var"] == [128])
    #expect(shapes["layer4.1.bn2.num_batches_tracked"] == [])
    #expect(shapes["layer1.0.downsample.0.weight"] == nil)
    #expect(shapes["fc.weight"] == [1000, 512])
    #expect(program.headParameterNames == ["fc.weight", "fc.bias"])
  }

  @Test func bottleneckStridesOnItsSecondConvolution() throws {
    let program = try imagenet(.resnet50)
    let strides = program.nodes.filter { $0.layer.hasPrefix("layer2.0.conv") }.map { node in
      node.inputs.first { $0.name == "stride" }?.value
    }
    #expect(strides == [.ints([1, 1]), .ints([2, 2]), .ints([1, 1])])
  }

  @Test func cifarFormHasASmallStem() throws {
    let program = try Architecture.resnet18.program(
      options: ArchitectureOptions(inputShape: [3, 32, 32], classCount: 10, form: .cifar))
    // 11,689,512 − stem 3·64·(49 − 9) − head 990·(512 + 1)
    #expect(program.parameterCount == 11_689_512 - 7680 - 507_870)
    #expect(program.layer(named: "maxpool") == nil)
  }

  @Test func cnnIsTheSmallNetworkOfTheDesign() throws {
    let program = try Architecture.cnn.program(options: ArchitectureOptions(inputShape: [1, 28, 28], classCount: 5))
    // 320 + 18,496 + 9216·128 + 128 + 128·5 + 5
    #expect(program.parameterCount == 1_199_237)
    #expect(
      program.layers.map(\.name) == [
        "features.0", "features.1", "features.2", "features.3", "features.4", "flatten", "classifier.0",
        "classifier.1", "classifier.2",
      ])
    #expect(program.head == "classifier.2")
  }

  @Test func mlpNumbersItsLayers() throws {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 28, 28], classCount: 10, hiddenSizes: [256]))
    // 784·256 + 256 + 256·10 + 10
    #expect(program.parameterCount == 203_530)
    #expect(program.parameters.map(\.name) == ["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"])
    #expect(program.parameters[0].initialization == .uniform(bound: 1.0 / 28))
    #expect(program.inputs == [Input(name: "input", shape: [-1, 1, 28, 28])])
  }

  @Test func convolutionsOfResidualNetworksAreDrawnByFanOut() throws {
    let program = try imagenet(.resnet18)
    // √(2 / (64·49)), √(2 / (128·9)); fc within 1/√512
    #expect(program.parameters[0].initialization == .normal(standardDeviation: (2.0 / 3136).squareRoot()))
    let second = program.parameters.first { $0.name == "layer2.0.conv1.weight" }
    #expect(second?.initialization == .normal(standardDeviation: (2.0 / 1152).squareRoot()))
    #expect(program.parameters.last?.initialization == .uniform(bound: 1 / 512.0.squareRoot()))
    #expect(program.parameters.first { $0.name == "bn1.weight" }?.initialization == .constant(1))
  }

  @Test func badOptionsAreNamed() {
    let options = [
      ArchitectureOptions(inputShape: [28, 28], classCount: 5),
      ArchitectureOptions(inputShape: [1, 5, 28], classCount: 5),
      ArchitectureOptions(inputShape: [1, 28, 28], classCount: 0),
    ]
    for options in options {
      let error = #expect(throws: ProgramError.self) { try Architecture.cnn.program(options: options) }
      guard case .invalidOption("cnn", _, _, _)? = error else {
        Issue.record("\(options): \(String(describing: error))")
        continue
      }
    }
    #expect(throws: ProgramError.unknownArchitecture(name: "resnet81", nearest: ["resnet18", "resnet34", "resnet50"])) {
      try Architecture(named: "resnet81")
    }
  }
}
