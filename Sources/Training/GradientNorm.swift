import Torch

/// Operators found once, at their first use.
private enum Known {
  static let norm = Result { try Operator("aten::_foreach_norm", overload: "Scalar") }
  static let scale = Result { try Operator("aten::_foreach_mul_", overload: "Scalar") }
  static let scaleByTensor = Result { try Operator("aten::_foreach_mul_", overload: "Tensor") }
  static let addNumber = Result { try Operator("aten::add", overload: "Scalar") }
  static let clampAbove = Result { try Operator("aten::clamp_max") }
  static let replaceNaN = Result { try Operator("aten::nan_to_num") }
}

/// Scales gradients, in place, so that their Euclidean norm together is at most `limit`, as
/// `torch.nn.utils.clip_grad_norm_` does.
///
/// - Parameter whole: given the square of each gradient's norm, that of the whole gradient where a process has a part of it.
/// - Returns: the norm before.
@discardableResult
func clip(
  _ gradients: [Tensor], toNorm limit: Double, whole: (_ squares: [Double]) throws -> [Double] = { $0 }
) throws -> Double {
  try withoutGradients {
    let squares = try Known.norm.get()([.tensors(gradients), .double(2)]).map { result in
      guard case .tensor(let norm) = result else { return 0.0 }
      let value = try norm.item()
      return value * value
    }
    let total = try whole(squares).reduce(0, +).squareRoot()
    let factor = limit / (total + 1e-6)
    if factor < 1 { try Known.scale.get()([.tensors(gradients), .double(factor)]) }
    return total
  }
}

/// As ``clip(_:toNorm:)``, of gradients on a GPU: the norm stays there, so that nothing waits for it.
func clipOnDevice(_ gradients: [Tensor], toNorm limit: Double) throws {
  guard !gradients.isEmpty else { return }
  try withoutGradients {
    let norms = try Known.norm.get()([.tensors(gradients), .double(2)]).compactMap { result in
      if case .tensor(let norm) = result { try norm.reshaped([1]) } else { nil }
    }
    let total = try Tensor.concatenated(norms).to(.float64).squared().sum().squareRoot()
    let ratio = try Known.addNumber.get().tensor([.tensor(total), .double(1e-6)]).dividing(limit)
    let factor = try Known.clampAbove.get().tensor([.tensor(ratio), .double(1)])
    // Where no norm is a number the gradients stay what they are.
    let known = try Known.replaceNaN.get().tensor([.tensor(factor), .double(1)])
    try Known.scaleByTensor.get()([.tensors(gradients), .tensor(known.to(.float32))])
  }
}
