/// What a Keras weight is to its layer, and how PyTorch lays it out.
enum KerasRole: Equatable {
  /// `(in, out)` of a dense layer, `(…, in, out)` of a convolution; of a transposed one `(…, out, in)`.
  case kernel
  /// `(…, in, multiplier)` of a depthwise convolution.
  case depthwiseKernel
  /// `(in, gates)` of a recurrent layer, and `(units, gates)`.
  case inputKernel, recurrentKernel
  case embeddings
  case bias, gamma, beta, movingMean, movingVariance
  case unknown(String)

  /// The roles of a layer's weights.
  ///
  /// - Parameters:
  ///   - kind: the layer's class.
  ///   - weights: what the file calls them; nil where it only numbers them, so that shapes and the class tell.
  static func roles(kind: String, weights: [String?], shapes: [[Int]]) -> [KerasRole] {
    let kind = kind.lowercased()
    let named = weights.compactMap { $0 }
    guard named.count == weights.count else { return inferred(kind: kind, ranks: shapes.map(\.count)) }
    let isRecurrent = named.contains("recurrent_kernel")
    // A separable convolution has two kernels, which PyTorch keeps in two layers.
    guard !named.contains("pointwise_kernel") else { return named.map { .unknown($0) } }
    return named.map { name in
      switch name {
      case "kernel" where isRecurrent: .inputKernel
      case "kernel" where kind.contains("depthwise"): .depthwiseKernel
      case "kernel": .kernel
      case "depthwise_kernel": .depthwiseKernel
      case "recurrent_kernel": .recurrentKernel
      case "embeddings": .embeddings
      case "bias": .bias
      case "gamma": .gamma
      case "beta": .beta
      case "moving_mean": .movingMean
      case "moving_variance": .movingVariance
      default: .unknown(name)
      }
    }
  }

  private static func inferred(kind: String, ranks: [Int]) -> [KerasRole] {
    let kernel: KerasRole = kind.contains("depthwise") ? .depthwiseKernel : .kernel
    switch ranks {
    case [2] where kind.contains("embedding"): return [.embeddings]
    case [2, 2], [2, 2, 1], [2, 2, 2]: return Array([.inputKernel, .recurrentKernel, .bias].prefix(ranks.count))
    case [1, 1, 1, 1]: return [.gamma, .beta, .movingMean, .movingVariance]
    case [1, 1] where kind.contains("norm"): return [.gamma, .beta]
    case _ where ranks.count == 1 && ranks[0] > 1: return [kernel]
    case _ where ranks.count == 2 && ranks[0] > 1 && ranks[1] == 1: return [kernel, .bias]
    default: return ranks.indices.map { .unknown("\($0)") }
    }
  }

  /// PyTorch's name.
  var name: String {
    switch self {
    case .kernel, .depthwiseKernel, .embeddings, .gamma: "weight"
    case .inputKernel: "weight_ih"
    case .recurrentKernel: "weight_hh"
    case .bias, .beta: "bias"
    case .movingMean: "running_mean"
    case .movingVariance: "running_var"
    case .unknown(let name): name
    }
  }

  /// The tensor in PyTorch's layout.
  func converted(_ tensor: TensorView) -> TensorView {
    let rank = tensor.shape.count
    guard rank >= 2 else { return tensor }
    let spatial = Array(0..<rank - 2)
    let lastFirst = [rank - 1, rank - 2] + spatial
    switch self {
    // `(out, in, …)`; of a transposed convolution `(in, out, …)`, as PyTorch has it.
    case .kernel, .inputKernel, .recurrentKernel: return tensor.permuted(lastFirst)
    case .depthwiseKernel:
      let channelCount = tensor.shape[rank - 2] * tensor.shape[rank - 1]
      return tensor.permuted([rank - 2, rank - 1] + spatial)
        .reshaped([channelCount, 1] + spatial.map { tensor.shape[$0] })
    default: return tensor
    }
  }
}
