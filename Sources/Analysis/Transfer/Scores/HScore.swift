import Torch

/// How much of the features' variance lies between classes, every direction counted in units of its own variance:
/// `tr(cov(f)⁺ cov(E[f | y]))`.
///
/// With centred features `F = U S Vᵀ` it is `Σᵢ wᵢ pᵢ`, where `pᵢ = Σ_c (uᵢᵀ y_c)² / n_c` is the share of direction `i`
/// that lies between classes. The plain one has `w = 1` (directions of rounding alone, below 1e-6 of the largest, left
/// out). The shrunk one takes `cov_a = (1 − a) cov(f) + a μ I` for `cov(f)` and `1 − a` of the classes' covariance, `μ`
/// the mean variance of a feature and `a` after Ledoit and Wolf: `wᵢ = (1 − a) eᵢ / ((1 − a) eᵢ + a μ)`, `eᵢ = sᵢ²/n`.
///
/// Labels that have nothing to do with the features do not score 0: the plain one is then expected to be
/// `width (classes − 1)/(n − 1)`; the shrunk one, of features of equal variances, about `(classes − 1) r/(1 + r)` with
/// `r = 2 width/n²`, which is little only while `width` is far below `n²`. Labels in random order show how much it is.
///
/// It ranks features; it predicts no accuracy. Both lie between 0 and the classes of the sample less one, but a shrunk
/// one is smaller: values are comparable where ``isShrunk`` agrees, on the same examples.
///
/// Bao et al., "An Information-Theoretic Approach to Transferability in Task Transfer Learning", ICIP 2019; Ibrahim,
/// Ponomareva, Mazumder, "Newer is not always better: Rethinking transferability metrics, their peculiarities,
/// stability and performance", 2021; Ledoit, Wolf, "A well-conditioned estimator for large-dimensional covariance
/// matrices", 2004.
public struct HScore: Sendable {
  /// Higher is better: 0 where the classes have one mean, the number of classes less one where features tell them
  /// exactly.
  public let value: Double
  /// Whether the covariance is shrunk.
  public let isShrunk: Bool
  /// `a`, the share of `μ I` in the covariance: 0 of the plain one.
  public let shrinkage: Double

  /// Whether the plain score would be too high.
  ///
  /// Of labels that have nothing to do with the features, it is expected to be `width (classes − 1) / (n − 1)`: with
  /// more than ten examples a feature, under a tenth of the most it can be. At `n ≤ width` it is the most it can be,
  /// whatever the labels.
  public static func needsShrinking(exampleCount: Int, width: Int) -> Bool { exampleCount <= 10 * width }

  /// - Parameters:
  ///   - features: `[examples, width]`, any floating type; computed in float64.
  ///   - labels: one an example.
  ///   - isShrunk: which of the two; what ``needsShrinking(exampleCount:width:)`` says when nil.
  /// - Throws: ``AnalysisError/nothingToCompare(_:)`` without examples; `TorchError` for features that are not finite.
  /// - Complexity: O(examples · width · min(examples, width)); nothing of `width × width` where that is the larger
  ///   side.
  public init(_ features: Tensor, labels: [Int32], isShrunk: Bool? = nil) throws {
    let values = try features.to(.float64)
    let centred = try values.subtract(values.mean(along: [0], keepsAxes: true))
    let projection = try ClassProjection(centred, labels: labels)
    let (count, width) = (Double(labels.count), features.shape[1])
    let energies = projection.singular.map { $0 * $0 / count }
    let isShrunk = isShrunk ?? Self.needsShrinking(exampleCount: labels.count, width: width)
    self.isShrunk = isShrunk
    var shrinkage = 0.0
    if isShrunk {
      let norms = try centred.squared().sum(along: [1]).array(of: Double.self)
      shrinkage = Self.ledoitWolf(energies, squaredNorms: norms, width: Double(width))
    }
    self.shrinkage = shrinkage
    let floor = shrinkage * energies.reduce(0, +) / Double(width)
    var sum = 0.0
    for (direction, energy) in energies.enumerated()
    where projection.singular[direction] > 1e-6 * (projection.singular.first ?? 0) {
      let between = projection.counts.indices.reduce(0) {
        $0 + projection.squares[$1][direction] / Double(projection.counts[$1])
      }
      sum += (1 - shrinkage) * energy / ((1 - shrinkage) * energy + floor) * between
    }
    value = sum
  }

  /// The share of `μ I` that is expected to come closest to the true covariance.
  ///
  /// - Parameters:
  ///   - energies: the covariance's eigenvalues, those that are 0 left out or not.
  ///   - squaredNorms: of the centred examples.
  static func ledoitWolf(_ energies: [Double], squaredNorms: [Double], width: Double) -> Double {
    let count = Double(squaredNorms.count)
    let (trace, square) = energies.reduce(into: (0, 0)) { $0 = ($0.0 + $1, $0.1 + $1 * $1) }
    let distance = square - trace * trace / width  // ‖cov − μI‖²
    // A covariance that is μI already, as that of a single feature is, has nothing to shrink.
    guard distance > 1e-12 * square else { return 0 }
    let fourth = squaredNorms.reduce(0) { $0 + $1 * $1 }
    return min(max((fourth / count - square) / count, 0) / distance, 1)
  }
}
