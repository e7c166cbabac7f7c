/// Operators found once, at their first use.
private enum Known {
  static let viewAs = Result { try Operator("aten::view", overload: "dtype") }
  static let differs = Result { try Operator("aten::ne", overload: "Tensor") }
  static let any = Result { try Operator("aten::any") }
}

extension Tensor {
  /// The first of several pairs whose tensors do not have the same bytes; nil where all have.
  ///
  /// On a GPU they are compared there, and what came out is read with one wait.
  ///
  /// - Parameter pairs: of one device, each of one shape and type.
  public static func firstDifference(in pairs: [(Tensor, Tensor)]) throws -> Int? {
    guard pairs.first?.0.device.isCUDA == true else { return try pairs.firstIndex { try $0.bytes() != $1.bytes() } }
    let differences = try withoutGradients {
      try pairs.map { try Known.any.get().tensor([.tensor($0.bits().elementsDiffering(from: $1.bits()))]) }
    }
    return try values(of: differences).firstIndex { $0 != 0 }
  }

  /// Its elements in a row, as integers of the same bytes: NaN is then equal to itself.
  private func bits() throws -> Tensor {
    let row = try reshaped([-1])
    let integer: DType =
      switch type?.byteCount {
      case 8: .int64
      case 4: .int32
      default: .uint8
      }
    return type == integer ? row : try Known.viewAs.get().tensor([.tensor(row), .dtype(integer)])
  }

  private func elementsDiffering(from other: Tensor) throws -> Tensor {
    try Known.differs.get().tensor([.tensor(self), .tensor(other)])
  }
}
