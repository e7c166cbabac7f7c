import Programs
import Torch

extension Model {
  /// The multiplications of parameters with inputs that a run takes, each with its addition: those of linear,
  /// convolution and recurrent layers.
  ///
  /// `Σ positions · weights`, positions being the elements of a layer's output over its channels.
  public func multiplicationCount(of inputs: [String: Tensor]) throws -> Int {
    let kinds = ["conv", "linear", "matmul", "mm", "lstm", "gru", "rnn"]
    let kernels = program.parameters.filter { $0.shape.count >= 2 }
    let sizes = Dictionary(uniqueKeysWithValues: kernels.map { ($0.name, $0.elementCount) })
    let products = program.nodes.filter { node in
      kinds.contains { node.operatorName.contains($0) } && node.reads.contains { sizes[$0] != nil }
    }
    let values = try withoutGradients {
      try executor.run(
        inputs: inputs, constants: [parameters, buffers], device: device, mode: .evaluation,
        capture: Set(products.compactMap(\.outputs.first)), sharding: sharding
      ).captured
    }
    return products.reduce(0) { sum, node in
      guard let shape = node.outputs.first.flatMap({ values[$0]?.shape }) else { return sum }
      let channelAxis = node.operatorName.contains("conv") ? 1 : shape.count - 1
      let positionCount = shape.enumerated().reduce(1) { $1.offset == channelAxis ? $0 : $0 * $1.element }
      return sum + positionCount * node.reads.reduce(0) { $0 + (sizes[$1] ?? 0) }
    }
  }
}
