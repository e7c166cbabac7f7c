import Checkpoints
import Models
import Programs
import Torch

/// Low-rank adaptation as it is asked for: `rank=8,alpha=16,layers=GLOB`.
public struct LowRankOptions: Sendable, Codable, Equatable {
  /// `r`, the rank of the change of each kernel; at least 1.
  public var rank: Int
  /// `α`: the change is `α/r · B A`, so that another rank needs no other learning rate.
  public var alpha: Double
  /// Layers whose kernels are adapted; all linear and convolution layers but the head when nil.
  public var layers: String?

  /// Adapters of a rank.
  ///
  /// - Parameters:
  ///   - rank: at least 1.
  ///   - alpha: above 0.
  ///   - layers: a glob over layers and parameters; nil for all linear and convolution layers but the head.
  ///
  /// Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022.
  public init(rank: Int = 8, alpha: Double = 16, layers: String? = nil) {
    self.rank = rank
    self.alpha = alpha
    self.layers = layers
  }

  /// - Throws: ``TrainingError/unreadableOption(_:reason:expected:found:)``.
  public init(parsing text: String) throws {
    func bad(_ reason: String) -> TrainingError {
      .unreadableOption(.adapters, reason: reason, expected: "rank=N,alpha=A,layers=GLOB", found: text)
    }
    self.init()
    for part in text.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
      switch (pair.first, pair.count) {
      case ("rank", 2):
        guard let value = Int(pair[1]), value >= 1 else { throw bad("rank must be a whole number from 1") }
        rank = value
      case ("alpha", 2):
        guard let value = Double(pair[1]), value > 0, value.isFinite else { throw bad("alpha must be above 0") }
        alpha = value
      case ("layers", 2): layers = pair[1]
      default: throw bad("'\(part)' is no setting")
      }
    }
  }

  /// The kernels of linear and convolution layers that are asked for, the head's left out.
  func parameterNames(of program: Program) throws -> [String] {
    let kernels = program.kernels.union(program.kernelsOfInputsFirst)
    let wanted = try layers.map { Set(try program.parameterNames(matching: $0)) }
    let head = Set(program.headParameterNames)
    let names = program.parameters.map(\.name).filter { name in
      kernels.contains(name) && !head.contains(name) && wanted?.contains(name) != false
    }
    guard !names.isEmpty else { throw TrainingError.nothingToAdapt(layers: layers) }
    return names
  }
}

/// `W = W⁰ + α/r · B A` in place of each adapted kernel W: A is `[r, inputs]`, drawn as a linear layer's weight is, and B
/// `[outputs, r]`, zero at first; a convolution's inputs are channels × positions of its kernel. A kernel that is stored as
/// `[inputs, outputs]`, as GPT-2's are, has `(B A)ᵀ` added, as in PEFT.
///
/// The model's own tensors hold W⁰ until ``merge()`` puts W there, which is what is judged, stored and exported.
///
/// Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022, equation 3.
final class LowRankAdapters {
  struct Factor {
    let name: String
    /// The kernel that it changes.
    let parameter: String
    let tensor: Tensor
  }

  private struct Adapter {
    let parameter: String
    /// All names of the kernel: more than one where it is tied.
    let names: [String]
    let weight: Tensor
    let base: Tensor
    let hasInputsFirst: Bool
    /// Whether linear layers alone take it.
    let isOfLinearLayers: Bool
    let down: Tensor
    let up: Tensor

    func weight(scale: Double) throws -> Tensor {
      let change = try up.matrixProduct(down)
      return try base.add(hasInputsFirst ? change.transposed() : change.reshaped(base.shape), scaledBy: scale)
    }
  }

  private let adapters: [Adapter]
  private let options: LowRankOptions
  private var scale: Double { options.alpha / Double(options.rank) }

  init(_ options: LowRankOptions, on names: [String], of model: Model, seed: UInt64) throws {
    self.options = options
    let generator = try Generator(seed: seed ^ 0x6C6F_7261)
    var seen: Set<ObjectIdentifier> = []
    let (inputsFirst, linear) = (model.program.kernelsOfInputsFirst, model.program.kernelsOfLinearLayers)
    adapters = try names.compactMap { name in
      guard let weight = model.parameters[name], seen.insert(ObjectIdentifier(weight)).inserted else { return nil }
      let base = try weight.detached().cloned()
      let hasInputsFirst = inputsFirst.contains(name)
      let outputs = weight.shape[hasInputsFirst ? 1 : 0]
      let inputs = weight.count / max(1, outputs)
      let down = try Tensor.zeros([options.rank, inputs])
      let bound = 1 / Double(inputs).squareRoot()
      try down.fillUniform(-bound...bound, using: generator)
      let names = model.parameters.filter { $0.value === weight }.map(\.key)
      return Adapter(
        parameter: name, names: names, weight: weight, base: base, hasInputsFirst: hasInputsFirst,
        isOfLinearLayers: linear.isSuperset(of: names), down: try down.to(weight.device),
        up: try Tensor.zeros([outputs, options.rank], device: weight.device))
    }
  }

  /// The trained tensors.
  var factors: [Factor] {
    adapters.flatMap { adapter in
      [
        Factor(name: adapter.parameter + ".lora_A", parameter: adapter.parameter, tensor: adapter.down),
        Factor(name: adapter.parameter + ".lora_B", parameter: adapter.parameter, tensor: adapter.up),
      ]
    }
  }

  func changes(_ parameter: String) -> Bool { adapters.contains { $0.names.contains(parameter) } }

  /// W of each adapted kernel by all its names, with its graph.
  func weights() throws -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for adapter in adapters {
      let weight = try adapter.weight(scale: scale)
      for name in adapter.names { result[name] = weight }
    }
    return result
  }

  /// What a step runs with: kernels in the place of the model's own, and what is changed of what layers give.
  ///
  /// Linear layers have W⁰ and a change; other layers W, with its graph.
  func substitutes() throws -> (kernels: [String: Tensor], changes: [String: LowRankChange]) {
    var kernels: [String: Tensor] = [:]
    var changes: [String: LowRankChange] = [:]
    for adapter in adapters {
      let isLinear = adapter.isOfLinearLayers
      let kernel = try isLinear ? adapter.base : adapter.weight(scale: scale)
      for name in adapter.names {
        kernels[name] = kernel
        if isLinear { changes[name] = LowRankChange(down: adapter.down, up: adapter.up, scale: scale) }
      }
    }
    return (kernels, changes)
  }

  /// A copy of the factors, for a checkpoint.
  func stored() throws -> LowRankFactors {
    let pairs = try adapters.map { adapter in
      (adapter.parameter, LowRankFactors.Pair(down: try adapter.down.view(), up: try adapter.up.view()))
    }
    return LowRankFactors(alpha: options.alpha, pairs: Dictionary(uniqueKeysWithValues: pairs))
  }

  /// Puts W into the model's own tensors.
  func merge() throws {
    try withoutGradients {
      for adapter in adapters { try adapter.weight.copyInPlace(from: adapter.weight(scale: scale)) }
    }
  }
}
