import Torch

/// Where a linear function of features is solved: standardized, in the principal axes of the examples.
struct FeatureSpace {
  /// `[1, width]`, float64; likewise the deviation.
  let mean: Tensor
  let deviation: Tensor
  /// Nil where the axes are those of the standardized features.
  let axes: PrincipalAxes?
  /// Whether the function has a bias; without one nothing is taken off the features.
  let hasBias: Bool

  /// Features in this space, `[examples, dimensions + 1]`, the last column one, or zero without a bias.
  func coordinates(of features: Tensor) throws -> Tensor {
    let values = try standardized(features)
    return try withBias(axes?.coordinates(of: values) ?? values)
  }

  /// What a linear function says of features `[examples, width]`: `[examples, outputs]`, float64.
  ///
  /// - Parameter weights: `[dimensions + 1, outputs]`, the bias last.
  func outputs(_ weights: Tensor, of features: Tensor) throws -> Tensor {
    let count = weights.shape[0] - 1
    let kernel = try weights.narrowed(from: 0, count: count)
    let values = try standardized(features)
    let said = try axes?.outputs(kernel, of: values) ?? values.matrixProduct(kernel)
    return hasBias ? try said.add(weights.narrowed(from: count, count: 1)) : said
  }

  /// A linear function in this space as one of features that are not standardized.
  ///
  /// - Parameter weights: `[dimensions + 1, outputs]`, the bias last.
  func linearLayer(_ weights: Tensor) throws -> LinearLayer {
    try withoutGradients {
      let count = weights.shape[0] - 1
      let own = try weights.narrowed(from: 0, count: count)
      let kernel = try axes?.kernel(own) ?? own
      let scaled = try kernel.divide(deviation.reshaped([-1, 1]))  // [width, outputs]
      let shift = try mean.matrixProduct(scaled)
      let bias = try weights.narrowed(from: count, count: 1).subtract(shift).reshaped([-1])
      return LinearLayer(weight: try scaled.transposed().contiguous(), bias: hasBias ? bias : nil)
    }
  }

  private func standardized(_ features: Tensor) throws -> Tensor {
    let values = try features.to(.float64).subtract(mean)
    try values.divideInPlace(by: deviation)
    return values
  }

  fileprivate func withBias(_ values: Tensor) throws -> Tensor {
    let last = try Tensor.zeros([values.shape[0], 1], type: .float64, device: values.device)
    if hasBias { try last.fill(1) }
    return try Tensor.concatenated([values, last], along: 1)
  }
}

/// The principal axes of standardized examples `X = U S Vᵀ`: the columns of `V`.
enum PrincipalAxes {
  /// `V`, `[width, dimensions]`.
  case directions(Tensor)
  /// Of fewer examples than features: `V = Xᵀ A`, with `X` `[examples, width]` and `A = U / S` `[examples, dimensions]`.
  case combinations(of: Tensor, shares: Tensor)

  /// Of standardized rows `[rows, width]`: `[rows, dimensions]`.
  func coordinates(of rows: Tensor) throws -> Tensor {
    switch self {
    case .directions(let directions): try rows.matrixProduct(directions)
    case .combinations(let examples, let shares):
      try rows.matrixProduct(examples.transposed()).matrixProduct(shares)
    }
  }

  /// A function `[dimensions, outputs]` of coordinates as one of standardized features, `[width, outputs]`.
  func kernel(_ weights: Tensor) throws -> Tensor {
    switch self {
    case .directions(let directions): try directions.matrixProduct(weights)
    case .combinations(let examples, let shares): try examples.transposed().matrixProduct(shares.matrixProduct(weights))
    }
  }

  /// What such a function says of standardized rows: `[rows, outputs]`, by the shorter way.
  func outputs(_ weights: Tensor, of rows: Tensor) throws -> Tensor {
    guard case .combinations(let examples, let shares) = self else { return try rows.matrixProduct(kernel(weights)) }
    let (rowCount, exampleCount) = (rows.shape[0], examples.shape[0])
    guard weights.shape[1] * (rowCount + exampleCount) > rowCount * exampleCount else {
      return try rows.matrixProduct(kernel(weights))
    }
    return try rows.matrixProduct(examples.transposed()).matrixProduct(shares.matrixProduct(weights))
  }
}

/// Features in the space that they make.
struct PreparedFeatures {
  let space: FeatureSpace
  /// `[examples, dimensions + 1]`, the last column one.
  let values: Tensor
  /// Finding the axes of more features than this would take longer than the steps that they save.
  private static let mostRotated = 1024

  /// - Parameters:
  ///   - features: `[examples, width]`; a feature that never changes is left at zero.
  ///   - hasBias: whether the function is to have one; without it features are scaled alone.
  init(_ features: Tensor, hasBias: Bool = true) throws {
    let (count, width) = (features.shape[0], features.shape[1])
    var standardized = try features.to(.float64)
    let mean =
      hasBias
      ? try standardized.mean(along: [0], keepsAxes: true)
      : try Tensor.zeros([1, width], type: .float64, device: features.device)
    standardized = try standardized.subtract(mean)
    let deviation = try standardized.columnNorms().divide(by: Double(count).squareRoot()).clamped(atLeast: 1e-8)
    try standardized.divideInPlace(by: deviation)
    let axes: PrincipalAxes?
    let coordinates: Tensor
    if width > count {
      // X Xᵀ = U S² Uᵀ. The weights are in the span of V = Xᵀ U / S, and X V = U S.
      let (spectrum, vectors) = try standardized.matrixProduct(standardized.transposed()).eigenvectors()
      // Directions of rounding errors alone are left out.
      let largest = spectrum.last ?? 0
      let kept = spectrum.firstIndex { $0 > 1e-10 * largest } ?? spectrum.count - 1
      let own = try vectors.narrowed(along: 1, from: kept, count: spectrum.count - kept)
      let scales = spectrum[kept...].map { max($0, 1e-300).squareRoot() }
      axes = .combinations(
        of: standardized, shares: try own.multiply(Tensor(scales.map { 1 / $0 }, device: features.device)))
      coordinates = try own.multiply(Tensor(scales, device: features.device))
    } else if width <= Self.mostRotated {
      let (_, vectors) = try standardized.transposed().matrixProduct(standardized).eigenvectors()
      axes = .directions(vectors)
      coordinates = try standardized.matrixProduct(vectors)
    } else {
      axes = nil
      coordinates = standardized
    }
    space = FeatureSpace(mean: mean, deviation: deviation, axes: axes, hasBias: hasBias)
    values = try space.withBias(coordinates)
  }

  private init(space: FeatureSpace, values: Tensor) {
    self.space = space
    self.values = values
  }

  /// Some of the examples, in the space of all of them.
  func selecting(_ rows: Range<Int>) throws -> PreparedFeatures {
    PreparedFeatures(space: space, values: try values.narrowed(from: rows.lowerBound, count: rows.count))
  }
}

extension Tensor {
  fileprivate func divideInPlace(by other: Tensor) throws {
    try Operator("aten::div_", overload: "Tensor")([.tensor(self), .tensor(other)])
  }

  /// The length of each column of a matrix, `[1, columns]`.
  fileprivate func columnNorms() throws -> Tensor {
    try Operator("aten::linalg_vector_norm").tensor([.tensor(self), .double(2), .ints([0]), .bool(true)])
  }

  /// The eigenvalues of a symmetric matrix, ascending, and its eigenvectors as columns.
  fileprivate func eigenvectors() throws -> (values: [Double], vectors: Tensor) {
    let parts = try Operator("aten::linalg_eigh")([.tensor(self)])
    guard parts.count == 2, case .tensor(let values) = parts[0], case .tensor(let vectors) = parts[1] else {
      throw TorchError.failed(operation: "aten::linalg_eigh", message: "gave no eigenvectors")
    }
    return (try values.array(of: Double.self), vectors)
  }
}
