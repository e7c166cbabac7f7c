/// What becomes of a Keras layer's tensors in PyTorch.
struct KerasConversion {
  /// The tensors with their names below the layer's.
  private(set) var tensors: [(name: String, tensor: TensorView)] = []
  /// The kind that the layer was taken for; nil where it is left as it is.
  private(set) var kind: KerasKind?
  /// Why the layer, or a tensor of it by name, is left as it is.
  private(set) var leftReason: String?
  /// What is not the same in PyTorch, or was not in the file.
  private(set) var remark: String?

  /// - Parameter weights: the layer's weights with their tensors.
  init(_ layer: KerasLayer, _ weights: [(weight: KerasLayer.Weight, tensor: TensorView)]) {
    let kind = layer.kind(shapes: weights.map(\.tensor.shape))
    let parts = kind.flatMap { KerasParts($0, layer.configuration, weights) }
    let result: Outcome =
      if let kind, let parts {
        Self.outcome(kind, layer.configuration?.wrapped ?? layer.configuration, parts)
      } else { .left(nil) }
    switch result {
    case .converted(let tensors, let remark):
      (self.tensors, self.kind, self.remark) = (tensors, kind, remark)
      if tensors.contains(where: { $0.name == "0" }) { leftReason = "gamma or beta, which the file does not say" }
    case .left(let reason):
      leftReason = reason ?? layer.configuration?.className ?? "of unknown kind"
      tensors = weights.map { weight, tensor in
        (weight.component.isEmpty ? weight.role : "\(weight.component).\(weight.role)", tensor)
      }
    }
  }

  enum Outcome {
    case converted([(name: String, tensor: TensorView)], remark: String? = nil)
    /// Left as it is, for a reason other than the layer's class.
    case left(String?)
  }

  private static func outcome(_ kind: KerasKind, _ configuration: KerasConfiguration?, _ parts: KerasParts) -> Outcome {
    switch kind {
    case .lstm, .gru, .simpleRNN: return KerasRecurrence(kind: kind, configuration: configuration).outcome(parts)
    case .attention: return KerasAttention.outcome(parts)
    default: break
    }
    guard parts.isWhole else { return .left(nil) }
    let weights = parts[.whole]
    switch kind {
    case .einsumDense:
      return KerasAttention.einsum(weights, equation: configuration?.text("equation"))
    case .separableConvolution:
      guard let depthwise = weights["depthwise_kernel"]?.depthwiseKernel, let pointwise = weights["pointwise_kernel"],
        pointwise.shape.count >= 3
      else { return .left(nil) }
      return .converted(
        [("depthwise.weight", depthwise), ("pointwise.weight", pointwise.lastAxesFirst)]
          + (weights["bias"].map { [("pointwise.bias", $0)] } ?? []))
    default:
      var result: [(String, TensorView)] = []
      for (role, tensor) in weights.ordered {
        guard let converted = plain(kind, role, tensor) else { return .left(nil) }
        result.append(converted)
      }
      return .converted(result)
    }
  }

  /// A tensor of a layer whose counterpart has it too; nil for one that it does not have.
  private static func plain(_ kind: KerasKind, _ role: String, _ tensor: TensorView) -> (String, TensorView)? {
    let rank = tensor.shape.count
    switch (kind, role) {
    case (.dense, "kernel") where rank == 2: return ("weight", tensor.lastAxesFirst)
    case (.convolution, "kernel") where 3...5 ~= rank: return ("weight", tensor.lastAxesFirst)
    case (.depthwiseConvolution, "kernel"), (.depthwiseConvolution, "depthwise_kernel"):
      return tensor.depthwiseKernel.map { ("weight", $0) }
    case (.dense, "bias") where rank == 1, (.convolution, "bias") where rank == 1,
      (.depthwiseConvolution, "bias") where rank == 1:
      return ("bias", tensor)
    case (.embedding, "embeddings") where rank == 2: return ("weight", tensor)
    case (.normalization, "gamma"), (.batchNormalization, "gamma"): return ("weight", tensor)
    case (.normalization, "beta"), (.batchNormalization, "beta"): return ("bias", tensor)
    case (.batchNormalization, "moving_mean"): return ("running_mean", tensor)
    case (.batchNormalization, "moving_variance"): return ("running_var", tensor)
    case (.batchNormalization, "0"): return ("0", tensor)
    default: return nil
    }
  }
}

/// A layer's tensors by part and by what they are to it.
struct KerasParts {
  /// The tensors of one part.
  struct Weights {
    fileprivate(set) var ordered: [(role: String, tensor: TensorView)] = []
    subscript(_ role: String) -> TensorView? { ordered.first { $0.role == role }?.tensor }
  }

  private var parts: [KerasLayer.Part: Weights] = [:]

  /// nil where the file only counts the weights, and not as many as the kind has.
  init?(
    _ kind: KerasKind, _ configuration: KerasConfiguration?,
    _ weights: [(weight: KerasLayer.Weight, tensor: TensorView)]
  ) {
    for (weight, tensor) in weights { parts[weight.part, default: Weights()].ordered.append((weight.role, tensor)) }
    for (part, found) in parts where found.ordered.allSatisfy({ Int($0.role) != nil }) {
      let inner = configuration?.wrapped ?? configuration
      guard let roles = kind.roles(count: found.ordered.count, configuration: inner) else { return nil }
      parts[part]?.ordered = zip(roles, found.ordered).map { ($0, $1.tensor) }
    }
  }

  subscript(_ part: KerasLayer.Part) -> Weights { parts[part] ?? Weights() }
  var names: Set<KerasLayer.Part> { Set(parts.keys) }
  var isWhole: Bool { names == [.whole] }
}

extension TensorView {
  /// `(…, in, out)` as `(out, in, …)`; of a transposed convolution `(…, out, in)` as `(in, out, …)`, as PyTorch has it.
  var lastAxesFirst: TensorView {
    let rank = shape.count
    return permuted([rank - 1, rank - 2] + Array(0..<rank - 2))
  }

  /// `(…, in, multiplier)` as `(in · multiplier, 1, …)`; nil for another number of axes.
  var depthwiseKernel: TensorView? {
    let rank = shape.count
    guard 3...5 ~= rank else { return nil }
    let spatial = Array(0..<rank - 2)
    return permuted([rank - 2, rank - 1] + spatial)
      .reshaped([shape[rank - 2] * shape[rank - 1], 1] + spatial.map { shape[$0] })
  }

  /// The tensors one after the other along the first axis, the others being equal.
  static func concatenated(_ tensors: [TensorView]) -> TensorView {
    let bytes = tensors.flatMap { tensor in tensor.withUnsafeBytes { Array($0) } }
    return TensorView(
      bytes: bytes, elementType: tensors[0].elementType,
      shape: [tensors.reduce(0) { $0 + $1.shape[0] }] + tensors[0].shape.dropFirst())
  }

  /// The parts of equal length that the first axis consists of, in another order.
  func blocks(_ order: [Int]) -> TensorView {
    let length = byteCount / order.count
    let bytes = withUnsafeBytes { bytes in
      order.flatMap { Array(bytes[$0 * length..<($0 + 1) * length]) }
    }
    return TensorView(bytes: bytes, elementType: elementType, shape: shape)
  }

  /// The first and the second half of the elements, each along one axis.
  var halves: [TensorView] {
    let length = byteCount / 2
    return withUnsafeBytes { bytes in
      [0, 1].map { half in
        TensorView(
          copying: UnsafeRawBufferPointer(rebasing: bytes[half * length..<(half + 1) * length]),
          elementType: elementType, shape: [count / 2])
      }
    }
  }

  /// Zeros of the same type and shape.
  var zeros: TensorView {
    TensorView(bytes: [UInt8](repeating: 0, count: byteCount), elementType: elementType, shape: shape)
  }
}
