import Torch

/// Multinomial logistic regression with an L2 penalty, on standardized features:
/// `mean cross-entropy + penalty/2 · ‖W‖²`, the bias not penalized, minimized by L-BFGS in float64.
///
/// Where features are more than examples, it is solved in the space that the examples span, which has the same minimum.
///
/// - Note: the minimum is unique, so the result does not depend on a seed.
struct LogisticRegression {
  private let space: FeatureSpace
  /// `[dimensions + 1, classes]`, the bias last.
  private let weights: Tensor
  /// The gradient's largest element where the iteration ended.
  let residual: Double

  /// - Parameters:
  ///   - features: `[examples, width]`.
  ///   - labels: of each example, from 0.
  ///   - penalty: above 0.
  init(_ features: Tensor, labels: [Int32], classCount: Int, penalty: Double, iterations: Int = 200) throws {
    let prepared = try PreparedFeatures(features)
    try self.init(prepared, labels: labels, classCount: classCount, penalty: penalty, iterations: iterations)
  }

  /// - Parameter known: logits that the regression's own are added to, `[examples, classes]`: what is penalized is how far
  ///   it goes from them. None are as good as zeros.
  init(
    _ prepared: PreparedFeatures, labels: [Int32], classCount: Int, penalty: Double, iterations: Int = 200,
    from known: Tensor? = nil
  ) throws {
    space = prepared.space
    let problem = try Problem(
      prepared.values, labels: labels, classCount: classCount, penalty: penalty, known: known)
    (weights, residual) = try withoutGradients { try LimitedMemoryBFGS.minimize(problem, iterations: iterations) }
  }

  /// The most probable class of each example, `[examples, width]`.
  func predictions(_ features: Tensor) throws -> [Int32] {
    try logits(features).argmax(along: 1).array(of: Int64.self).map(Int32.init)
  }

  /// The logarithms of what probabilities are in proportion to, `[examples, classes]`, float64.
  func logits(_ features: Tensor) throws -> Tensor {
    try withoutGradients { try space.coordinates(of: features).matrixProduct(weights) }
  }
}

/// Where a linear function of features is solved: standardized, in the space that examples span where that is the smaller
/// one.
struct FeatureSpace {
  let mean: Tensor
  let deviation: Tensor
  /// From standardized features to the space: nil where these are the same.
  let projection: Tensor?
  /// Whether the function has a bias; without one nothing is taken off the features.
  let hasBias: Bool

  /// Features in this space, `[examples, dimensions + 1]`, the last column one, or zero without a bias.
  func coordinates(of features: Tensor) throws -> Tensor {
    var values = try features.to(.float64).subtract(mean).divide(deviation)
    if let projection { values = try values.matrixProduct(projection) }
    return try withBias(values)
  }

  func withBias(_ values: Tensor) throws -> Tensor {
    let last = try Tensor.zeros([values.shape[0], 1], type: .float64, device: values.device)
    if hasBias { try last.fill(1) }
    return try Tensor.concatenated([values, last], along: 1)
  }

  /// A linear function in this space as one of features that are not standardized.
  ///
  /// - Parameter weights: `[dimensions + 1, outputs]`, the bias last.
  func linearLayer(_ weights: Tensor) throws -> LinearLayer {
    try withoutGradients {
      let count = weights.shape[0] - 1
      var kernel = try weights.narrowed(from: 0, count: count)
      if let projection { kernel = try projection.matrixProduct(kernel) }
      let scaled = try kernel.divide(deviation.reshaped([-1, 1]))  // [width, outputs]
      let shift = try mean.matrixProduct(scaled)
      let bias = try weights.narrowed(from: count, count: 1).subtract(shift).reshaped([-1])
      return LinearLayer(weight: try scaled.transposed().contiguous(), bias: hasBias ? bias : nil)
    }
  }
}

/// A linear function as a network's layer has it.
struct LinearLayer {
  /// `[outputs, width]`, float64.
  let weight: Tensor
  /// `[outputs]`, float64; nil without one.
  let bias: Tensor?

  /// `[rows, outputs]`, float64.
  func outputs(_ rows: Tensor) throws -> Tensor {
    try withoutGradients {
      let said = try rows.to(.float64).matrixProduct(weight.transposed().contiguous())
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

/// Features in the space that they make.
struct PreparedFeatures {
  let space: FeatureSpace
  /// `[examples, dimensions + 1]`, the last column one.
  let values: Tensor

  /// - Parameters:
  ///   - features: `[examples, width]`; a feature that never changes is left at zero.
  ///   - hasBias: whether the function is to have one; without it features are scaled alone.
  init(_ features: Tensor, hasBias: Bool = true) throws {
    var standardized = try features.to(.float64)
    let count = Double(features.shape[0])
    let mean =
      hasBias
      ? try standardized.mean(along: [0], keepsAxes: true)
      : try Tensor.zeros([1, features.shape[1]], type: .float64, device: features.device)
    standardized = try standardized.subtract(mean)
    let variance = try standardized.squared().sum(along: [0], keepsAxes: true).divide(by: count)
    let deviation = try variance.squareRoot().clamped(atLeast: 1e-8)
    standardized = try standardized.divide(deviation)
    guard features.shape[1] > features.shape[0] else {
      space = FeatureSpace(mean: mean, deviation: deviation, projection: nil, hasBias: hasBias)
      values = try space.withBias(standardized)
      return
    }
    // X = U S Vᵀ: the weights are in the span of V, and X V = U S. V = Xᵀ U / S.
    let gram = try standardized.matrixProduct(standardized.transposed().contiguous())
    let parts = try Operator("aten::linalg_eigh")([.tensor(gram)])
    guard parts.count == 2, case .tensor(let eigenvalues) = parts[0], case .tensor(let vectors) = parts[1] else {
      throw TorchError.failed(operation: "aten::linalg_eigh", message: "gave no eigenvectors")
    }
    // Directions of rounding errors alone are left out.
    let spectrum = try eigenvalues.array(of: Double.self)
    let largest = spectrum.last ?? 0
    let kept = spectrum.firstIndex { $0 > 1e-10 * largest } ?? spectrum.count - 1
    let scales = try Tensor(spectrum[kept...].map { 1 / max($0, 1e-300).squareRoot() }, device: features.device)
    let own = try vectors.narrowed(along: 1, from: kept, count: spectrum.count - kept).multiply(scales)
    let map = try standardized.transposed().contiguous().matrixProduct(own)
    space = FeatureSpace(mean: mean, deviation: deviation, projection: map, hasBias: hasBias)
    values = try space.withBias(standardized.matrixProduct(map))
  }
}

extension Tensor {
  /// One-hot rows, `[examples, classes]`, float64.
  static func indicators(of classes: [Int], classCount: Int, device: Device) throws -> Tensor {
    var oneHot = [Double](repeating: 0, count: classes.count * classCount)
    for (index, place) in classes.enumerated() { oneHot[index * classCount + place] = 1 }
    return try Tensor(oneHot, shape: [classes.count, classCount], device: device)
  }
}

/// The function to minimize.
private struct Problem {
  let values: Tensor
  let targets: Tensor
  let penalty: Double
  /// 1 for the weights, 0 for the bias.
  let mask: Tensor
  let classCount: Int
  /// Logits that are there without any weights; nil for zeros.
  let known: Tensor?

  init(_ values: Tensor, labels: [Int32], classCount: Int, penalty: Double, known: Tensor?) throws {
    self.known = known
    self.values = values
    self.penalty = penalty
    self.classCount = classCount
    targets = try Tensor.indicators(of: labels.map(Int.init), classCount: classCount, device: values.device)
    let width = values.shape[1]
    mask = try Tensor(
      (0..<width).map { $0 < width - 1 ? 1.0 : 0 }, shape: [width, 1], device: values.device)
  }

  func value(_ weights: Tensor) throws -> (loss: Double, gradient: Tensor) {
    let count = Double(values.shape[0])
    var logits = try values.matrixProduct(weights)
    if let known { logits = try logits.add(known) }
    let logProbabilities = try logits.logSoftmax(along: 1)
    let penalized = try weights.multiply(mask)
    let loss =
      try -logProbabilities.multiply(targets).sum().item() / count
      + penalty / 2 * penalized.squared().sum().item()
    let errors = try logProbabilities.exponential().subtract(targets).divide(by: count)
    let gradient = try values.transposed().contiguous().matrixProduct(errors).add(penalized, scaledBy: penalty)
    return (loss, gradient)
  }
}

/// Nocedal and Wright, "Numerical Optimization", 2006, algorithm 7.5, with ten pairs and a backtracking line search.
private enum LimitedMemoryBFGS {
  static func minimize(_ problem: Problem, iterations: Int) throws -> (Tensor, Double) {
    var point = try Tensor.zeros(
      [problem.values.shape[1], problem.classCount], type: .float64, device: problem.values.device)
    var (loss, gradient) = try problem.value(point)
    var pairs: [(step: Tensor, change: Tensor, product: Double)] = []
    func dot(_ a: Tensor, _ b: Tensor) throws -> Double { try a.multiply(b).sum().item() }
    for _ in 0..<iterations {
      if try gradient.absolute().maximum().item() < 1e-7 { break }
      var direction = try gradient.multiply(by: -1)
      var shares: [Double] = []
      for pair in pairs.reversed() {
        let share = try dot(pair.step, direction) / pair.product
        direction = try direction.add(pair.change, scaledBy: -share)
        shares.append(share)
      }
      if let last = pairs.last {
        direction = try direction.multiply(by: last.product / dot(last.change, last.change))
      }
      for (pair, share) in zip(pairs, shares.reversed()) {
        let other = try dot(pair.change, direction) / pair.product
        direction = try direction.add(pair.step, scaledBy: share - other)
      }
      let slope = try dot(gradient, direction)
      guard slope < 0 else {
        pairs = []
        continue
      }
      var length = 1.0
      var next = try problem.value(point.add(direction))
      while next.loss > loss + 1e-4 * length * slope, length > 1e-10 {
        length /= 2
        next = try problem.value(point.add(direction, scaledBy: length))
      }
      guard length > 1e-10 else { break }
      let step = try direction.multiply(by: length)
      let change = try next.gradient.subtract(gradient)
      let product = try dot(step, change)
      if product > 1e-14 { pairs.append((step, change, product)) }
      if pairs.count > 10 { pairs.removeFirst() }
      point = try point.add(step)
      (loss, gradient) = next
    }
    return (point, try gradient.absolute().maximum().item())
  }
}

extension LogisticRegression {
  /// The same function of features that are not standardized, as a linear layer has it.
  func linearLayer() throws -> LinearLayer { try space.linearLayer(weights) }
}
