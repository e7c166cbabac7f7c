import CTorchInterface

extension ProcessGroup {
  /// How many elements of a tensor of so many each process has, where all have a part of it: as many as any other, so that the
  /// last ones have fillings.
  public func partSize(of count: Int) -> Int { (count + self.count - 1) / self.count }

  /// The places of this process's part among the elements of a tensor, row by row; the part's fillings have none.
  public func places(ofPartOf count: Int) -> Range<Int> {
    let size = partSize(of: count)
    return min(count, rank * size)..<min(count, (rank + 1) * size)
  }

  /// The whole of a tensor of which every process has a part, with its graph.
  ///
  /// On the way back each part has its own of the gradients' sum over all processes: these are summed then, and no more.
  ///
  /// - Parameters:
  ///   - part: `[partSize(of: count)]`, on the CPU; the elements row by row, by rank.
  ///   - shape: of the whole.
  /// - Throws: ``ProcessError/broken(operation:reason:)``, ``TorchError``. On the way back ``failure(within:)`` tells them
  ///   apart.
  ///
  /// Rajbhandari et al., "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models", 2020, stage 3; PyTorch's
  /// `FullyShardedDataParallel`.
  public func whole(_ part: Tensor, shape: [Int]) throws -> Tensor {
    var found: OpaquePointer?
    let sizes = shape.map(Int64.init)
    try withExtendedLifetime((self, part)) {
      try attemptWithin("gather", table.processes_whole(handle, part.handle, sizes, Int64(sizes.count), &found))
    }
    return try Tensor(taking: found, operation: "gather")
  }
}
