import Torch

/// Least squares with an L2 penalty, on standardized features: `mean (y − Wx − b)² + penalty · ‖W‖²`, the bias not
/// penalized, solved in float64.
///
/// Where features are more than examples, it is solved in the space that the examples span, which has the same minimum.
struct RidgeRegression {
  let space: FeatureSpace
  /// `[dimensions + 1, numbers]`, the bias last.
  let weights: Tensor

  /// One that was fitted before.
  init(in space: FeatureSpace, weights: Tensor) { (self.space, self.weights) = (space, weights) }

  /// - Parameters:
  ///   - targets: `[examples, numbers]`.
  ///   - penalty: above 0.
  init(_ prepared: PreparedFeatures, targets: Tensor, penalty: Double) throws {
    space = prepared.space
    let hasBias = prepared.space.hasBias
    weights = try withoutGradients {
      let (count, width) = (Double(prepared.values.shape[0]), prepared.values.shape[1])
      let transposed = try prepared.values.transposed()
      let penalties = try Tensor(
        (0..<width * width).map { $0 % (width + 1) == 0 && ($0 < width * width - 1 || !hasBias) ? penalty : 0.0 },
        shape: [width, width], device: targets.device)
      let normal = try transposed.matrixProduct(prepared.values).divide(by: count).add(penalties)
      let right = try transposed.matrixProduct(targets.to(.float64)).divide(by: count)
      return try Operator("aten::linalg_solve").tensor([.tensor(normal), .tensor(right)])
    }
  }

  /// What is said of each example, `[examples, numbers]`, float64.
  func predictions(_ features: Tensor) throws -> Tensor {
    try withoutGradients { try space.outputs(weights, of: features) }
  }

  /// Likewise of examples whose coordinates in the space of the features are known.
  func outputs(atCoordinates coordinates: Tensor) throws -> Tensor {
    try withoutGradients { try coordinates.matrixProduct(weights) }
  }

  /// The same function of features that are not standardized, as a linear layer has it.
  func linearLayer() throws -> LinearLayer { try space.linearLayer(weights) }
}
