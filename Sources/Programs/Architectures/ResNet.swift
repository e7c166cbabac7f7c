/// What tells one residual network from another.
struct ResidualNetworkPlan {
  enum Block: String {
    case basic = "BasicBlock"
    /// Stride on the 3×3 convolution, as in torchvision ("ResNet v1.5").
    case bottleneck = "Bottleneck"

    /// Output channels for each unit of width.
    var expansion: Int { self == .basic ? 1 : 4 }
  }

  var block: Block
  /// Blocks in each of the four stages.
  var depths: [Int]
}

extension Architecture {
  /// torchvision's residual network: its parameter names, counts and initializations.
  ///
  /// He et al., "Deep Residual Learning for Image Recognition", CVPR 2016.
  func residualNetwork(_ plan: ResidualNetworkPlan, _ options: ArchitectureOptions) throws -> Program {
    var builder = ProgramBuilder(architecture: rawValue)
    var value = builder.input("input", shape: options.inputShape)
    let isLarge = options.form == .imagenet
    value = builder.convolution(
      value, inputChannels: options.inputShape[0], outputChannels: 64, kernel: isLarge ? 7 : 3,
      stride: isLarge ? 2 : 1, padding: isLarge ? 3 : 1, hasBias: false, initialization: .kaimingNormalFanOut,
      layer: "conv1")
    value = builder.batchNormalization(value, channels: 64, layer: "bn1")
    value = builder.relu(value, layer: "relu")
    if isLarge { value = builder.maximumPooling(value, kernel: 3, stride: 2, padding: 1, layer: "maxpool") }
    var channels = 64
    for (stage, depth) in plan.depths.enumerated() {
      for position in 0..<depth {
        let block = ResidualBlock(
          kind: plan.block, name: "layer\(stage + 1).\(position)", inputChannels: channels, width: 64 << stage,
          stride: stage > 0 && position == 0 ? 2 : 1)
        value = block.append(to: &builder, value)
        channels = block.outputChannels
      }
    }
    value = builder.globalAveragePooling(value, layer: "avgpool")
    value = builder.flatten(value, layer: "", kind: "ResNet")
    value = builder.linear(value, inputCount: channels, outputCount: options.classCount, layer: "fc")
    return try builder.build(outputs: [value], head: "fc")
  }
}

/// One block of a residual network: convolutions with normalization, added to its (perhaps projected) input.
private struct ResidualBlock {
  let kind: ResidualNetworkPlan.Block
  let name: String
  let inputChannels: Int
  let width: Int
  let stride: Int

  var outputChannels: Int { width * kind.expansion }

  /// Kernel, output channels and stride of each convolution.
  private var convolutions: [(kernel: Int, channels: Int, stride: Int)] {
    switch kind {
    case .basic: [(3, width, stride), (3, width, 1)]
    case .bottleneck: [(1, width, 1), (3, width, stride), (1, outputChannels, 1)]
    }
  }

  func append(to builder: inout ProgramBuilder, _ input: String) -> String {
    var value = input
    var channels = inputChannels
    for (index, convolution) in convolutions.enumerated() {
      if index > 0 { value = builder.relu(value, layer: "\(name).relu") }
      value = builder.convolution(
        value, inputChannels: channels, outputChannels: convolution.channels, kernel: convolution.kernel,
        stride: convolution.stride, padding: convolution.kernel / 2, hasBias: false,
        initialization: .kaimingNormalFanOut, layer: "\(name).conv\(index + 1)")
      channels = convolution.channels
      value = builder.batchNormalization(value, channels: channels, layer: "\(name).bn\(index + 1)")
    }
    var shortcut = input
    if stride != 1 || inputChannels != outputChannels {
      shortcut = builder.convolution(
        input, inputChannels: inputChannels, outputChannels: outputChannels, kernel: 1, stride: stride,
        hasBias: false, initialization: .kaimingNormalFanOut, layer: "\(name).downsample.0")
      shortcut = builder.batchNormalization(shortcut, channels: outputChannels, layer: "\(name).downsample.1")
    }
    let sum = builder.add(value, shortcut, layer: name, kind: kind.rawValue)
    return builder.relu(sum, layer: "\(name).relu")
  }
}
