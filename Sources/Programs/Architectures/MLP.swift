extension Architecture {
  /// Linear layers with ReLU between them over the flattened input; the last, `layers.<2 · hidden>`, is the head.
  func multilayerPerceptron(_ options: ArchitectureOptions) throws -> Program {
    try check(
      "hidden sizes", options.hiddenSizes, "1 to 1,000,000 each",
      options.hiddenSizes.allSatisfy { (1...1_000_000).contains($0) })
    var builder = ProgramBuilder(architecture: rawValue)
    var value = builder.flatten(builder.input("input", shape: options.inputShape), layer: "flatten")
    var width = options.inputShape.reduce(1, *)
    var position = 0
    for size in options.hiddenSizes {
      value = builder.linear(value, inputCount: width, outputCount: size, layer: "layers.\(position)")
      value = builder.relu(value, layer: "layers.\(position + 1)")
      width = size
      position += 2
    }
    let head = "layers.\(position)"
    let logits = builder.linear(value, inputCount: width, outputCount: options.classCount, layer: head)
    return try builder.build(outputs: [logits], head: head)
  }
}
