import HDF5

/// The low-rank changes that a model is trained with, beside the weights that they are merged into: `W = W⁰ + α/r · B A`.
///
/// Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022, equation 3.
public struct LowRankFactors: Sendable, Equatable {
  /// The factors of one kernel's change.
  public struct Pair: Sendable, Equatable {
    /// A, `[r, inputs]`; a convolution's inputs are channels × positions of its kernel.
    public var down: TensorView
    /// B, `[outputs, r]`; the change of a kernel that is stored as `[inputs, outputs]` is `(B A)ᵀ`.
    public var up: TensorView

    /// The factors of a change B A.
    public init(down: TensorView, up: TensorView) {
      self.down = down
      self.up = up
    }
  }

  /// `α`.
  public var alpha: Double
  /// The factors, by the names of the kernels that they change; of tied kernels, the first one's.
  public var pairs: [String: Pair]
  /// `r`, the same of all pairs.
  public var rank: Int { pairs.values.first?.down.shape.first ?? 0 }

  /// Changes `α/r · B A`.
  public init(alpha: Double, pairs: [String: Pair]) {
    self.alpha = alpha
    self.pairs = pairs
  }

  /// Checks that they fit the kernels.
  func validate(_ parameters: [String: TensorView], file: String) throws {
    for (kernel, pair) in pairs {
      let name = "adapters/\(kernel)"
      guard let weight = parameters[kernel], let outputs = weight.shape.first, outputs > 0 else {
        throw CheckpointError.unexpectedTensor(tensor: name, file: file)
      }
      let inputs = weight.count / outputs
      // Of a matrix outputs may come last.
      let isTurned = weight.shape.count == 2 && pair.up.shape == [inputs, rank]
      for (part, tensor, expected) in [
        (Self.downPart, pair.down, [rank, isTurned ? outputs : inputs]),
        (Self.upPart, pair.up, [isTurned ? inputs : outputs, rank]),
      ] {
        guard tensor.shape == expected else {
          throw CheckpointError.shapeMismatch(tensor: name + part, file: file, expected: expected, found: tensor.shape)
        }
        guard tensor.elementType.isFloatingPoint else {
          throw CheckpointError.typeMismatch(
            tensor: name + part, file: file, expected: weight.elementType.rawValue, found: tensor.elementType.rawValue)
        }
      }
    }
    guard alpha.isFinite, rank > 0 else {
      throw CheckpointError.malformed(path: file, reason: "its adapters have the rank \(rank) and the alpha \(alpha)")
    }
  }
}

// MARK: - In a file

extension LowRankFactors {
  private static let downPart = ".lora_A"
  private static let upPart = ".lora_B"

  init(_ group: Group, _ reader: TensorReader, kernels: Set<String>) throws {
    let names = kernels.flatMap { [$0 + Self.downPart, $0 + Self.upPart] }
    let tensors = try Checkpoint.tensors(of: group, reader, named: Set(names))
    var pairs: [String: Pair] = [:]
    for kernel in kernels {
      let (down, up) = (tensors[kernel + Self.downPart], tensors[kernel + Self.upPart])
      guard down != nil || up != nil else { continue }
      guard let down, let up else {
        throw CheckpointError.missingTensor(
          tensor: group.child(of: kernel + (down == nil ? Self.downPart : Self.upPart)), file: group.file.path)
      }
      pairs[kernel] = Pair(down: down, up: up)
    }
    self.init(alpha: try group.requiredAttribute("alpha"), pairs: pairs)
  }

  func write(to group: Group, _ parent: ParentTensors?) throws {
    try group.setAttribute("alpha", to: alpha)
    var tensors: [String: TensorView] = [:]
    for (kernel, pair) in pairs {
      tensors[kernel + Self.downPart] = pair.down
      tensors[kernel + Self.upPart] = pair.up
    }
    try group.writeTensors(tensors, parent)
  }
}
