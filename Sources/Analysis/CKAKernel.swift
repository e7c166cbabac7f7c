import Metrics
import Torch

/// What a Gram matrix is made of.
public enum CKAKernel: Sendable, Equatable {
  /// `x · y`.
  case linear
  /// `exp(−‖x − y‖² / (2 b² median ‖x − y‖²))`, `b` the bandwidth.
  ///
  /// The median is over pairs of different examples; with `countsDiagonal`, over all pairs, each example's distance of 0
  /// from itself included, as in Google's notebook.
  case radial(bandwidth: Double, countsDiagonal: Bool = false)

  /// As it stands beside an estimator's name.
  var name: String {
    switch self {
    case .linear: "linear"
    case .radial(let bandwidth, _): "radial of bandwidth \(bandwidth)"
    }
  }

  /// The Gram matrix, `[samples, samples]`, float64, with how strong its features are.
  ///
  /// Columns are centred before the product: float32 sums of post-ReLU features, whose mean is large, lose the signal.
  ///
  /// - Parameter features: `[samples, …]`.
  func gram(_ features: Tensor) throws -> FeatureGram {
    let flat = try features.rowsAsStored()
    let precise = flat.type == .float64 ? flat : try flat.to(.float32)
    switch self {
    case .linear:
      let (products, meanSquare) = try Self.centredProducts(precise)
      return FeatureGram(matrix: products, energy: try products.diagonal().sum(), meanSquare: meanSquare)
    case .radial(let bandwidth, let countsDiagonal):
      let (products, meanSquare) = try Self.centredProducts(precise.to(.float64))
      let squares = try products.diagonal().reshaped([-1, 1])
      let distances = try squares.add(try squares.transposed()).add(products, scaledBy: -2)
      let median = try Self.median(of: distances, countsDiagonal: countsDiagonal)
      return FeatureGram(
        matrix: try distances.multiply(by: -1 / (2 * bandwidth * bandwidth * max(median, 1e-300))).exponential(),
        energy: try squares.sum(), meanSquare: meanSquare)
    }
  }

  /// `(X − x̄)(X − x̄)ᵀ` of rows `[samples, width]`, in float64, and `‖x̄‖²`.
  ///
  /// Products are in the rows' own precision, some thousand columns at a time, which stay in the processor's cache, and
  /// summed in float64. What lies below the diagonal blocks is what lies above them.
  private static func centredProducts(_ rows: Tensor) throws -> (products: Tensor, meanSquare: Tensor) {
    let (count, width) = (rows.shape[0], rows.shape[1])
    let upper = count / 2
    let products = try Tensor.zeros([count, count], type: .float64, device: rows.device)
    let meanSquare = try Tensor.zeros([], type: .float64, device: rows.device)
    let (first, last) = (
      try products.narrowed(from: 0, count: upper),
      try products.narrowed(from: upper, count: count - upper).narrowed(along: 1, from: upper, count: count - upper)
    )
    for start in stride(from: 0, to: width, by: columnCount) {
      let own = try rows.narrowed(along: 1, from: start, count: min(columnCount, width - start))
      let means = try own.mean(along: [0], keepsAxes: true)
      let columns = try own.subtract(means)
      let lower = try columns.narrowed(from: upper, count: count - upper)
      try first.addInPlace(columns.narrowed(from: 0, count: upper).matrixProduct(columns.transposed()))
      try last.addInPlace(lower.matrixProduct(lower.transposed()))
      try meanSquare.addInPlace(means.to(.float64).squared().sum())
    }
    let corner = try products.narrowed(from: upper, count: count - upper).narrowed(along: 1, from: 0, count: upper)
    try corner.copyInPlace(from: first.narrowed(along: 1, from: upper, count: count - upper).transposed())
    return (products, meanSquare)
  }

  /// Of 128 examples 4 MiB in float32.
  private static let columnCount = 8192

  private static func median(of distances: Tensor, countsDiagonal: Bool) throws -> Double {
    let count = distances.shape[0]
    let all = try distances.array(of: Double.self)
    let chosen = countsDiagonal ? all : all.indices.filter { $0 % (count + 1) != 0 }.map { all[$0] }
    return quantile(0.5, ofSorted: chosen.sorted())
  }
}

/// A Gram matrix of one batch and what its features hold, scalars in float64.
struct FeatureGram {
  let matrix: Tensor
  /// `Σ ‖x − x̄‖²`.
  let energy: Tensor
  /// `‖x̄‖²`.
  let meanSquare: Tensor
}
