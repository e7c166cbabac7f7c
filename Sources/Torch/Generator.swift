import CTorchInterface

/// A random generator of libtorch, passed to operators that draw.
public final class Generator: @unchecked Sendable {
  // Sendable: libtorch locks a generator while it is drawn from.
  let handle: OpaquePointer
  private let table: LTTable

  /// A generator of its own: equal seeds give equal numbers on equal devices.
  ///
  /// - Throws: ``TorchError`` for a device that this libtorch lacks.
  public init(seed: UInt64, device: Device = .cpu) throws {
    table = try Library.table()
    var created: OpaquePointer?
    try check(table.generator_create(device.name, seed, &created), "generator", table)
    guard let created else { throw TorchError.failed(operation: "generator", message: "no handle") }
    handle = created
  }

  /// The generator that operators draw from when they are given none: dropout's.
  public init(defaultOf device: Device) throws {
    table = try Library.table()
    var found: OpaquePointer?
    try check(table.default_generator(device.name, &found), "default generator", table)
    guard let found else { throw TorchError.failed(operation: "default generator", message: "no handle") }
    handle = found
  }

  deinit { table.generator_release(handle) }

  /// The generator's whole state, a `uint8` tensor.
  public func state() throws -> Tensor {
    var state: OpaquePointer?
    try check(table.generator_state(handle, &state), "generator state", table)
    return try Tensor(taking: state, operation: "generator state")
  }

  /// Goes on from what ``state()`` gave, of a generator of the same kind of device.
  public func setState(_ state: Tensor) throws {
    try withExtendedLifetime((self, state)) {
      try check(table.generator_set_state(handle, state.handle), "generator state", table)
    }
  }
}
