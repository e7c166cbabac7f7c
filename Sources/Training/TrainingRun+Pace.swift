import Checkpoints
import Datasets
import Models

extension TrainingRun {
  /// Seconds that an epoch takes on this machine, its evaluation included, estimated from a few steps on a model that is
  /// then thrown away.
  public func secondsPerEpoch(from base: Checkpoint) throws -> Double {
    var plain = self
    plain.storesFrozenLayers = false
    let setup = try plain.setUp(Model(base, device: device), isCancelled: { false }, onEvent: { _ in })
    let examples = options.examples(of: target.train)
    let batches = try Batches(split: examples, batchSize: options.batchSize, device: device)
    let clock = ContinuousClock()
    var (measured, began) = (0, clock.now)
    for (number, batch) in batches.enumerated() {
      try setup.trainer.step(batch, epoch: 1)
      // The first step also makes room in memory.
      if number == 0, batches.batchCount > 1 { began = clock.now } else { measured += 1 }
      if measured == 10 || (measured > 1 && began.duration(to: clock.now) > .seconds(1)) { break }
    }
    let perBatch = began.duration(to: clock.now).seconds / Double(max(1, measured))
    let sample = target.test.selecting(Array(0..<min(target.test.count, 512)))
    began = clock.now
    _ = try Evaluator().evaluate(setup.model, on: sample, dataset: target.name)
    let perExample = began.duration(to: clock.now).seconds / Double(sample.count)
    return perBatch * Double(batches.batchCount) + perExample * Double(target.test.count + (source?.test.count ?? 0))
  }
}
