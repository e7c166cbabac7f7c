/// The kinds of Keras layers that are brought over to PyTorch's names and layouts.
enum KerasKind: Equatable {
  case dense, embedding, batchNormalization, attention, einsumDense
  /// Layer and group normalization.
  case normalization
  /// Of any number of axes, transposed ones too: their kernels are `(…, out, in)`.
  case convolution, depthwiseConvolution, separableConvolution
  case lstm, gru, simpleRNN

  /// - Parameter className: `Conv2D`.
  init?(className: String) { self.init(plain: className.lowercased()) }

  /// - Parameter layerName: one that Keras made of the class' name: `conv2d_4`, `forward_lstm`, `gru_cell`.
  init?(layerName: String) {
    var name = Self.withoutNumber(layerName)
    for prefix in ["forward_", "backward_"] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
    if name.hasSuffix("_cell") { name.removeLast(5) }
    self.init(plain: name.replacing("_", with: ""))
  }

  private init?(plain: String) {
    switch plain {
    case "dense": self = .dense
    case "embedding": self = .embedding
    case "batchnormalization", "batchnorm": self = .batchNormalization
    case "layernormalization", "groupnormalization": self = .normalization
    case "conv1d", "conv2d", "conv3d", "conv1dtranspose", "conv2dtranspose", "conv3dtranspose": self = .convolution
    case "depthwiseconv1d", "depthwiseconv2d": self = .depthwiseConvolution
    case "separableconv1d", "separableconv2d": self = .separableConvolution
    case "lstm", "cudnnlstm": self = .lstm
    case "gru", "cudnngru": self = .gru
    case "simplernn": self = .simpleRNN
    case "multiheadattention": self = .attention
    case "einsumdense": self = .einsumDense
    default: return nil
    }
  }

  /// The kind that the names and shapes of a layer's weights leave no doubt of; nil otherwise.
  init?(roles: [String], shapes: [[Int]], namesDepthwiseKernels: Bool) {
    let known = Dictionary(zip(roles, shapes)) { first, _ in first }
    let isWithBias = known["bias"].map { $0.count == 1 } ?? true
    switch Set(roles).subtracting(["bias"]) {
    case ["kernel"] where isWithBias && known["kernel"]?.count == 2: self = .dense
    case ["kernel"] where isWithBias && namesDepthwiseKernels && 3...5 ~= (known["kernel"]?.count ?? 0):
      self = .convolution
    case ["embeddings"]: self = .embedding
    case ["depthwise_kernel"]: self = .depthwiseConvolution
    case ["depthwise_kernel", "pointwise_kernel"]: self = .separableConvolution
    case ["gamma", "beta"]: self = .normalization
    case let names where names.isSuperset(of: ["moving_mean", "moving_variance"]): self = .batchNormalization
    case ["kernel", "recurrent_kernel"]: self.init(recurrent: known["recurrent_kernel"])
    default: return nil
    }
  }

  /// - Parameter shape: of the recurrent kernel, `(units, gates · units)`.
  init?(recurrent shape: [Int]?) {
    guard let shape, shape.count == 2, shape[0] > 0, shape[1] % shape[0] == 0 else { return nil }
    switch shape[1] / shape[0] {
    case 4: self = .lstm
    case 3: self = .gru
    case 1: self = .simpleRNN
    default: return nil
    }
  }

  /// What messages call it.
  var label: String {
    switch self {
    case .dense: "Dense"
    case .embedding: "Embedding"
    case .batchNormalization: "BatchNormalization"
    case .normalization: "normalization"
    case .convolution: "convolution"
    case .depthwiseConvolution: "depthwise convolution"
    case .separableConvolution: "separable convolution"
    case .lstm: "LSTM"
    case .gru: "GRU"
    case .simpleRNN: "SimpleRNN"
    case .attention: "MultiHeadAttention"
    case .einsumDense: "EinsumDense"
    }
  }

  /// What the layer's weights are, where the file only counts them; nil for a count that the kind does not have.
  func roles(count: Int, configuration: KerasConfiguration?) -> [String]? {
    func bias(after kernels: [String]) -> [String]? {
      let roles = kernels + ["bias"]
      return count == roles.count || count == kernels.count ? Array(roles.prefix(count)) : nil
    }
    func affine(then statistics: [String]) -> [String]? {
      let scale = configuration?.flag("scale") ?? (count == statistics.count + 2)
      let center = configuration?.flag("center") ?? (count == statistics.count + 2)
      let roles = (scale ? ["gamma"] : []) + (center ? ["beta"] : []) + statistics
      // One of the two without a configuration: which one is not known, the statistics are.
      return count == roles.count ? roles : count == statistics.count + 1 ? ["0"] + statistics : nil
    }
    switch self {
    case .dense, .convolution, .einsumDense, .attention: return bias(after: ["kernel"])
    case .depthwiseConvolution: return bias(after: ["depthwise_kernel"])
    case .separableConvolution: return bias(after: ["depthwise_kernel", "pointwise_kernel"])
    case .lstm, .gru, .simpleRNN: return bias(after: ["kernel", "recurrent_kernel"])
    case .embedding: return count == 1 ? ["embeddings"] : nil
    case .normalization: return affine(then: [])
    case .batchNormalization: return affine(then: ["moving_mean", "moving_variance"])
    }
  }

  /// A name without the number that Keras adds to make it the only one.
  static func withoutNumber(_ name: String) -> String {
    guard let end = name.lastIndex(of: "_"), end > name.startIndex else { return name }
    let number = name[name.index(after: end)...]
    return !number.isEmpty && number.allSatisfy(\.isWholeNumber) ? String(name[..<end]) : name
  }
}
