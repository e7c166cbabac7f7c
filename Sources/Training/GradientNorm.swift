import Torch

/// Operators found once, at their first use.
private enum Known {
  static let norm = Result { try Operator("aten::_foreach_norm", overload: "Scalar") }
  static let scale = Result { try Operator("aten::_foreach_mul_", overload: "Scalar") }
}

/// Scales gradients, in place, so that their Euclidean norm together is at most `limit`, as
/// `torch.nn.utils.clip_grad_norm_` does.
///
/// - Returns: the norm before.
@discardableResult
func clip(_ gradients: [Tensor], toNorm limit: Double) throws -> Double {
  try withoutGradients {
    let norms = try Known.norm.get()([.tensors(gradients), .double(2)])
    let total = try norms.reduce(0.0) { sum, result in
      guard case .tensor(let norm) = result else { return sum }
      let value = try norm.item()
      return sum + value * value
    }.squareRoot()
    let factor = limit / (total + 1e-6)
    if factor < 1 { try Known.scale.get()([.tensors(gradients), .double(factor)]) }
    return total
  }
}
