import CTorchInterface

/// Adds `strength · importance · (weight − reference)` to each gradient in place, in one pass over memory.
///
/// - Parameters:
///   - gradients: written; shapes as `weights`.
///   - references: nil pulls toward zero.
///   - importances: nil weighs all alike, with 1.
/// - Returns: `Σ importance · (weight − reference)²` over all tensors, before any step; of tensors on a GPU it is still
///   to be read from there.
public func pullGradients(
  _ gradients: [Tensor], of weights: [Tensor], toward references: [Tensor]?, importances: [Tensor]? = nil,
  strength: Double
) throws -> PendingNumber {
  let table = try Library.table()
  precondition(gradients.count == weights.count && references?.count ?? weights.count == weights.count)
  precondition(importances?.count ?? weights.count == weights.count)
  return try withExtendedLifetime((gradients, weights, references, importances)) {
    var sum = 0.0
    var onDevice: OpaquePointer?
    func handles(_ tensors: [Tensor]?) -> [OpaquePointer?] { tensors?.map { Optional($0.handle) } ?? [] }
    // A null pointer, not a pointer to nothing, says that there are none.
    func pointer(_ buffer: UnsafeBufferPointer<OpaquePointer?>, _ tensors: [Tensor]?)
      -> UnsafePointer<OpaquePointer?>?
    { tensors == nil ? nil : buffer.baseAddress }
    let status = handles(references).withUnsafeBufferPointer { referenceHandles in
      handles(importances).withUnsafeBufferPointer { importanceHandles in
        table.pull_gradients(
          handles(gradients), handles(weights), pointer(referenceHandles, references),
          pointer(importanceHandles, importances), Int64(weights.count), strength, &sum, &onDevice)
      }
    }
    try check(status, "pull gradients", table)
    return try onDevice.map { PendingNumber(of: try Tensor(taking: $0, operation: "pull gradients")) }
      ?? PendingNumber(sum)
  }
}
