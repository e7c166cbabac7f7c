import CTorchInterface

extension ProcessGroup {
  /// Bytes of gradients that are summed at a time, unless told otherwise.
  public static let bucketSize = 4 << 20

  /// The gradients of a scalar, and some numbers beside, summed over all processes: while those of other inputs are still
  /// computed, in buckets from the last input to the first.
  ///
  /// - Parameters:
  ///   - loss: this process's; each one's own.
  ///   - inputs: tensors of one device that require gradients, in every process of the same shapes in the same order.
  ///   - numbers: this process's.
  ///   - bucketSize: bytes of gradients that are summed at a time.
  /// - Returns: one gradient an input, zeros where it takes no part in the loss of any process.
  /// - Throws: ``ProcessError/broken(operation:reason:)``, ``TorchError``.
  public func gradients(
    of loss: Tensor, by inputs: [Tensor], besides numbers: [Double], bucketSize: Int = bucketSize
  ) throws -> (gradients: [Tensor], numbers: [Double]) {
    let sums = try Tensor(numbers)
    var found = [OpaquePointer?](repeating: nil, count: inputs.count)
    let handles = inputs.map { Optional($0.handle) }
    try withExtendedLifetime((self, loss, inputs, sums)) {
      try attemptWithin(
        "gradients",
        table.processes_gradients(
          handle, loss.handle, handles, Int64(inputs.count), Int64(bucketSize), sums.handle, &found))
    }
    let gradients = try found.compactMap { try $0.map { try Tensor(taking: $0, operation: "gradients") } }
    return (gradients, try sums.array())
  }

  /// Batch normalization in training by the mean and the variance over the batches of all processes, with the gradient
  /// through both; running statistics change in place.
  ///
  /// `y = w (x − μ) / √(σ² + ε) + b` by channel, μ and σ² over all examples and places; the running variance takes the
  /// unbiased one.
  ///
  /// - Parameters:
  ///   - input: `[batch, channels, …]`; the batches of the processes may differ in their sizes.
  ///   - shares: what each example of the batch counts, where several processes have the same one; nil for 1.
  /// - Throws: ``ProcessError/broken(operation:reason:)``, ``TorchError``. On the way back ``failure(within:)`` tells them
  ///   apart.
  ///
  /// As `torch.nn.SyncBatchNorm`.
  public func batchNormalized(
    _ input: Tensor, weight: Tensor?, bias: Tensor?, runningMean: Tensor?, runningVariance: Tensor?, momentum: Double,
    epsilon: Double, shares: [Double]? = nil
  ) throws -> Tensor {
    var found: OpaquePointer?
    try withExtendedLifetime((self, input, weight, bias, runningMean, runningVariance)) {
      try attemptWithin(
        "batch_norm",
        table.processes_norm(
          handle, input.handle, weight?.handle, bias?.handle, runningMean?.handle, runningVariance?.handle, momentum,
          epsilon, shares, Int64(shares?.count ?? 0), &found))
    }
    return try Tensor(taking: found, operation: "batch_norm")
  }

  /// What other processes are to blame for in an error of gradients; else the error itself.
  public static func failure(within error: any Error) -> any Error {
    guard case TorchError.failed(_, let message) = error, message.contains(LT_BROKEN_EXCHANGE) else { return error }
    return ProcessError.broken(operation: "the sum", reason: message.replacing(LT_BROKEN_EXCHANGE, with: ""))
  }

  /// Of something that is not the processes' alone.
  func attemptWithin(_ operation: String, _ status: Int32) throws {
    do { try check(status, operation, table) } catch { throw Self.failure(within: error) }
  }
}
