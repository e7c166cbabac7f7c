/// What a process has of a batch that several share.
///
/// The parts of a batch are as even as can be, in the order of the processes. A batch that has fewer examples than there
/// are processes is computed whole by each, which then counts for its share of the sum: nothing is left out, nothing counts
/// twice, and no process has nothing to do.
struct BatchPart: Equatable {
  /// The places in the batch that this process has.
  let places: Range<Int>
  /// Examples of the whole batch.
  let batchCount: Int
  /// How many processes have just these examples: 1, but for a batch that each has whole.
  let copyCount: Int

  /// The whole of a batch, of a process by itself.
  init(whole count: Int) { (places, batchCount, copyCount) = (0..<count, count, 1) }

  init(of count: Int, rank: Int, processCount: Int) {
    batchCount = count
    guard count >= processCount else {
      (places, copyCount) = (0..<count, processCount)
      return
    }
    let (size, rest) = count.quotientAndRemainder(dividingBy: processCount)
    let first = rank * size + min(rank, rest)
    (places, copyCount) = (first..<first + size + (rank < rest ? 1 : 0), 1)
  }

  /// The parts of all batches of an epoch.
  static func ofEpoch(_ exampleCount: Int, batchSize: Int, rank: Int, processCount: Int) -> [BatchPart] {
    stride(from: 0, to: exampleCount, by: batchSize).map {
      BatchPart(of: min(batchSize, exampleCount - $0), rank: rank, processCount: processCount)
    }
  }

  /// Examples that this process computes.
  var count: Int { places.count }

  /// Whether others compute what this process does not: sums over the batch then need them.
  var isShared: Bool { count < batchCount }

  /// What a mean over this process's examples counts in the mean over the batch's, where the shares of all that do not
  /// have just the same add up to 1.
  var share: Double { isShared ? Double(count) / Double(batchCount) : 1 }

  /// What a sum of this process counts in the sum over all.
  var weight: Double { 1 / Double(copyCount) }
}
