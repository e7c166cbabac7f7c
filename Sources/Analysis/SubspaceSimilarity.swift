import Datasets
import Findings
import Metrics
import Models
import Torch

/// A similarity that needs all examples at once: by canonical correlations or by the best rotation.
public enum SubspaceMeasure: String, Sendable, CaseIterable {
  /// The mean canonical correlation of the directions that hold 99 % of each side's variance.
  ///
  /// Raghu et al., "SVCCA", NeurIPS 2017.
  case svcca
  /// Canonical correlations weighed by how much of the first network's features each accounts for.
  ///
  /// Morcos, Raghu, Bengio, "Insights on representational similarity in neural networks with canonical correlation",
  /// NeurIPS 2018.
  case pwcca
  /// `‖XᵀY‖_* / (‖X‖ ‖Y‖)` of centred features: one minus half the squared distance after the best rotation.
  ///
  /// Ding, Denain, Steinhardt, "Grounding Representation Similarity Through Statistical Testing", NeurIPS 2021.
  case procrustes

  /// Its name among all measures of similarity.
  var kind: LayerSimilarity.Measure {
    switch self {
    case .svcca: .svcca
    case .pwcca: .pwcca
    case .procrustes: .procrustes
    }
  }
}

extension LayerSimilarity {
  /// The similarity of every layer of one network with every layer of another, by a ``SubspaceMeasure``.
  ///
  /// The intervals of namesakes are jackknives over groups of examples. They speak of which examples were drawn; that
  /// canonical correlations of few examples are too high is not in them: the shuffled control beside them shows that.
  ///
  /// - Parameters:
  ///   - featuresA: of each layer `[rows, …]`, likewise `featuresB` of the same examples.
  ///   - rowsPerExample: rows that each example has, one after the other; whole examples are left out.
  ///   - followsAnatome: whether SVCCA cuts by singular values before centring, and PWCCA weighs by sums of absolute
  ///     canonical variates of uncentred features, as that library does.
  /// - Throws: ``AnalysisError/nothingToCompare(_:)`` where canonical correlations would mean nothing: two examples or
  ///   fewer for each direction.
  public init(
    _ measure: SubspaceMeasure, _ featuresA: [(layer: String, values: Tensor)],
    _ featuresB: [(layer: String, values: Tensor)], rowsPerExample: Int = 1, followsAnatome: Bool = false,
    seed: UInt64 = 0
  ) throws {
    let left = try featuresA.map { try SubspaceSide($0.layer, $0.values, measure, followsAnatome) }
    let right = try featuresB.map { try SubspaceSide($0.layer, $0.values, measure, followsAnatome) }
    let count = (featuresA.first?.values.shape[0] ?? 0) / rowsPerExample
    var random = RandomSource(seed: seed)
    let rows = random.permutation(count: count).rows(each: rowsPerExample)
    let order = try Tensor(rows.map(Int64.init), device: left.first?.values.device ?? .cpu)
    let values = try left.map { a in try right.map { b in try a.similarity(to: b, measure, followsAnatome) } }
    var entries: [Entry] = []
    for (row, a) in left.enumerated() {
      guard let column = right.firstIndex(where: { $0.layer == a.layer }) else { continue }
      let null = try a.similarity(to: right[column].reordered(order), measure, followsAnatome)
      let value = values[row][column]
      let interval =
        followsAnatome
        ? nil
        : try SubspaceJackknife(a, right[column], measure, order: order, rowsPerExample: rowsPerExample)
          .interval(around: value)
      entries.append(
        Entry(layer: a.layer, value: value, low: interval?.low ?? .nan, high: interval?.high ?? .nan, null: null))
    }
    self.init(
      measure: measure.kind, estimator: measure.rawValue, sampleCount: count,
      rowsPerExample: rowsPerExample > 1 ? rowsPerExample : nil, layersA: left.map(\.layer),
      layersB: right.map(\.layer), values: values, diagonal: entries,
      crowded: (left + right).filter { measure != .procrustes && $0.samples < 10 * $0.width }.map(\.layer))
  }
}

/// One layer's features, made ready.
struct SubspaceSide {
  let layer: String
  /// As they came, `[samples, width]`, float64; cut to their main directions for SVCCA.
  let values: Tensor
  let centred: Tensor
  /// An orthonormal basis of the centred columns, `[samples, directions]`, and what maps the columns to it.
  let basis: Tensor
  let map: Tensor
  /// Whether the features are constant up to rounding: then there is no value.
  let isConstant: Bool

  var samples: Int { values.shape[0] }
  var width: Int { basis.shape[1] }

  init(_ layer: String, _ features: Tensor, _ measure: SubspaceMeasure, _ followsAnatome: Bool) throws {
    let flat = try features.reshaped([features.shape[0], -1]).to(.float64)
    func withoutMean(_ tensor: Tensor) throws -> Tensor {
      try tensor.subtract(tensor.mean(along: [0], keepsAxes: true))
    }
    isConstant =
      FeatureStrength(
        energy: try withoutMean(flat).squared().sum().item(), total: try flat.squared().sum().item(),
        rounding: FeatureStrength.rounding(of: features.type), isLinear: true
      ).isRounding
    var values = flat
    if measure == .svcca {
      values = followsAnatome ? flat : try withoutMean(flat)
      let parts = try Decomposition(values)
      let sizes = followsAnatome ? parts.singular : parts.singular.map { $0 * $0 }
      let total = sizes.reduce(0, +)
      var (sum, below) = (0.0, 0)
      for size in sizes {
        sum += size
        if sum / total < 0.99 { below += 1 }
      }
      let kept = max(1, min(sizes.count, followsAnatome ? below : below + 1))
      values = try values.matrixProduct(parts.right.narrowed(along: 1, from: 0, count: kept))
    }
    self.layer = layer
    self.values = values
    centred = try withoutMean(values)
    if measure == .procrustes {
      (basis, map) = (centred, centred)
      return
    }
    let parts = try Decomposition(centred)
    // Directions of rounding errors alone, as dead units leave them, are none.
    let rank = max(1, parts.singular.count { $0 > 1e-9 * (parts.singular.first ?? 0) })
    guard values.shape[0] > 2 * rank else {
      throw AnalysisError.tooFewForDirections(layer: layer, count: values.shape[0], directions: rank)
    }
    basis = try parts.left.narrowed(along: 1, from: 0, count: rank)
    let scales = try Tensor(parts.singular.prefix(rank).map { 1 / $0 }, device: values.device)
    map = try parts.right.narrowed(along: 1, from: 0, count: rank).multiply(scales)
  }

  private init(_ other: SubspaceSide, order: Tensor) throws {
    layer = other.layer
    values = try other.values.selecting(order, along: 0)
    centred = try other.centred.selecting(order, along: 0)
    basis = try other.basis.selecting(order, along: 0)
    map = other.map
    isConstant = other.isConstant
  }

  func reordered(_ order: Tensor) throws -> SubspaceSide { try SubspaceSide(self, order: order) }

  func similarity(to other: SubspaceSide, _ measure: SubspaceMeasure, _ followsAnatome: Bool) throws -> Double {
    guard !isConstant, !other.isConstant else { return .nan }
    return try withoutGradients {
      if measure == .procrustes {
        let product = try centred.transposed().contiguous().matrixProduct(other.centred)
        let sizes = try [centred, other.centred].map { try $0.squared().sum().item().squareRoot() }
        return try Decomposition(product).singular.reduce(0, +) / (sizes[0] * sizes[1])
      }
      let parts = try Decomposition(basis.transposed().contiguous().matrixProduct(other.basis))
      let correlations = parts.singular
      if measure == .svcca { return correlations.reduce(0, +) / Double(min(width, other.width)) }
      let directions = try map.matrixProduct(parts.left)
      let weights: Tensor
      if followsAnatome {
        weights = try values.matrixProduct(directions).absolute().sum(along: [0])
      } else {
        let variates = try centred.matrixProduct(directions)
        weights = try variates.transposed().contiguous().matrixProduct(centred).absolute().sum(along: [1])
      }
      let shares = try weights.array(of: Double.self)
      return zip(shares, correlations).reduce(0) { $0 + $1.0 * $1.1 } / shares.reduce(0, +)
    }
  }
}

/// `X = U S Vᵀ`, as many directions as the smaller side.
struct Decomposition {
  let left: Tensor
  let singular: [Double]
  /// `V`, `[width, directions]`.
  let right: Tensor

  init(_ matrix: Tensor) throws {
    let parts = try Operator("aten::linalg_svd")([.tensor(matrix), .bool(false)])
    guard parts.count == 3, case .tensor(let left) = parts[0], case .tensor(let singular) = parts[1],
      case .tensor(let right) = parts[2]
    else { throw TorchError.failed(operation: "aten::linalg_svd", message: "gave no decomposition") }
    self.left = left
    self.singular = try singular.array(of: Double.self)
    self.right = try right.transposed().contiguous()
  }
}

extension LayerSimilarity {
  /// Compares the layers of two models on the same examples; outputs with several places are averaged over them unless
  /// `pooling` says otherwise.
  public init(
    _ measure: SubspaceMeasure, comparing a: Model, with b: Model, on split: Split, dataset: String, layersA: [String],
    layersB: [String], pooling: FeaturePooling?, sampleCount: Int, followsAnatome: Bool = false, seed: UInt64 = 0,
    processes: ProcessGroup? = nil
  ) throws {
    var random = RandomSource(seed: seed)
    let examples = split.selecting(random.sample(sampleCount, of: split.count))
    func captured(_ model: Model, _ layers: [String]) throws -> [(layer: String, values: Tensor)] {
      let found = try model.features(
        of: layers, on: examples, dataset: dataset, pooling: pooling ?? .mean, seed: seed,
        processes: processes)
      return layers.compactMap { layer in found[layer].map { (layer, $0) } }
    }
    try self.init(
      measure, captured(a, layersA), captured(b, layersB), rowsPerExample: pooling?.rowsPerExample ?? 1,
      followsAnatome: followsAnatome, seed: seed)
    data = dataset
    pool = pooling?.rawValue ?? pool
  }

  /// Compares layers of two files of features of the same samples, of at most `sampleCount` drawn from all.
  public init(
    _ measure: SubspaceMeasure, comparing a: FeatureFile, with b: FeatureFile, layersA: [String], layersB: [String],
    pooling: FeaturePooling?, sampleCount: Int, followsAnatome: Bool = false, seed: UInt64 = 0
  ) throws {
    let samples = try a.sample(sampleCount, with: b, keepsOrder: true, seed: seed)
    let places = ExamplePlaces(exampleCount: samples.count, seed: seed)
    func read(_ file: FeatureFile, _ layers: [String]) throws -> [(layer: String, values: Tensor)] {
      try file.layers(layers, for: pooling).compactMap { layer in
        try FeaturePooling.rows(file.rows(samples, of: layer), pooling ?? .mean, places).map { (layer, $0) }
      }
    }
    try self.init(
      measure, read(a, layersA), read(b, layersB), rowsPerExample: pooling?.rowsPerExample ?? 1,
      followsAnatome: followsAnatome, seed: seed)
    data = a.path
    pool = pooling?.rawValue ?? pool
  }
}
