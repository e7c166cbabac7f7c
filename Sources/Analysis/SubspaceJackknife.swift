import Metrics
import Torch

/// The interval of a similarity of subspaces over examples: a jackknife that leaves out one group of them at a time.
///
/// Canonical correlations do not change when features are mapped invertibly, so both sides are taken in the orthonormal
/// bases of all examples. What a group leaves behind is then two small matrices that are near the identity, and one of
/// their products: no decomposition of all examples has to be made again.
///
/// SVCCA's directions, those that hold 99 % of the variance, stay those of all examples.
struct SubspaceJackknife {
  /// More groups make a steadier variance, and cost a small decomposition each.
  private static let mostGroups = 20
  /// Fewer groups than this tell no spread.
  private static let fewestGroups = 8

  private let measure: SubspaceMeasure
  /// `[samples, directions]`, in random order: orthonormal columns, or the centred features for Procrustes.
  private let left: Tensor
  private let right: Tensor
  /// `[directions, width]`: the first network's centred features in its basis, which PWCCA weighs by.
  private let features: Tensor
  private let isConstant: Bool
  private let rowsPerExample: Int

  /// - Parameters:
  ///   - order: a random order of the examples, whose slices are the groups: of their rows.
  ///   - rowsPerExample: rows that each has in it, one after the other.
  init(
    _ a: SubspaceSide, _ b: SubspaceSide, _ measure: SubspaceMeasure, order: Tensor, rowsPerExample: Int = 1
  ) throws {
    self.rowsPerExample = rowsPerExample
    self.measure = measure
    left = try a.basis.selecting(order, along: 0)
    right = try b.basis.selecting(order, along: 0)
    features = try measure == .pwcca ? a.basis.transposed().contiguous().matrixProduct(a.centred) : a.basis
    isConstant = a.isConstant || b.isConstant
  }

  /// The 95 % interval around the value of all examples, within 0 and 1: `√((G − 1)/G Σ (θ_g − θ̄)²)`, by Student's t
  /// with G − 1 degrees of freedom; nil of constant features and of too few examples.
  ///
  /// Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 11.
  func interval(around value: Double) throws -> (low: Double, high: Double)? {
    let count = left.shape[0] / rowsPerExample
    let groups = min(Self.mostGroups, count / 2)
    guard !isConstant, value.isFinite, groups >= Self.fewestGroups else { return nil }
    let values = try withoutGradients {
      let products = try [
        left.transposed().contiguous().matrixProduct(left), right.transposed().contiguous().matrixProduct(right),
        left.transposed().contiguous().matrixProduct(right),
      ]
      return try (0..<groups).map { group in
        let (start, end) = (group * count / groups, (group + 1) * count / groups)
        return try similarity(leaving: start * rowsPerExample..<end * rowsPerExample, of: products)
      }
    }
    let mean = values.reduce(0, +) / Double(groups)
    let sum = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let error = (Double(groups - 1) / Double(groups) * sum).squareRoot()
    let half = StudentsT(degrees: groups - 1).quantile(0.95) * error
    return (max(0, value - half), min(1, value + half))
  }

  /// The similarity of all examples but some.
  ///
  /// - Parameter products: of the left side with itself, the right with itself, and the left with the right.
  private func similarity(leaving places: Range<Int>, of products: [Tensor]) throws -> Double {
    let rows = try [left, right].map { try $0.narrowed(from: places.lowerBound, count: places.count) }
    let kept = Double(left.shape[0] - places.count)
    // The columns of all examples sum to zero, so those that are kept sum to minus what is left out.
    let sums = try rows.map { try $0.sum(along: [0], keepsAxes: true) }  // [1, directions]
    func remaining(_ product: Tensor, _ a: Int, _ b: Int) throws -> Tensor {
      let mean = try sums[a].transposed().contiguous().matrixProduct(sums[b]).divide(by: kept)
      return try product.subtract(rows[a].transposed().contiguous().matrixProduct(rows[b])).subtract(mean)
    }
    let own = try [remaining(products[0], 0, 0), remaining(products[1], 1, 1)]
    let cross = try remaining(products[2], 0, 1)
    if measure == .procrustes {
      let sizes = try own.map { try $0.diagonal().sum().item() }
      return try cross.singularValues().sum().item() / (sizes[0] * sizes[1]).squareRoot()
    }
    let roots = try own.map { try SymmetricRoot($0) }
    let whitened = try roots[0].inverse.matrixProduct(cross).matrixProduct(roots[1].inverse)
    let parts = try Decomposition(whitened)
    let correlations = parts.singular
    if measure == .svcca { return correlations.reduce(0, +) / Double(correlations.count) }
    let variates = try parts.left.transposed().contiguous().matrixProduct(roots[0].root).matrixProduct(features)
    let shares = try variates.absolute().sum(along: [1]).array(of: Double.self)
    return zip(shares, correlations).reduce(0) { $0 + $1.0 * $1.1 } / shares.reduce(0, +)
  }
}

/// The square root of a symmetric matrix that has no negative eigenvalue, and its inverse.
private struct SymmetricRoot {
  let root: Tensor
  /// Directions without any part in the matrix stay without.
  let inverse: Tensor

  init(_ matrix: Tensor) throws {
    let parts = try Operator("aten::linalg_eigh")([.tensor(matrix)])
    guard parts.count == 2, case .tensor(let eigenvalues) = parts[0], case .tensor(let vectors) = parts[1] else {
      throw TorchError.failed(operation: "aten::linalg_eigh", message: "gave no eigenvectors")
    }
    let spectrum = try eigenvalues.array(of: Double.self)
    let least = 1e-10 * (spectrum.last ?? 0)
    func map(_ value: (Double) -> Double) throws -> Tensor {
      let scales = try Tensor(spectrum.map { $0 > least ? value($0) : 0 }, device: matrix.device)
      return try vectors.multiply(scales).matrixProduct(vectors.transposed().contiguous())
    }
    root = try map { $0.squareRoot() }
    inverse = try map { 1 / $0.squareRoot() }
  }
}
