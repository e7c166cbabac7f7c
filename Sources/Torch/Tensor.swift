import CTorchInterface

/// A tensor of libtorch.
public final class Tensor: @unchecked Sendable {
  // Sendable: a handle counts references atomically. Writing to one tensor from two threads is the caller's mistake,
  // as it is in libtorch.
  let handle: OpaquePointer
  let table: LTTable

  init(taking handle: OpaquePointer?, operation: @autoclosure () -> String) throws {
    guard let handle else { throw TorchError.failed(operation: operation(), message: "gave no tensor") }
    self.handle = handle
    table = try Library.table()
  }

  deinit { table.tensor_release(handle) }

  /// A tensor with a copy of `bytes`, row-major.
  public convenience init(
    bytes: UnsafeRawBufferPointer, shape: [Int], type: DType, device: Device = .cpu
  ) throws {
    let expected = shape.reduce(type.byteCount, *)
    precondition(bytes.count == expected, "shape \(shape) of \(type) takes \(expected) bytes, found \(bytes.count)")
    let table = try Library.table()
    var created: OpaquePointer?
    let sizes = shape.map(Int64.init)
    try check(
      table.tensor_from_memory(bytes.baseAddress, sizes, Int64(sizes.count), type.rawValue, device.name, &created),
      "tensor of shape \(shape)", table)
    try self.init(taking: created, operation: "tensor from memory")
  }

  /// A tensor with a copy of the values, row-major; one axis where no shape is given.
  public convenience init<Element: TensorElement>(
    _ values: [Element], shape: [Int]? = nil, device: Device = .cpu
  ) throws {
    let shape = shape ?? [values.count]
    let table = try Library.table()
    precondition(shape.reduce(1, *) == values.count, "shape \(shape) does not hold \(values.count) values")
    var created: OpaquePointer?
    let sizes = shape.map(Int64.init)
    try values.withUnsafeBytes { bytes in
      try check(
        table.tensor_from_memory(
          bytes.baseAddress, sizes, Int64(sizes.count), Element.dtype.rawValue, device.name, &created),
        "tensor of shape \(shape)", table)
    }
    try self.init(taking: created, operation: "tensor from memory")
  }
}

extension Tensor {
  /// A tensor of the CPU on a device, which is not waited for; itself where that is the CPU.
  public func uploaded(to device: Device) throws -> Tensor {
    guard device != .cpu else { return self }
    return try withExtendedLifetime(self) {
      var uploaded: OpaquePointer?
      try check(table.tensor_upload(handle, device.name, &uploaded), "upload", table)
      return try Tensor(taking: uploaded, operation: "upload")
    }
  }
}

extension Tensor {
  /// The extent of each axis; empty for a scalar.
  public var shape: [Int] {
    withExtendedLifetime(self) {
      var sizes = [Int64](repeating: 0, count: Int(table.tensor_rank(handle)))
      table.tensor_shape(handle, &sizes)
      return sizes.map(Int.init)
    }
  }

  /// The number of elements.
  public var count: Int { withExtendedLifetime(self) { Int(table.tensor_count(handle)) } }

  /// The element type, nil for one that has no counterpart in ``DType`` (complex, quantized).
  public var type: DType? { withExtendedLifetime(self) { DType(rawValue: table.tensor_type(handle)) } }

  /// Where its memory is.
  public var device: Device {
    withExtendedLifetime(self) {
      var name = [CChar](repeating: 0, count: 32)
      guard table.tensor_device(handle, &name, 32) == 0 else { return .cpu }
      return Device(reported: String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
  }

  /// The elements, row-major, copied from the device.
  public func bytes() throws -> [UInt8] {
    let size = count * (try knownType().byteCount)
    return try [UInt8](unsafeUninitializedCapacity: size) { buffer, written in
      try copyBytes(into: buffer.baseAddress, count: size)
      written = size
    }
  }

  /// The elements as Swift values, converted where the tensor's type is another.
  public func array<Element: TensorElement>(of type: Element.Type = Element.self) throws -> [Element] {
    let source = self.type == Element.dtype ? self : try to(Element.dtype)
    let count = count
    return try [Element](unsafeUninitializedCapacity: count) { buffer, written in
      try source.copyBytes(into: buffer.baseAddress, count: count * MemoryLayout<Element>.stride)
      written = count
    }
  }

  /// The value of a tensor with one element.
  public func item() throws -> Double {
    let values = try array(of: Double.self)
    guard let value = values.first, values.count == 1 else {
      throw TorchError.failed(operation: "item", message: "expected one element, found shape \(shape)")
    }
    return value
  }

  private func knownType() throws -> DType {
    guard let type else { throw TorchError.failed(operation: "bytes", message: "unsupported element type") }
    return type
  }

  private func copyBytes(into target: UnsafeMutableRawPointer?, count: Int) throws {
    try withExtendedLifetime(self) {
      try check(table.tensor_copy_bytes(handle, target, Int64(count)), "read tensor", table)
    }
  }
}
