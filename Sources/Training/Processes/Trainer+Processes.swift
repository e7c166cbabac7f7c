import Datasets
import Evaluation
import Models
import Torch

extension Trainer {
  /// The process's part of each batch of an epoch.
  func parts(of exampleCount: Int) -> [BatchPart] {
    BatchPart.ofEpoch(
      exampleCount, batchSize: options.batchSize, rank: processes?.rank ?? 0, processCount: processes?.count ?? 1)
  }

  /// The batches of an epoch, of each this process's part.
  func batches(of order: [Int], _ parts: [BatchPart], _ augmentation: Augmentation) throws -> Batches {
    guard processes != nil else {
      return try Batches(
        split: split, batchSize: options.batchSize, order: order, augmentation: augmentation, device: model.device)
    }
    let ranges = parts.enumerated().map { number, part in
      let start = number * options.batchSize
      return start + part.places.lowerBound..<start + part.places.upperBound
    }
    return try Batches(split: split, ranges: ranges, of: order, augmentation: augmentation, device: model.device)
  }

  /// What the parts count together over all processes.
  ///
  /// - Parameter masses: of each part, what it counts.
  func total(of masses: [Double], _ parts: [BatchPart]) throws -> Double {
    let own = zip(masses, parts).reduce(0) { $0 + $1.0 * $1.1.weight }
    return try processes.map { try $0.group.sum([own])[0] } ?? own
  }

  /// Has every process begin an epoch with the weights and the running statistics of the one that leads.
  func beginTogether(epoch: Int) throws {
    guard let processes else { return }
    try processes.takeOver(wholeTrained + model.buffers.sorted { $0.key < $1.key }.map(\.value))
    try processes.seedDraws(options.seed, epoch: epoch)
  }

  /// Has every process judge what the one that leads judges: while the model is as it is judged.
  func judgeTogether() throws {
    guard let processes else { return }
    let parameters = trainable.adapters == nil ? [] : model.parameters.sorted { $0.key < $1.key }.map(\.value)
    try processes.takeOver(
      wholeTrained + parameters + model.buffers.sorted { $0.key < $1.key }.map(\.value))
  }

  /// This process's part of what a regularizer put beside a batch.
  func part(ofDrawn batch: Batch?) throws -> (batch: Batch, part: DrawnPart)? {
    guard let batch else { return nil }
    let count = batch.indices.count
    guard let processes, count >= processes.count else {
      return (batch, DrawnPart(places: Array(0..<count), drawnCount: count, copyCount: processes?.count ?? 1))
    }
    // Every so manieth, so that what stands first in a draw is shared as what stands last.
    let places = Array(stride(from: processes.rank, to: count, by: processes.count))
    return (try batch.selecting(places), DrawnPart(places: places, drawnCount: count, copyCount: 1))
  }

  /// Whose batches are normalized together; nil where each process normalizes its own.
  ///
  /// - Parameters:
  ///   - count: this process's examples of the batch.
  ///   - drawn: what is put beside it.
  func statistics(
    of part: BatchPart, _ count: Int, beside drawn: [(batch: Batch, part: DrawnPart)?]
  ) -> SharedStatistics? {
    guard let processes, options.sharesStatistics ?? false else { return nil }
    let shares =
      [Double](repeating: part.weight, count: count)
      + drawn.compactMap { $0 }.flatMap { [Double](repeating: $0.part.weight, count: $0.batch.indices.count) }
    return SharedStatistics(over: processes.group, shares: shares.allSatisfy { $0 == 1 } ? nil : shares)
  }

  /// The gradients of a step of one batch, and numbers beside them, over all processes.
  func summedGradients(of losses: Losses, _ numbers: [Double], by processes: DataParallel) throws -> DataParallel.Sums {
    let total = try scaled(losses.terms.compactMap { $0 }.reduce(losses.task) { try $0.add($1) })
    var result = [Tensor?](repeating: nil, count: trainable.tensors.count)
    let active = result.indices.filter { stages.entry[$0] <= progress.stage }
    let sums = try processes.group.gradients(of: total, by: active.map { trainable.tensors[$0] }, besides: numbers)
    for (index, gradient) in zip(active, sums.gradients) { result[index] = gradient }
    return DataParallel.Sums(tensors: try filled(result), numbers: sums.numbers)
  }

  /// Gradients as they are over all processes, to be measured; zeros where a process has none.
  func together(_ gradients: [Tensor?]) throws -> [Tensor?] {
    guard let processes else { return gradients }
    return try together(try filled(gradients), [], by: processes).tensors
  }

  /// Gradients of all trainable parameters over all processes, and numbers beside them. Those of parts were summed when they
  /// were made.
  func together(_ gradients: [Tensor], _ numbers: [Double], by processes: DataParallel) throws -> DataParallel.Sums {
    let indices = gradients.indices.filter { !isPart($0) }
    let sums = try processes.sum(indices.map { gradients[$0] }, numbers)
    var result = gradients
    for (index, sum) in zip(indices, sums.tensors) { result[index] = sum }
    return DataParallel.Sums(tensors: result, numbers: sums.numbers)
  }

  /// Of each trainable parameter, 0 where all its numbers are finite.
  func finiteMarks() throws -> [Double] {
    let own = try trainable.tensors.map { try $0.isFinite() ? 0.0 : 1 }
    return try trainable.partSums?.whole(own, of: Array(own.indices)) ?? own
  }

  /// The trainable parameters that every process has whole.
  private var wholeTrained: [Tensor] { trainable.tensors.indices.filter { !isPart($0) }.map { trainable.tensors[$0] } }

  private func isPart(_ index: Int) -> Bool { trainable.partSums?.isPart[index] ?? false }
}

/// What a process has of the examples that a regularizer drew for a batch.
struct DrawnPart {
  /// Places in the draw.
  let places: [Int]
  /// Examples of the draw.
  let drawnCount: Int
  /// How many processes have just these examples.
  let copyCount: Int

  /// What a mean over this process's examples counts in the mean over the draw.
  var share: Double { Double(places.count) / Double(max(1, drawnCount)) }
  /// What a sum of this process counts in the sum over all.
  var weight: Double { 1 / Double(copyCount) }
}

extension TrainingStep {
  /// The sum over all examples of the batch of a number that is a sum over this process's.
  func total(_ sum: Double) throws -> Double {
    guard let processes, part.isShared else { return sum }
    return try processes.group.sum([sum])[0]
  }

  /// All rows of the batch `[batch, …]`, of which the process's own have their graph.
  func gathered(_ rows: Tensor) throws -> Tensor {
    guard let processes, part.isShared else { return rows }
    let (others, first) = try withoutGradients { try processes.group.concatenated(rows.detached()) }
    let last = first + rows.shape[0]
    return try Tensor.concatenated([
      others.narrowed(from: 0, count: first), rows, others.narrowed(from: last, count: others.shape[0] - last),
    ])
  }

  /// A loss of the whole batch, as each process has it, made one whose weighted mean over the processes has that value and
  /// the sum of their gradients.
  func shared(_ loss: Tensor) throws -> Tensor {
    guard part.isShared else { return loss }
    let value = try loss.detached()
    return try loss.subtract(value).multiply(by: 1 / part.share).add(value)
  }
}
