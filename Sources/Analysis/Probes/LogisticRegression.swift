import Torch

/// Multinomial logistic regression with an L2 penalty, on standardized features:
/// `mean cross-entropy + penalty/2 · ‖W‖²`, the bias not penalized, minimized by L-BFGS in float64.
///
/// Where features are more than examples, it is solved in the space that the examples span, which has the same minimum.
///
/// - Note: the minimum is unique, so the result does not depend on a seed, nor on where the search for it began.
struct LogisticRegression {
  let space: FeatureSpace
  /// `[dimensions + 1, classes]`, the bias last.
  let weights: Tensor
  /// The gradient's largest element where the iteration ended; NaN of one that was fitted elsewhere.
  let residual: Double

  /// One that was fitted before.
  init(in space: FeatureSpace, weights: Tensor) { (self.space, self.weights, residual) = (space, weights, .nan) }

  /// - Parameters:
  ///   - features: `[examples, width]`.
  ///   - labels: of each example, from 0.
  ///   - penalty: above 0.
  init(_ features: Tensor, labels: [Int32], classCount: Int, penalty: Double, iterations: Int = 200) throws {
    let prepared = try PreparedFeatures(features)
    try self.init(prepared, labels: labels, classCount: classCount, penalty: penalty, iterations: iterations)
  }

  /// - Parameters:
  ///   - known: logits that the regression's own are added to, `[examples, classes]`: what is penalized is how far it goes
  ///     from them. None are as good as zeros.
  ///   - start: one in the same space, to search from.
  ///   - slope: the search ends where no element of the gradient is larger.
  init(
    _ prepared: PreparedFeatures, labels: [Int32], classCount: Int, penalty: Double, iterations: Int = 200,
    from known: Tensor? = nil, startingAt start: LogisticRegression? = nil,
    slope: Double = LimitedMemoryBFGS.smallestSlope
  ) throws {
    space = prepared.space
    (weights, residual) = try withoutGradients {
      let device = prepared.values.device
      let targets = PenalizedLoss.Targets.classes(
        try Tensor(labels.map(Int64.init), shape: [labels.count, 1], device: device),
        oneHot: try Tensor.indicators(of: labels.map(Int.init), classCount: classCount, device: device), known: known)
      let problem = try PenalizedLoss(prepared, targets, outputCount: classCount, penalty: penalty)
      return try problem.minimum(from: start?.weights, iterations: iterations, slope: slope)
    }
  }

  /// How far a search goes that a penalty is chosen by: until no element of the gradient is above a thousandth of a class's
  /// part of 1. What is said of examples hardly changes beyond, and it takes less than half of the steps.
  static func trialSlope(classCount: Int) -> Double { max(1e-3 / Double(classCount), LimitedMemoryBFGS.smallestSlope) }

  /// The most probable class of each example, `[examples, width]`.
  func predictions(_ features: Tensor) throws -> [Int32] { try Self.likeliest(logits(features)) }

  /// Likewise of examples whose coordinates in the space of the features are known.
  func predictions(atCoordinates coordinates: Tensor) throws -> [Int32] {
    try Self.likeliest(outputs(atCoordinates: coordinates))
  }

  /// The logarithms of what probabilities are in proportion to, `[examples, classes]`, float64.
  func logits(_ features: Tensor) throws -> Tensor {
    try withoutGradients { try space.outputs(weights, of: features) }
  }

  /// Likewise of examples whose coordinates in the space of the features are known.
  func outputs(atCoordinates coordinates: Tensor) throws -> Tensor {
    try withoutGradients { try coordinates.matrixProduct(weights) }
  }

  private static func likeliest(_ logits: Tensor) throws -> [Int32] {
    try logits.argmax(along: 1).array(of: Int64.self).map(Int32.init)
  }

  /// The same function of features that are not standardized, as a linear layer has it.
  func linearLayer() throws -> LinearLayer { try space.linearLayer(weights) }
}

/// A logistic regression for each of several labels that are there or not, all at once: `mean cross-entropy +
/// penalty/4 · ‖w‖²` of each, as ``LogisticRegression`` is of two classes.
struct LabelRegression {
  let space: FeatureSpace
  /// `[dimensions + 1, labels]`, the bias last.
  let weights: Tensor

  /// One that was fitted before.
  init(in space: FeatureSpace, weights: Tensor) { (self.space, self.weights) = (space, weights) }

  /// - Parameters:
  ///   - labels: 1 where a label is there, else 0, `[examples, labels]`, float64.
  ///   - start: one in the same space, to search from.
  init(
    _ prepared: PreparedFeatures, labels: Tensor, penalty: Double, iterations: Int,
    startingAt start: LabelRegression? = nil, slope: Double = LimitedMemoryBFGS.smallestSlope
  ) throws {
    space = prepared.space
    weights = try withoutGradients {
      let problem = try PenalizedLoss(
        prepared, .labels(labels), outputCount: labels.shape[1], penalty: penalty / 2)
      return try problem.minimum(from: start?.weights, iterations: iterations, slope: slope).weights
    }
  }

  /// The logarithms of the odds of each label, `[examples, labels]`, float64.
  func logits(_ features: Tensor) throws -> Tensor {
    try withoutGradients { try space.outputs(weights, of: features) }
  }

  /// Likewise of examples whose coordinates in the space of the features are known.
  func outputs(atCoordinates coordinates: Tensor) throws -> Tensor {
    try withoutGradients { try coordinates.matrixProduct(weights) }
  }

  /// The same function of features that are not standardized, as a linear layer has it.
  func linearLayer() throws -> LinearLayer { try space.linearLayer(weights) }
}

extension PenalizedLoss {
  /// - Parameter weights: where to begin; nil for zeros.
  fileprivate func minimum(
    from weights: Tensor?, iterations: Int, slope: Double
  ) throws -> (weights: Tensor, residual: Double) {
    let start = try weights.map(variables) ?? Tensor.zeros([variableCount], type: .float64, device: device)
    let found = try LimitedMemoryBFGS.minimize(self, from: start, iterations: iterations, slope: slope)
    return (try self.weights(of: found.variables), found.residual)
  }
}
