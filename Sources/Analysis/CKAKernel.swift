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
    let flat = try features.reshaped([features.shape[0], -1])
    let precise = flat.type == .float64 ? flat : try flat.to(.float32)
    let means = try precise.mean(along: [0], keepsAxes: true)
    let columns = try precise.subtract(means)
    let meanSquare = try means.to(.float64).squared().sum()
    switch self {
    case .linear:
      let products = try columns.matrixProduct(try columns.transposed()).to(.float64)
      return FeatureGram(matrix: products, energy: try products.diagonal().sum(), meanSquare: meanSquare)
    case .radial(let bandwidth, let countsDiagonal):
      let wide = try columns.to(.float64)
      let products = try wide.matrixProduct(try wide.transposed())
      let squares = try products.diagonal().reshaped([-1, 1])
      let distances = try squares.add(try squares.transposed()).add(products, scaledBy: -2)
      let median = try Self.median(of: distances, countsDiagonal: countsDiagonal)
      return FeatureGram(
        matrix: try distances.multiply(by: -1 / (2 * bandwidth * bandwidth * max(median, 1e-300))).exponential(),
        energy: try squares.sum(), meanSquare: meanSquare)
    }
  }

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
