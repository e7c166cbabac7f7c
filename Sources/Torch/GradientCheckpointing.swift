import CTorchInterface

/// What `calls` gives, of which nothing but the inputs is kept for the way back: there it is computed again, with
/// gradients, and forgotten.
///
/// What it draws from the device's generator is drawn again as it was, and mixed precision is that of the first time.
/// Gradients reach `inputs` alone: whatever else `calls` reads must need none.
///
/// Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
///
/// - Parameters:
///   - inputs: tensors that require gradients, or may.
///   - generator: what `calls` draws from; nil where it draws nothing.
///   - calls: told the inputs, detached the second time, and whether it is that. As often as gradients are asked for, on
///     the thread that goes the way back. The number of its outputs is the same each time; their values too.
/// - Throws: what `calls` throws. On the way back it is ``TorchError/failed(operation:message:)`` of the gradients.
public func gradientCheckpointed(
  _ inputs: [Tensor], drawingFrom generator: Generator?,
  _ calls: @escaping (_ inputs: [Tensor], _ isAgain: Bool) throws -> [Tensor]
) throws -> [Tensor] {
  let table = try Library.table()
  let computation = try Computation(generator, calls)
  var description = LTComputation(
    context: Unmanaged.passRetained(computation).toOpaque(),
    run: { context, isAgain, inputs, count, sink, give in
      guard let context, let give else { return 1 }
      let computation = Unmanaged<Computation>.fromOpaque(context).takeUnretainedValue()
      let handles = (0..<Int(count)).map { inputs?[$0] }
      return computation.run(handles, isAgain: isAgain != 0) { give(sink, $0) }
    },
    release: { context in if let context { Unmanaged<Computation>.fromOpaque(context).release() } })
  let outputs = Received()
  let status = withExtendedLifetime((inputs, outputs)) {
    table.checkpointed(
      inputs.map { Optional($0.handle) }, Int64(inputs.count), &description,
      Unmanaged.passUnretained(outputs).toOpaque()
    ) { sink, handle in
      guard let sink else { return }
      Unmanaged<Received>.fromOpaque(sink).takeUnretainedValue().handles.append(handle)
    }
  }
  let tensors = try outputs.handles.map { try Tensor(taking: $0, operation: "gradient checkpointing") }
  if let failure = computation.failure { throw failure }
  try check(status, "gradient checkpointing", table)
  return tensors
}

/// Handles that nobody owns yet.
private final class Received {
  var handles: [OpaquePointer?] = []
}

/// Calls that are made again as they were made first.
private final class Computation {
  private let calls: ([Tensor], Bool) throws -> [Tensor]
  private let generator: Generator?
  private let stateBefore: Tensor?
  /// Why they failed the first time.
  private(set) var failure: (any Error)?

  init(_ generator: Generator?, _ calls: @escaping ([Tensor], Bool) throws -> [Tensor]) throws {
    self.generator = generator
    self.calls = calls
    stateBefore = try generator?.state()
  }

  /// Returns 0, or what tells how they failed.
  func run(_ handles: [OpaquePointer?], isAgain: Bool, _ give: (OpaquePointer) -> Void) -> Int32 {
    do {
      let inputs = try handles.map { try Tensor(taking: $0, operation: "gradient checkpointing") }
      let outputs = try isAgain ? replayed { try calls(inputs, true) } : calls(inputs, false)
      withExtendedLifetime(outputs) { for output in outputs { give(output.handle) } }
      return 0
    } catch {
      if !isAgain { failure = error }
      if case TorchError.outOfMemory = error { return LT_OUT_OF_MEMORY }
      return 1
    }
  }

  private func replayed<Result>(_ body: () throws -> Result) throws -> Result {
    guard let generator, let stateBefore else { return try body() }
    let now = try generator.state()
    try generator.setState(stateBefore)
    let result = Swift.Result { try body() }
    try generator.setState(now)
    return try result.get()
  }
}
