/// Writes a program call by call, with PyTorch's names and default initializations.
///
/// Each method appends one layer and returns the name of its output value.
public struct ProgramBuilder {
  private var program: Program
  private var taken: Set<String> = []

  /// An empty program of that name.
  public init(architecture: String) {
    program = Program(architecture: architecture, inputs: [], parameters: [], nodes: [], outputs: [])
  }

  /// The finished program.
  ///
  /// - Throws: ``ProgramError`` where it cannot run.
  public func build(outputs: [String], head: String? = nil) throws -> Program {
    var program = program
    program.outputs = outputs
    program.head = head
    try program.validate()
    return program
  }

  /// Adds an input; `shape` has no batch axis, which is put before it.
  public mutating func input(_ name: String, elementType: String = "float32", shape: [Int]) -> String {
    taken.insert(name)
    program.inputs.append(Input(name: name, elementType: elementType, shape: [-1] + shape))
    return name
  }

  /// Adds a parameter and returns the argument that reads it.
  public mutating func parameter(_ name: String, shape: [Int], _ initialization: Initialization) -> Argument {
    taken.insert(name)
    program.parameters.append(TensorSpecification(name: name, shape: shape, initialization: initialization))
    return .value(name)
  }

  /// Adds a buffer and returns the argument that reads it.
  public mutating func buffer(
    _ name: String, shape: [Int], elementType: String = "float32", _ initialization: Initialization
  ) -> Argument {
    taken.insert(name)
    program.buffers.append(
      TensorSpecification(name: name, shape: shape, elementType: elementType, initialization: initialization))
    return .value(name)
  }

  /// Appends a call with one output, which is named after the layer, or the operator at the root.
  public mutating func call(
    _ operatorName: String, overload: String = "", _ inputs: KeyValuePairs<String, Argument>, layer: String,
    kind: String
  ) -> String {
    let base = layer.isEmpty ? String(operatorName.split(separator: ":").last ?? "value") : layer
    var output = base
    var repetition = 1
    while !taken.insert(output).inserted {
      output = "\(base):\(repetition)"
      repetition += 1
    }
    program.nodes.append(
      Node(
        operatorName: operatorName, overload: overload,
        inputs: inputs.map { NamedArgument(name: $0.key, value: $0.value) }, outputs: [output], layer: layer,
        layerKind: kind))
    return output
  }
}

// MARK: - Layers

extension ProgramBuilder {
  /// How a convolution's weight is drawn.
  public enum ConvolutionInitialization: Sendable {
    /// PyTorch's default: uniform within 1/√fan-in.
    case standard
    /// torchvision's for residual networks: normal, standard deviation √(2 / fan-out).
    case kaimingNormalFanOut
  }

  /// A fully connected layer with a bias, `x Wᵀ + b`, drawn uniform within 1/√inputCount.
  public mutating func linear(_ value: String, inputCount: Int, outputCount: Int, layer: String) -> String {
    let initialization = Initialization.uniform(bound: 1 / Double(inputCount).squareRoot())
    let weight = parameter("\(layer).weight", shape: [outputCount, inputCount], initialization)
    let bias = parameter("\(layer).bias", shape: [outputCount], initialization)
    return call("aten::linear", ["input": .value(value), "weight": weight, "bias": bias], layer: layer, kind: "Linear")
  }

  /// A two-dimensional convolution with a square kernel, of images `[batch, inputChannels, height, width]`.
  public mutating func convolution(
    _ value: String, inputChannels: Int, outputChannels: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    hasBias: Bool = true, initialization: ConvolutionInitialization = .standard, layer: String
  ) -> String {
    let area = Double(kernel * kernel)
    let standard = Initialization.uniform(bound: 1 / (Double(inputChannels) * area).squareRoot())
    let drawn: Initialization =
      switch initialization {
      case .standard: standard
      case .kaimingNormalFanOut: .normal(standardDeviation: (2 / (Double(outputChannels) * area)).squareRoot())
      }
    let weight = parameter("\(layer).weight", shape: [outputChannels, inputChannels, kernel, kernel], drawn)
    let bias = hasBias ? parameter("\(layer).bias", shape: [outputChannels], standard) : .none
    return call(
      "aten::conv2d",
      [
        "input": .value(value), "weight": weight, "bias": bias, "stride": .ints([stride, stride]),
        "padding": .ints([padding, padding]), "dilation": .ints([1, 1]), "groups": .int(1),
      ], layer: layer, kind: "Conv2d")
  }

  /// Batch normalization by channel; the executor says whether the batch's statistics or the running ones count.
  public mutating func batchNormalization(_ value: String, channels: Int, layer: String) -> String {
    let weight = parameter("\(layer).weight", shape: [channels], .constant(1))
    let bias = parameter("\(layer).bias", shape: [channels], .constant(0))
    let mean = buffer("\(layer).running_mean", shape: [channels], .constant(0))
    let variance = buffer("\(layer).running_var", shape: [channels], .constant(1))
    _ = buffer("\(layer).num_batches_tracked", shape: [], elementType: "int64", .constant(0))
    return call(
      "aten::batch_norm",
      [
        "input": .value(value), "weight": weight, "bias": bias, "running_mean": mean, "running_var": variance,
        "training": .bool(false), "momentum": .double(0.1), "eps": .double(1e-5), "cudnn_enabled": .bool(true),
      ], layer: layer, kind: "BatchNorm2d")
  }

  /// max(0, x), element by element.
  public mutating func relu(_ value: String, layer: String) -> String {
    call("aten::relu", ["self": .value(value)], layer: layer, kind: "ReLU")
  }

  /// The maximum over square windows of each channel.
  public mutating func maximumPooling(
    _ value: String, kernel: Int, stride: Int, padding: Int = 0, layer: String
  ) -> String {
    call(
      "aten::max_pool2d",
      [
        "self": .value(value), "kernel_size": .ints([kernel, kernel]), "stride": .ints([stride, stride]),
        "padding": .ints([padding, padding]), "dilation": .ints([1, 1]), "ceil_mode": .bool(false),
      ], layer: layer, kind: "MaxPool2d")
  }

  /// Mean over all of space.
  public mutating func globalAveragePooling(_ value: String, layer: String) -> String {
    call(
      "aten::adaptive_avg_pool2d", ["self": .value(value), "output_size": .ints([1, 1])], layer: layer,
      kind: "AdaptiveAvgPool2d")
  }

  /// Flattens all axes but the batch's.
  public mutating func flatten(_ value: String, layer: String, kind: String = "Flatten") -> String {
    call(
      "aten::flatten", overload: "using_ints",
      ["self": .value(value), "start_dim": .int(1), "end_dim": .int(-1)], layer: layer, kind: kind)
  }

  /// The sum of two values: where a residual block's branches meet.
  public mutating func add(_ value: String, _ other: String, layer: String, kind: String) -> String {
    call(
      "aten::add", overload: "Tensor", ["self": .value(value), "other": .value(other), "alpha": .int(1)], layer: layer,
      kind: kind)
  }

  /// Dropout; the executor sets `train`.
  public mutating func dropout(_ value: String, probability: Double, layer: String) -> String {
    call(
      "aten::dropout", ["input": .value(value), "p": .double(probability), "train": .bool(false)], layer: layer,
      kind: "Dropout")
  }
}
