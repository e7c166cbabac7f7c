import Checkpoints
import HDF5
import Models
import TestSupport
import Testing
import Torch

/// What PyTorch computes with the weights of a Keras layer is what Keras computed: see Fixtures/keras/make_keras.py.
@Suite struct KerasParityTests {
  @Test(arguments: [
    ("layers.keras", [] as [String]), ("layers.h5", []),
    // A file of weights alone does not say which of gamma and beta there is, nor the equation.
    ("layers.weights.h5", ["batch_without_scale", "einsum_dense"]),
  ])
  func everyKindOfLayerGivesKerasOutputs(name: String, unknown: [String]) throws {
    let folder = try TemporaryFolder()
    let file = try WeightsFile(contentsOf: try Repository.unpacked("keras/\(name).gz", in: folder))
    let expected = try File.open(Repository.fixture("keras/expected.h5")).root
    for layer in try expected.names where !unknown.contains(layer) {
      try compare(layer, of: file, with: expected.group(layer))
    }
    #expect(file.notes.contains { $0.hasPrefix("not converted") } == !unknown.isEmpty)
    for layer in unknown { #expect(file.names.contains("\(layer).0")) }
  }

  @Test(arguments: ["lstm", "gru"]) func layersOfCuDNNGiveKerasOutputs(layer: String) throws {
    let file = try WeightsFile(contentsOf: Repository.fixture("keras/cudnn.h5"))
    try compare(layer, of: file, with: try File.open(Repository.fixture("keras/expected.h5")).root.group(layer))
  }

  private func compare(_ layer: String, of file: WeightsFile, with expected: Group) throws {
    let prefix = "\(layer)."
    let weights = try Dictionary(
      uniqueKeysWithValues: file.tensors.filter { $0.key.hasPrefix(prefix) }.map {
        (String($0.key.dropFirst(prefix.count)), try Tensor.copying($0.value))
      })
    let stored = try expected.group("inputs")
    let inputs = try stored.names.map { name -> Tensor in
      let dataset = try stored.dataset(name)
      return layer == "embedding"
        ? try Tensor(try dataset.read(as: Int64.self), shape: try dataset.shape)
        : try Tensor(try dataset.read(as: Float.self), shape: try dataset.shape)
    }
    let found = try withoutGradients { try TorchLayer(weights: weights).output(layer, inputs) }
    let numbers = try expected.dataset("outputs").read(as: Float.self).map(Double.init)
    let worst = try #require(largestDifference(try found.array(of: Double.self), numbers), "\(layer): \(found.shape)")
    #expect(numbers.contains { abs($0) > 0.01 })
    #expect(worst.value <= 1e-5, "\(layer): differs by \(worst.value) at \(worst.index)")
  }
}

/// A layer of PyTorch's with these weights, by the names that its module has.
private struct TorchLayer {
  let weights: [String: Tensor]

  func output(_ layer: String, _ inputs: [Tensor]) throws -> Tensor {
    let x = inputs[0]
    switch layer {
    case "dense", "einsum_dense", "time_distributed": return try linear(x, "")
    case "conv1d", "conv3d": return try convolution(x, "", axes: layer == "conv1d" ? 1 : 3)
    case "conv2d": return try convolution(x, "", axes: 2, groups: 2)
    case "conv1d_transpose": return try transposedConvolution(x, axes: 1)
    case "conv2d_transpose": return try transposedConvolution(x, axes: 2)
    case "conv3d_transpose": return try transposedConvolution(x, axes: 3)
    case "depthwise_conv1d", "depthwise_conv2d":
      return try convolution(x, "", axes: x.shape.count - 2, groups: x.shape[1])
    case "separable_conv1d", "separable_conv2d":
      let axes = x.shape.count - 2
      return try convolution(convolution(x, "depthwise.", axes: axes, groups: x.shape[1]), "pointwise.", axes: axes)
    case "embedding": return try Operator("aten::embedding").tensor([.tensor(try weight("weight")), .tensor(x)])
    case "batch_normalization", "batch_without_scale":
      return try Operator("aten::batch_norm").tensor([
        .tensor(x), optional("weight"), optional("bias"), .tensor(try weight("running_mean")),
        .tensor(try weight("running_var")), .bool(false), .double(0.1), .double(1e-3), .bool(false),
      ])
    case "layer_normalization":
      return try Operator("aten::layer_norm").tensor([
        .tensor(x), .ints([x.shape[1]]), optional("weight"), optional("bias"), .double(1e-3),
      ])
    case "group_normalization":
      return try Operator("aten::group_norm").tensor([
        .tensor(x), .int(2), optional("weight"), optional("bias"), .double(1e-3),
      ])
    case "lstm", "both_lstm": return try recurrence("aten::lstm", x, isBidirectional: layer == "both_lstm")
    case "gru", "both_gru": return try recurrence("aten::gru", x, isBidirectional: layer == "both_gru")
    case "simple_rnn": return try recurrence("aten::rnn_tanh", x, isBidirectional: false)
    case "attention", "attention_kv", "attention_wide": return try attention(inputs)
    default: throw Unknown(layer: layer)
    }
  }

  struct Unknown: Error { let layer: String }
  struct Missing: Error { let tensor: String }

  private func weight(_ name: String) throws -> Tensor {
    guard let tensor = weights[name] else { throw Missing(tensor: name) }
    return tensor
  }

  private func optional(_ name: String) -> OperatorValue { weights[name].map { .tensor($0) } ?? .none }

  private func linear(_ x: Tensor, _ prefix: String) throws -> Tensor {
    try linear(x, try weight("\(prefix)weight"), try weight("\(prefix)bias"))
  }

  private func linear(_ x: Tensor, _ weight: Tensor, _ bias: Tensor) throws -> Tensor {
    try Operator("aten::linear").tensor([.tensor(x), .tensor(weight), .tensor(bias)])
  }

  private func convolution(_ x: Tensor, _ prefix: String, axes: Int, groups: Int = 1) throws -> Tensor {
    let ones = OperatorValue.ints([Int](repeating: 1, count: axes))
    let zeros = OperatorValue.ints([Int](repeating: 0, count: axes))
    return try Operator("aten::conv\(axes)d").tensor([
      .tensor(x), .tensor(try weight("\(prefix)weight")), optional("\(prefix)bias"), ones, zeros, ones, .int(groups),
    ])
  }

  private func transposedConvolution(_ x: Tensor, axes: Int) throws -> Tensor {
    try Operator("aten::conv_transpose\(axes)d", overload: axes == 1 ? "" : "input").tensor([
      .tensor(x), .tensor(try weight("weight")), .tensor(try weight("bias")),
    ])
  }

  private func recurrence(_ name: String, _ x: Tensor, isBidirectional: Bool) throws -> Tensor {
    let suffixes = isBidirectional ? ["_l0", "_l0_reverse"] : ["_l0"]
    let parameters = try suffixes.flatMap { suffix in
      try ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map { try weight("\($0)\(suffix)") }
    }
    let units = try weight("weight_hh_l0").shape[1]
    let state = try Tensor.zeros([suffixes.count, x.shape[0], units])
    let states: OperatorValue = name == "aten::lstm" ? .tensors([state, state]) : .tensor(state)
    return try Operator(name, overload: "input").tensor([
      .tensor(x), states, .tensors(parameters), .bool(true), .int(1), .double(0), .bool(false),
      .bool(isBidirectional), .bool(true),
    ])
  }

  /// `torch.nn.MultiheadAttention` by its formula, or four linear layers; two heads.
  private func attention(_ inputs: [Tensor]) throws -> Tensor {
    var projected: [Tensor] = []
    for (place, layer) in ["query", "key", "value"].enumerated() {
      if weights["query.weight"] != nil {
        projected.append(try linear(inputs[place], "\(layer)."))
        continue
      }
      let width = inputs[0].shape[2]
      let matrix =
        try weights["in_proj_weight"]?.narrowed(from: place * width, count: width)
        ?? weight("\(layer.prefix(1))_proj_weight")
      let bias = try weight("in_proj_bias").narrowed(from: place * width, count: width)
      projected.append(try linear(inputs[place], matrix, bias))
    }
    // [batch, heads, length, size]
    let heads = try projected.map { tensor in
      try Operator("aten::transpose", overload: "int").tensor([
        .tensor(try tensor.reshaped([tensor.shape[0], tensor.shape[1], 2, tensor.shape[2] / 2])), .int(1), .int(2),
      ])
    }
    let mixed = try Operator("aten::scaled_dot_product_attention").tensor(heads.map { .tensor($0) })
    let joined = try Operator("aten::transpose", overload: "int").tensor([.tensor(mixed), .int(1), .int(2)])
      .contiguous().flattened(from: 2)
    return try linear(joined, weights["query.weight"] == nil ? "out_proj." : "attention_output.")
  }
}
