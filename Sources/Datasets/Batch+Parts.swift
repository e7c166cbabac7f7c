import Torch

extension Batch {
  /// Some of the batch's examples, by their places in it.
  ///
  /// - Parameter places: in `0..<indices.count`.
  public func selecting(_ places: [Int]) throws -> Batch {
    let (labels, hostLabels) = (try self.labels, try self.hostLabels)
    let rows = try Tensor(places.map(Int64.init), device: labels.device)
    let tensors = Tensors(
      inputs: try inputs.map { ($0.name, try $0.tensor.selecting(rows, along: 0)) },
      labels: try labels.selecting(rows, along: 0),
      hostLabels: try hostLabels.selecting(Tensor(places.map(Int64.init)), along: 0))
    return Batch(indices: places.map { indices[$0] }, tensors: .success(tensors))
  }
}

extension Batches {
  /// Prepares batches of differing sizes: what one of several processes has of each batch.
  ///
  /// - Parameters:
  ///   - ranges: of each batch, the places in the order that it has.
  ///   - order: the examples, in the order in which they are taken.
  ///   - augmentation: as of batches of one size.
  /// - Throws: as of batches of one size.
  public init(
    split: Split, ranges: [Range<Int>], of order: [Int], augmentation: Augmentation? = nil, device: Device = .cpu
  ) throws {
    try augmentation?.transform.check(split)
    _ = try Tensor([0 as Int64], device: device)
    precondition(ranges.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= order.count }, "\(order.count) places")
    self.init(
      checked: split, batchSize: 1, order: order, dropsLast: false, augmentation: augmentation,
      device: BatchDevice(device: device), ranges: ranges)
  }
}
