import CTorchInterface

/// An operator of libtorch's dispatcher, found once and called many times.
public struct Operator: @unchecked Sendable {
  // Sendable: the handle points to an immutable registration that lives as long as the process.
  /// The qualified name, as `aten::add`.
  public let name: String
  /// The overload, as `Tensor`; empty for the one without a name.
  public let overload: String
  private let handle: OpaquePointer
  private let table: LTTable

  /// Finds an operator by its qualified name, as `aten::add` with overload `Tensor`.
  ///
  /// - Throws: ``TorchError/failed(operation:message:)`` where this libtorch has no such operator.
  public init(_ name: String, overload: String = "") throws {
    table = try Library.table()
    var found: OpaquePointer?
    try check(table.operator_find(name, overload, &found), name, table)
    guard let found else { throw TorchError.failed(operation: name, message: "no handle") }
    handle = found
    self.name = name
    self.overload = overload
  }

  /// Finds an operator for a program that came from a file: one whose arguments nobody here wrote.
  ///
  /// Its schema is checked here, against the libtorch at hand: no `out=`, no storage, stream or quantizer, no text but
  /// for `textArguments`. Each call then refuses another layout than strided, element types that ``DType`` does not know,
  /// what would end the process or read outside of the tensors given (`CTorch/Guards.cpp`), and results of more than
  /// 2³³ elements. That is some comparisons a call; nothing of it reads a tensor's elements, but for the offsets of
  /// `embedding_bag`.
  ///
  /// - Throws: ``TorchError/failed(operation:message:)`` where this libtorch has no such operator, or with what about its
  ///   schema is refused.
  public init(guarded name: String, overload: String = "", textArguments: [String] = []) throws {
    table = try Library.table()
    var found: OpaquePointer?
    let texts = textArguments.joined(separator: " ")
    try check(table.operator_find_guarded(name, overload, texts, &found), name, table)
    guard let found else { throw TorchError.failed(operation: name, message: "no handle") }
    handle = found
    self.name = name
    self.overload = overload
  }

  /// The number of arguments in the operator's schema.
  public var argumentCount: Int { Int(table.operator_argument_count(handle)) }

  /// The position of a named argument in the schema.
  public func index(ofArgument name: String) -> Int? {
    let index = table.operator_argument_index(handle, name)
    return index < 0 ? nil : Int(index)
  }

  /// Calls the operator; arguments that are left out take the schema's defaults.
  ///
  /// - Throws: ``TorchError/failed(operation:message:)`` with libtorch's first line.
  @discardableResult
  public func callAsFunction(_ arguments: [OperatorValue]) throws -> [OperatorResult] {
    var arena = ArgumentArena()
    let encoded = arguments.map { arena.encode($0) }
    let listLength = arguments.reduce(8) { length, value in
      if case .tensors(let tensors) = value { length + tensors.count } else { length }
    }
    return try withUnsafeTemporaryAllocation(of: LTValue.self, capacity: max(listLength, 128)) { results in
      var count: Int64 = 0
      // The handles in `encoded` are borrowed from `arguments`, which must outlive the call.
      let status = withExtendedLifetime(arguments) {
        table.operator_call(
          handle, encoded, Int64(encoded.count), results.baseAddress, Int64(results.count), &count)
      }
      arena.free()
      let written = try (0..<Int(count)).map { try decode(results[$0]) }
      try check(status, name, table)
      return written
    }
  }

  /// Calls an operator whose only result is a tensor.
  public func tensor(_ arguments: [OperatorValue]) throws -> Tensor {
    guard case .tensor(let tensor)? = try self(arguments).first else {
      throw TorchError.failed(operation: name, message: "gave no tensor")
    }
    return tensor
  }

  private func decode(_ value: LTValue) throws -> OperatorResult {
    switch LTTag(rawValue: UInt32(value.tag)) {
    case LT_TENSOR: .tensor(try Tensor(taking: value.pointer.map { OpaquePointer($0) }, operation: name))
    case LT_INT: .int(Int(value.integer))
    case LT_DOUBLE: .double(value.real)
    case LT_BOOL: .bool(value.integer != 0)
    default: .none
    }
  }
}
