import Torch

/// The classes that a sample has, numbered anew without gaps.
struct ClassIndicators {
  /// The class of each example, from 0.
  let places: [Int]
  /// Examples of each class, none of them 0.
  let counts: [Int]

  init(_ labels: [Int32]) {
    let present = Set(labels).sorted()
    let place = Dictionary(uniqueKeysWithValues: present.enumerated().map { ($1, $0) })
    places = labels.compactMap { place[$0] }
    counts = places.reduce(into: [Int](repeating: 0, count: present.count)) { $0[$1] += 1 }
  }

  /// One-hot, `[examples, classes]`, float64.
  func matrix(on device: Device) throws -> Tensor {
    try Tensor.indicators(of: places, classCount: counts.count, device: device)
  }
}

/// Features `F = U S Vᵀ` seen from the examples' side: the singular values, and the classes' indicators `Y` along `U`.
///
/// The triangle of a QR decomposition of `[F Y]`, or of `Fᵀ` where examples are fewer than features, has all of it:
/// nothing of `width × width` is formed where that is the larger side. It costs what a Gram matrix of the smaller side
/// costs, and unlike that does not square the condition number: features with a large mean keep their digits.
struct ClassProjection {
  /// `S`, as many as the smaller side, the largest first.
  let singular: [Double]
  /// `(Uᵀ y)²` of each class's indicator `y`: `[classes][directions]`.
  let squares: [[Double]]
  /// `‖y − U Uᵀ y‖²` of each class.
  let residuals: [Double]
  let counts: [Int]

  /// - Parameter features: `[examples, width]`, float64.
  /// - Throws: ``AnalysisError/nothingToCompare(_:)`` without examples; `TorchError` for features that are not finite.
  init(_ features: Tensor, labels: [Int32]) throws {
    precondition(
      features.shape.count == 2 && features.shape[0] == labels.count,
      "features of shape \(features.shape) for \(labels.count) labels")
    let (count, width) = (features.shape[0], features.shape[1])
    guard count > 0, width > 0 else { throw AnalysisError.nothingToCompare("no features to score") }
    let classes = ClassIndicators(labels)
    counts = classes.counts
    (singular, squares, residuals) = try withoutGradients {
      let indicators = try classes.matrix(on: features.device)
      let parts: Decomposition
      let along: Tensor  // [directions, classes]
      var outside = [Double](repeating: 0, count: classes.counts.count)
      if count > width {
        // F = Q R₁₁, Y = Q R₁₂ + Q' R₂₂.
        let factor = try Tensor.concatenated([features, indicators], along: 1).triangularFactor()
        let top = try factor.narrowed(from: 0, count: width)
        parts = try Decomposition(try top.narrowed(along: 1, from: 0, count: width))
        along = try top.narrowed(along: 1, from: width, count: classes.counts.count)
        outside = try factor.narrowed(from: width, count: factor.shape[0] - width)
          .narrowed(along: 1, from: width, count: classes.counts.count).squared().sum(along: [0]).array()
      } else {
        // Fᵀ = Q R, so F = Rᵀ Qᵀ, whose left directions are those of Rᵀ: all of the examples' space.
        parts = try Decomposition(try features.transposed().triangularFactor().transposed())
        along = indicators
      }
      let squares = try parts.left.transposed().matrixProduct(along).squared().transposed().array(of: Double.self)
      let directions = parts.singular.count
      return (
        parts.singular,
        classes.counts.indices.map { Array(squares[$0 * directions..<($0 + 1) * directions]) }, outside
      )
    }
  }
}
