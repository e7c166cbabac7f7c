import CTorchInterface

/// Runs `body` with gradient recording off on this thread. Synchronous: the mode belongs to the thread.
public func withoutGradients<Result>(_ body: () throws -> Result) throws -> Result {
  let table = try Library.table()
  let previous = table.set_gradient_mode(0)
  defer { _ = table.set_gradient_mode(previous) }
  return try body()
}

/// Whether this thread records what is computed, for gradients.
public func recordsGradients() throws -> Bool {
  let table = try Library.table()
  let mode = table.set_gradient_mode(0)
  _ = table.set_gradient_mode(mode)
  return mode != 0
}

/// Runs `body` with operators computing in less than float32 where libtorch holds that to be safe, on this thread.
///
/// - Parameter type: ``DType/bfloat16`` or ``DType/float16``; nil runs `body` as it is.
public func withMixedPrecision<Result>(
  on device: Device, in type: DType?, _ body: () throws -> Result
) throws -> Result {
  guard let type else { return try body() }
  let table = try Library.table()
  try check(table.set_mixed_precision(device.name, type.rawValue), "mixed precision", table)
  defer { _ = table.set_mixed_precision(device.name, -1) }
  return try body()
}

extension Tensor {
  /// Whether operators record what is computed from it, for ``backward()`` and ``gradients(of:keepsGraph:)``.
  public var requiresGradient: Bool {
    withExtendedLifetime(self) { table.requires_gradient(handle) != 0 }
  }

  /// Sets ``requiresGradient``.
  ///
  /// - Throws: ``TorchError/failed(operation:message:)`` for a tensor of integers.
  public func setRequiresGradient(_ required: Bool) throws {
    try withExtendedLifetime(self) {
      try check(table.set_requires_gradient(handle, required ? 1 : 0), "requires_grad", table)
    }
  }

  /// Accumulates the gradients of this scalar in the tensors that require one.
  public func backward() throws {
    try withExtendedLifetime(self) { try check(table.backward(handle), "backward", table) }
  }

  /// What ``backward()`` accumulated, nil before it.
  public func gradient() throws -> Tensor? {
    try withExtendedLifetime(self) {
      var found: OpaquePointer?
      try check(table.gradient(handle, &found), "grad", table)
      return try found.map { try Tensor(taking: $0, operation: "grad") }
    }
  }

  /// Forgets what ``backward()`` has accumulated.
  public func clearGradient() throws {
    try withExtendedLifetime(self) { try check(table.clear_gradient(handle), "grad", table) }
  }

  /// The gradients of this scalar by `inputs`; nil where an input does not take part in it.
  ///
  /// - Parameter keepsGraph: whether gradients of what shares this scalar's graph are asked for later.
  public func gradients(of inputs: [Tensor], keepsGraph: Bool = false) throws -> [Tensor?] {
    try withExtendedLifetime((self, inputs)) {
      var found = [OpaquePointer?](repeating: nil, count: inputs.count)
      let handles = inputs.map { Optional($0.handle) }
      try check(
        table.gradients(handle, handles, Int64(inputs.count), keepsGraph ? 1 : 0, &found), "gradients", table)
      return try found.map { handle in try handle.map { try Tensor(taking: $0, operation: "gradients") } }
    }
  }
}
