import Torch

extension Trainer {
  /// Gradients of the losses themselves: in float16 those of the scaled ones are given, and what is to be read is read.
  ///
  /// - Returns: nil where one is not finite, so that the step is to move nothing; it is counted then.
  /// - Throws: where that is so whatever the losses are scaled by.
  func unscaled(
    _ gradients: [Tensor], _ reading: inout StepReading, epoch: Int, factor: Double
  ) throws -> [Tensor]? {
    guard let scale = progress.lossScale else { return gradients }
    let (unscaled, mark) = try scale.unscaled(gradients)
    let own = try settle(&reading, with: mark.map(PendingNumber.init), epoch: epoch, factor: factor) ?? 0
    // Of sharded gradients each process has seen a part.
    let isFinite = try (model.sharding == nil ? own : processes?.group.sum([own])[0]) == 0
    progress.lossScale?.take(isFinite: isFinite)
    if isFinite { return unscaled }
    progress.stepCount += 1
    guard progress.lossScale?.isSpent != true else {
      throw TrainingError.gradientsNotFinite(epoch: epoch, step: progress.stepCount)
    }
    return nil
  }

  /// Reads what is still to be read of a step, all at once.
  ///
  /// - Parameter other: a number that is read with it.
  /// - Returns: that number.
  /// - Throws: where a loss is not finite.
  @discardableResult
  func settle(
    _ reading: inout StepReading, with other: PendingNumber? = nil, epoch: Int, factor: Double
  ) throws -> Double? {
    let unread = reading.unread
    let ratios = meter.unreadRatios.map { $0.ratio }
    let values = try PendingNumber.values(of: unread + ratios + [other].compactMap { $0 })
    meter.add(ratios: values[unread.count..<unread.count + ratios.count])
    try reading.take(values[..<unread.count]) { reading in
      // Of several processes all find it out together.
      if processes == nil { try checkFinite(reading, epoch: epoch, factor: factor) }
    }
    return other == nil ? nil : values.last
  }

  func checkFinite(_ reading: StepReading, epoch: Int, factor: Double) throws {
    let isDiverged = reading.penalties.contains { !$0.isFinite }
    guard !reading.loss.isFinite || isDiverged else { return }
    if reading.loss.isFinite { lastStep = (reading.loss, reading.penalties) }
    throw try diverged(epoch) ?? notFinite(reading.loss, epoch: epoch, factor: factor)
  }

  /// The regularizer that led away from the finite numbers: its penalty was far above the task's loss. Nil for none.
  private func diverged(_ epoch: Int) -> TrainingError? {
    guard let worst = lastStep.penalties.indices.first(where: { !(lastStep.penalties[$0] < 100 * lastStep.loss) })
    else { return nil }
    let name = regularizerNames[worst]
    return .regularizerDiverged(
      regularizer: name, penalty: lastStep.penalties[worst], loss: lastStep.loss, epoch: epoch,
      step: progress.stepCount)
  }

  private func notFinite(_ loss: Double, epoch: Int, factor: Double) throws -> TrainingError {
    let bad = try zip(trainable.names, finiteMarks()).first { $1 > 0 }
    return .notFinite(
      loss: loss, epoch: epoch, step: progress.stepCount,
      learningRate: (trainable.learningRates.max() ?? 0) * factor, firstBadParameter: bad?.0)
  }
}
