import Torch

/// A linear function as a network's layer has it.
struct LinearLayer {
  /// `[outputs, width]`, float64.
  let weight: Tensor
  /// `[outputs]`, float64; nil without one.
  let bias: Tensor?

  /// `[rows, outputs]`, float64.
  func outputs(_ rows: Tensor) throws -> Tensor {
    try withoutGradients {
      let said = try rows.to(.float64).matrixProduct(weight.transposed())
      return try bias.map { try said.add($0) } ?? said
    }
  }

  /// The sum of two functions of the same features.
  static func + (left: LinearLayer, right: LinearLayer) throws -> LinearLayer {
    try withoutGradients {
      let biases = [left.bias, right.bias].compactMap { $0 }
      return LinearLayer(
        weight: try left.weight.add(right.weight),
        bias: biases.count == 2 ? try biases[0].add(biases[1]) : biases.first)
    }
  }
}
