/// Operators found once, at their first use.
private enum Known {
  static let absolute = find("aten::abs")
  static let sign = find("aten::sign")
  static let squareRoot = find("aten::sqrt")
  static let exponential = find("aten::exp")
  static let clampBelow = find("aten::clamp_min")
  static let maximum = find("aten::max")
  static let addProduct = find("aten::addcmul_")
  static let narrow = find("aten::narrow")
  static let flatten = find("aten::flatten", "using_ints")
  static let softmax = find("aten::softmax", "int")
  static let logSoftmax = find("aten::log_softmax", "int")
  static let singularValues = find("aten::linalg_svdvals")
  static let qr = find("aten::linalg_qr")

  private static func find(_ name: String, _ overload: String = "") -> Result<Operator, any Error> {
    Result { try Operator(name, overload: overload) }
  }
}

// MARK: - Element by element

extension Tensor {
  /// |x| of each element.
  public func absolute() throws -> Tensor { try Known.absolute.get().tensor([.tensor(self)]) }

  /// −1, 0 or 1.
  public func sign() throws -> Tensor { try Known.sign.get().tensor([.tensor(self)]) }

  /// x² of each element.
  public func squared() throws -> Tensor { try multiply(self) }

  /// √x of each element; NaN below 0.
  public func squareRoot() throws -> Tensor { try Known.squareRoot.get().tensor([.tensor(self)]) }

  /// eˣ of each element.
  public func exponential() throws -> Tensor { try Known.exponential.get().tensor([.tensor(self)]) }

  /// The elements, none of them below `bound`.
  public func clamped(atLeast bound: Double) throws -> Tensor {
    try Known.clampBelow.get().tensor([.tensor(self), .double(bound)])
  }

  /// self += factor · first · second, in place.
  public func addProductInPlace(_ first: Tensor, _ second: Tensor, scaledBy factor: Double = 1) throws {
    try Known.addProduct.get()([.tensor(self), .tensor(first), .tensor(second), .double(factor)])
  }

  /// The largest element, a scalar.
  public func maximum() throws -> Tensor { try Known.maximum.get().tensor([.tensor(self)]) }
}

// MARK: - Along an axis

extension Tensor {
  /// `count` slices along an axis from `start` on, a view.
  public func narrowed(along axis: Int = 0, from start: Int, count: Int) throws -> Tensor {
    try Known.narrow.get().tensor([.tensor(self), .int(axis), .int(start), .int(count)])
  }

  /// All axes from `axis` on as one: `[batch, …]` to `[batch, width]`.
  public func flattened(from axis: Int = 1) throws -> Tensor {
    try Known.flatten.get().tensor([.tensor(self), .int(axis), .int(-1)])
  }

  /// `exp(x) / Σ exp(x)` along an axis: probabilities from logits.
  public func softmax(along axis: Int) throws -> Tensor {
    try Known.softmax.get().tensor([.tensor(self), .int(axis)])
  }

  /// The logarithm of ``softmax(along:)``, computed without its loss of digits.
  public func logSoftmax(along axis: Int) throws -> Tensor {
    try Known.logSoftmax.get().tensor([.tensor(self), .int(axis)])
  }
}

// MARK: - Linear algebra

extension Tensor {
  /// A matrix's singular values, the largest first; differentiable.
  public func singularValues() throws -> Tensor { try Known.singularValues.get().tensor([.tensor(self)]) }

  /// `R` of a matrix's `Q R`, `[min(rows, columns), columns]`, upper triangular.
  public func triangularFactor() throws -> Tensor {
    guard case .tensor(let factor)? = try Known.qr.get()([.tensor(self), .string("r")]).last else {
      throw TorchError.failed(operation: "aten::linalg_qr", message: "gave no triangle")
    }
    return factor
  }
}
