import Foundation
import HDF5

/// The examples of one step, in the host's memory.
struct HostBatch: Sendable {
  let indices: [Int]
  let labels: Result<HostLabels, any Error>
  /// One after the other: the bytes of each of the split's inputs.
  ///
  /// A batch that cannot be had is thrown where its examples are asked for, in its turn.
  let inputs: Result<[[UInt8]], any Error>

  init(_ indices: [Int], of split: Split, augmentation: Augmentation? = nil) {
    self.indices = indices
    labels = Result { try HostLabels(indices, of: split) }
    inputs = Result {
      try split.inputs.map { input in
        guard let augmentation else { return try split.gather(indices, of: input) }
        return try augmentation.changed(indices, of: input, in: split)
      }
    }
  }
}

/// What is right of the examples of one step, in the host's memory.
enum HostLabels: Sendable {
  case classes([Int64])
  /// The bytes of the split's targets.
  case array([UInt8])

  init(_ indices: [Int], of split: Split) throws {
    self =
      try split.targets.map { .array(try split.gather(indices, of: $0)) }
      ?? .classes(indices.map { Int64(split.labels[$0]) })
  }
}

/// The examples of a split in batches, gathered on a thread of their own beside the step that uses them.
///
/// Images that are decoded when they are needed are decoded there, on all cores. What is in memory are the batches of the
/// queue, the one that is gathered and the one that is used.
///
/// Every iteration starts from the beginning of the order. Leaving a loop early ends its thread.
public struct Batches: Sequence, Sendable {
  let split: Split
  let device: BatchDevice
  private let batchSize: Int
  private let order: [Int]?
  private let count: Int
  private let augmentation: Augmentation?
  /// The places in the order that each batch has, where that is not as many as fit one after the other.
  private let ranges: [Range<Int>]?

  init(
    checked split: Split, batchSize: Int, order: [Int]?, dropsLast: Bool, augmentation: Augmentation?,
    device: BatchDevice, ranges: [Range<Int>]? = nil
  ) {
    precondition(batchSize > 0, "batch size \(batchSize)")
    if let order, let outside = order.first(where: { $0 < 0 || $0 >= split.count }) {
      preconditionFailure("example \(outside) of \(split.count)")
    }
    self.split = split
    self.batchSize = batchSize
    self.order = order
    self.augmentation = augmentation
    self.device = device
    self.ranges = ranges
    let exampleCount = order?.count ?? split.count
    count = dropsLast ? exampleCount - exampleCount % batchSize : exampleCount
  }

  /// Some of these batches, as they are.
  public func selecting(_ numbers: Range<Int>) -> Batches {
    Batches(
      checked: split, batchSize: batchSize, order: order, dropsLast: false, augmentation: augmentation, device: device,
      ranges: numbers.map(range))
  }

  /// The number of batches.
  public var batchCount: Int { ranges?.count ?? (count + batchSize - 1) / batchSize }

  public var underestimatedCount: Int { batchCount }

  /// Starts the thread that gathers the batches.
  public func makeIterator() -> Iterator { Iterator(self) }

  private func gathered(_ number: Int) -> Gathered {
    let host = hostBatch(number)
    return device.takesBatchesEarly ? .made(Batch(host, of: self)) : .inMemory(host)
  }

  /// What the thread that gathers hands over.
  fileprivate enum Gathered {
    case inMemory(HostBatch)
    case made(Batch)
  }

  private func range(_ number: Int) -> Range<Int> {
    ranges?[number] ?? number * batchSize..<Swift.min((number + 1) * batchSize, count)
  }

  func hostBatch(_ number: Int) -> HostBatch {
    let range = range(number)
    return HostBatch(order.map { Array($0[range]) } ?? Array(range), of: split, augmentation: augmentation)
  }

  /// Takes the batches in order, waiting for one that is not ready.
  public final class Iterator: IteratorProtocol {
    private let batches: Batches
    private let queue = BatchQueue(capacity: 2)
    private var taken = 0

    init(_ batches: Batches) {
      self.batches = batches
      guard batches.batchCount > 1 else { return }
      let thread = Thread { [queue] in
        for number in 0..<batches.batchCount {
          guard queue.put(batches.gathered(number)) else { return }
        }
      }
      thread.name = "lethe.batches"
      thread.start()
    }

    deinit { queue.cancel() }

    /// The next batch, its tensors made on the calling thread unless they go to a device; `nil` after the last.
    public func next() -> Batch? {
      guard taken < batches.batchCount else { return nil }
      taken += 1
      // One batch is gathered here: a thread would have nothing to run beside.
      switch batches.batchCount == 1 ? batches.gathered(0) : queue.take() {
      case .inMemory(let host): return Batch(host, of: batches)
      case .made(let batch): return batch
      }
    }
  }
}

/// A queue of bounded length between the thread that gathers and the one that steps.
///
/// Sendable because every access to its state is under its lock.
private final class BatchQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private let capacity: Int
  private var ready: [Batches.Gathered] = []
  private var isCancelled = false

  init(capacity: Int) { self.capacity = capacity }

  /// Adds a batch when there is room; false when nobody takes any more.
  func put(_ batch: Batches.Gathered) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while ready.count >= capacity && !isCancelled { condition.wait() }
    if isCancelled { return false }
    ready.append(batch)
    condition.signal()
    return true
  }

  func take() -> Batches.Gathered {
    condition.lock()
    defer { condition.unlock() }
    while ready.isEmpty { condition.wait() }
    let batch = ready.removeFirst()
    condition.signal()
    return batch
  }

  func cancel() {
    condition.lock()
    defer { condition.unlock() }
    isCancelled = true
    condition.signal()
  }
}
