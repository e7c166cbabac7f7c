extension Architecture {
  /// Two 3×3 convolutions without padding, 2×2 max pooling and two linear layers: a small network for small images.
  func convolutionalNetwork(_ options: ArchitectureOptions) throws -> Program {
    let (channels, height, width) = (options.inputShape[0], options.inputShape[1], options.inputShape[2])
    try check("height and width", [height, width], "at least 6", height >= 6 && width >= 6)
    var builder = ProgramBuilder(architecture: rawValue)
    var value = builder.input("input", shape: options.inputShape)
    value = builder.convolution(value, inputChannels: channels, outputChannels: 32, kernel: 3, layer: "features.0")
    value = builder.relu(value, layer: "features.1")
    value = builder.convolution(value, inputChannels: 32, outputChannels: 64, kernel: 3, layer: "features.2")
    value = builder.relu(value, layer: "features.3")
    value = builder.maximumPooling(value, kernel: 2, stride: 2, layer: "features.4")
    value = builder.flatten(value, layer: "flatten")
    let flatCount = 64 * ((height - 4) / 2) * ((width - 4) / 2)
    value = builder.linear(value, inputCount: flatCount, outputCount: 128, layer: "classifier.0")
    value = builder.relu(value, layer: "classifier.1")
    value = builder.linear(value, inputCount: 128, outputCount: options.classCount, layer: "classifier.2")
    return try builder.build(outputs: [value], head: "classifier.2")
  }
}
