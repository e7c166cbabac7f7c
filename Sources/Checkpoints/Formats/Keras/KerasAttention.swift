/// Layers that Keras keeps as products over several axes: attention and `EinsumDense`.
enum KerasAttention {
  /// The four projections of MultiHeadAttention as `torch.nn.MultiheadAttention` has them, where the heads have the width
  /// of the query between them; as four linear layers otherwise.
  static func outcome(_ parts: KerasParts) -> KerasConversion.Outcome {
    guard parts.names == [.query, .key, .value, .output] else { return .left(nil) }
    var weights: [TensorView] = []
    var biases: [TensorView] = []
    for part in [KerasLayer.Part.query, .key, .value, .output] {
      // `(in, heads, size)`; of the output `(heads, size, out)`.
      guard let kernel = parts[part]["kernel"], kernel.shape.count == 3,
        parts[part].ordered.count == (parts[part]["bias"] == nil ? 1 : 2)
      else { return .left(nil) }
      let shape = kernel.shape
      let matrix = part == .output ? [shape[0] * shape[1], shape[2]] : [shape[0], shape[1] * shape[2]]
      weights.append(kernel.reshaped(matrix).permuted([1, 0]))
      if let bias = parts[part]["bias"] {
        guard bias.count == matrix[1] else { return .left(nil) }
        biases.append(bias.reshaped([matrix[1]]))
      }
    }
    guard Set((weights + biases).map(\.elementType)).count == 1 else { return .left(nil) }
    let width = weights[0].shape[1]
    let isSquare =
      weights[0].shape == [width, width] && weights[3].shape == [width, width]
      && weights[1].shape[0] == width && weights[2].shape[0] == width
    guard biases.isEmpty || biases.count == 4, isSquare else {
      let layers = ["query", "key", "value", "attention_output"]
      var tensors: [(String, TensorView)] = []
      for (layer, part) in zip(layers.indices, [KerasLayer.Part.query, .key, .value, .output]) {
        tensors.append(("\(layers[layer]).weight", weights[layer]))
        if let bias = parts[part]["bias"] { tensors.append(("\(layers[layer]).bias", bias.reshaped([bias.count]))) }
      }
      return .converted(
        tensors,
        remark: "as four linear layers: PyTorch's MultiheadAttention has heads that are together as wide as the query")
    }
    let isUniform = weights[1].shape == weights[0].shape && weights[2].shape == weights[0].shape
    let inputs: [(String, TensorView)] =
      isUniform
      ? [("in_proj_weight", .concatenated(Array(weights.prefix(3))))]
      : zip(["q_proj_weight", "k_proj_weight", "v_proj_weight"], weights).map { ($0, $1) }
    let outputs: [(String, TensorView)] = [("out_proj.weight", weights[3])]
    guard biases.count == 4 else { return .converted(inputs + outputs) }
    return .converted(
      inputs + [("in_proj_bias", .concatenated(Array(biases.prefix(3))))] + outputs + [("out_proj.bias", biases[3])])
  }

  /// An EinsumDense that is a linear layer over the last axes of its input: `ab,bc->ac`, `abc,cde->abde`.
  static func einsum(_ weights: KerasParts.Weights, equation: String?) -> KerasConversion.Outcome {
    guard let equation else { return .left("EinsumDense, whose equation the file does not say") }
    let refusal = KerasConversion.Outcome.left("EinsumDense of \(equation)")
    let sides = equation.filter { !$0.isWhitespace }.split(separator: ">").map(String.init)
    guard sides.count == 2, let comma = sides[0].firstIndex(of: ","), sides[0].hasSuffix("-"),
      let kernel = weights["kernel"]
    else { return refusal }
    let input = sides[0][..<comma]
    let labels = sides[0][sides[0].index(after: comma)...].dropLast()
    let contracted = labels.prefix { input.contains($0) }
    let made = labels.dropFirst(contracted.count)
    guard !contracted.isEmpty, !made.isEmpty, kernel.shape.count == labels.count, input.hasSuffix(contracted),
      sides[1].hasSuffix(made), !contracted.contains(where: { sides[1].contains($0) }),
      !made.contains(where: { input.contains($0) }),
      input.dropLast(contracted.count) == sides[1].dropLast(made.count)
    else { return refusal }
    let matrix = [
      kernel.shape.prefix(contracted.count).reduce(1, *), kernel.shape.dropFirst(contracted.count).reduce(1, *),
    ]
    let weight = ("weight", kernel.reshaped(matrix).permuted([1, 0]))
    guard let bias = weights["bias"] else { return .converted([weight]) }
    guard bias.count == matrix[1] else { return refusal }
    return .converted([weight, ("bias", bias.reshaped([matrix[1]]))])
  }
}
