import Programs
import Torch

/// A change of a kernel by two factors, `scale · B A`, that is made to what its layer gives: `y + scale · (x Aᵀ) Bᵀ`.
///
/// The kernel itself is not made anew, and its gradient, as large as the kernel, is not computed.
public struct LowRankChange {
  /// A, `[rank, inputs]`.
  public let down: Tensor
  /// B, `[outputs, rank]`.
  public let up: Tensor
  /// What the product counts.
  public let scale: Double

  /// - Parameters: see the properties.
  public init(down: Tensor, up: Tensor, scale: Double) {
    self.down = down
    self.up = up
    self.scale = scale
  }

  /// What a layer gives with the change.
  ///
  /// - Parameters:
  ///   - output: without it, `[…, outputs]`.
  ///   - input: what the layer takes, `[…, inputs]`.
  func applied(to output: Tensor, of input: Tensor) throws -> Tensor {
    let inner = try input.reshaped([-1, down.shape[1]]).matrixProduct(down.transposed())
    let rows = try output.reshaped([-1, up.shape[0]])
    return try Known.addedProduct.get().tensor([
      .tensor(rows), .tensor(inner), .tensor(up.transposed()), .useDefault, .double(scale),
    ]).reshaped(output.shape)
  }
}

/// Operators found once, at their first use.
private enum Known {
  static let addedProduct = Result { try Operator("aten::addmm") }
}

extension Program {
  /// Kernels that a ``LowRankChange`` can stand for: those that linear layers alone take, as they are stored or turned.
  public var kernelsOfLinearLayers: Set<String> {
    var (linear, others): (Set<String>, Set<String>) = ([], [])
    for node in nodes {
      let kernel = node.linearLayer?.kernel
      others.formUnion(node.reads.filter { $0 != kernel })
      if let kernel { linear.insert(kernel) }
    }
    return linear.intersection(parameters.map(\.name)).subtracting(others)
  }
}

extension Node {
  /// What a linear layer takes, and its kernel; nil of other calls.
  var linearLayer: (input: String, kernel: String)? {
    let names: (input: String, kernel: String)
    switch operatorName {
    case "aten::linear": names = ("input", "weight")
    case "aten::addmm": names = ("mat1", "mat2")
    default: return nil
    }
    func value(_ name: String) -> String? {
      if case .value(let value)? = inputs.first(where: { $0.name == name })?.value { value } else { nil }
    }
    // A product that is scaled is no layer.
    guard !inputs.contains(where: { ["alpha", "beta"].contains($0.name) }), let input = value(names.input),
      let kernel = value(names.kernel)
    else { return nil }
    return (input, kernel)
  }
}
