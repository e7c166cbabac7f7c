/// How far each tensor has moved between two sets of weights.
///
/// With before a and after b: `l2 = ‖a − b‖`, `relative = ‖a − b‖ / ‖a‖`, `cosine = a·b / (‖a‖ ‖b‖)`,
/// `maxAbsolute = max |a − b|`, all accumulated in float64 whatever the tensors' types.
///
/// Tensors are compared by name; heads by name and task, so that the classifiers of two tasks are never compared.
/// Drift says that weights moved, not that anything was forgotten: pair it with a probe or a rewind.
public struct WeightDrift: Codable, Equatable, Sendable {
  /// Parameters in the program's order, then the heads of shared tasks (`fc.weight [task]`), then floating buffers.
  public var parameters: [ParameterDrift]
  /// The parameters joined by layer, in the same order; buffers take no part.
  public var layers: [LayerDrift]
  /// All compared parameters as one vector.
  public var total: TotalDrift
  /// Tensors of the checkpoint before that have no counterpart after.
  public var onlyInA: [String]
  /// Tensors of the checkpoint after that have no counterpart before.
  public var onlyInB: [String]
  /// Tensors that have another shape after, so that they are not compared.
  public var shapeMismatches: [ShapeMismatch]
  /// The epoch of the run that is compared with epoch 0; nil for two files.
  public var epoch: Int?

  /// How far all compared tensors moved.
  ///
  /// - Parameters: see the properties.
  public init(
    parameters: [ParameterDrift] = [], layers: [LayerDrift], total: TotalDrift, onlyInA: [String] = [],
    onlyInB: [String] = [], shapeMismatches: [ShapeMismatch] = [], epoch: Int? = nil
  ) {
    self.parameters = parameters
    self.layers = layers
    self.total = total
    self.onlyInA = onlyInA
    self.onlyInB = onlyInB
    self.shapeMismatches = shapeMismatches
    self.epoch = epoch
  }
}

/// Drift of one tensor.
public struct ParameterDrift: Codable, Equatable, Sendable {
  /// The parameter's name; a head's is followed by its task in brackets.
  public var name: String
  /// Its sizes along each axis.
  public var shape: [Int]
  /// `‖a − b‖`.
  public var l2: Double
  /// Infinite where the tensor was all zeros before and is not now.
  public var relative: Double
  /// 1 exactly where nothing differs; 0 where one of the two is all zeros.
  public var cosine: Double
  /// `max |a − b|`.
  public var maxAbsolute: Double
  /// The path of its module; a head's is followed by its task in brackets.
  public var layer: String
  /// The task of a head's tensor.
  public var task: String?
  /// Whether it is a buffer (running statistics), which counts neither in layers nor in the total.
  public var isBuffer: Bool

  /// How far one tensor moved.
  ///
  /// - Parameters: see the properties.
  public init(
    name: String, shape: [Int], l2: Double, relative: Double, cosine: Double, maxAbsolute: Double, layer: String,
    task: String?, isBuffer: Bool
  ) {
    self.name = name
    self.shape = shape
    self.l2 = l2
    self.relative = relative
    self.cosine = cosine
    self.maxAbsolute = maxAbsolute
    self.layer = layer
    self.task = task
    self.isBuffer = isBuffer
  }
}

/// Drift of a layer's parameters, joined as one vector.
public struct LayerDrift: Codable, Equatable, Sendable {
  /// The path of the module; a head's is followed by its task in brackets.
  public var layer: String
  /// `‖a − b‖`.
  public var l2: Double
  /// Infinite where the layer was all zeros before and is not now.
  public var relative: Double
  /// 1 exactly where nothing differs; 0 where one of the two is all zeros.
  public var cosine: Double
  /// `max |a − b|`.
  public var maxAbsolute: Double
  /// The task of a head.
  public var task: String?
  /// Number of parameters, counted in elements; nil where it is not known.
  public var parameterCount: Int?

  /// How far one layer moved; NaN for what was not stored.
  ///
  /// - Parameters: see the properties.
  public init(
    layer: String, l2: Double = .nan, relative: Double, cosine: Double = .nan, maxAbsolute: Double = .nan,
    task: String? = nil, parameterCount: Int? = nil
  ) {
    self.layer = layer
    self.l2 = l2
    self.relative = relative
    self.cosine = cosine
    self.maxAbsolute = maxAbsolute
    self.task = task
    self.parameterCount = parameterCount
  }
}

/// Drift of all parameters, joined as one vector.
public struct TotalDrift: Codable, Equatable, Sendable {
  /// `‖a − b‖`.
  public var l2: Double
  /// Infinite where all was zeros before and is not now.
  public var relative: Double
  /// 1 exactly where nothing differs; 0 where one of the two is all zeros.
  public var cosine: Double
  /// `max |a − b|`.
  public var maxAbsolute: Double
  /// Number of parameters, counted in elements; nil where it is not known.
  public var parameterCount: Int?

  /// How far the whole network moved; NaN for what was not stored.
  ///
  /// - Parameters: see the properties.
  public init(
    l2: Double = .nan, relative: Double, cosine: Double = .nan, maxAbsolute: Double = .nan, parameterCount: Int? = nil
  ) {
    self.l2 = l2
    self.relative = relative
    self.cosine = cosine
    self.maxAbsolute = maxAbsolute
    self.parameterCount = parameterCount
  }
}

/// A tensor that both sides have in different shapes.
public struct ShapeMismatch: Codable, Equatable, Sendable {
  /// The tensor's name.
  public var name: String
  /// Its shape in the checkpoint before.
  public var before: [Int]
  /// Its shape in the checkpoint after.
  public var after: [Int]

  /// Two shapes of one tensor, which is left out of the drift.
  public init(name: String, before: [Int], after: [Int]) {
    self.name = name
    self.before = before
    self.after = after
  }
}
