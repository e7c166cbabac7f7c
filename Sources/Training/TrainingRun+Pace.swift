import Checkpoints
import Datasets
import Evaluation
import Models

/// How fast a machine trains a network.
public struct TrainingPace: Sendable {
  /// Seconds of an optimization step.
  public let step: Double
  /// Seconds of an epoch's steps.
  public let epoch: Double
  /// Seconds of evaluating the target's test examples.
  public let evaluation: Double
}

extension TrainingRun {
  /// How fast this machine trains the whole network, from a few steps on a model that is then thrown away. Frozen layers
  /// make it faster.
  public func pace(from base: Checkpoint) throws -> TrainingPace {
    let (division, model) = (try division(), try Model(base, device: device))
    var plain = try settled(for: model, division)
    plain.storesFrozenLayers = false
    let setup = try plain.setUp(model, division, isCancelled: { false }, onEvent: { _ in })
    let examples = setup.trainer.split
    let batches = try Batches(split: examples, batchSize: setup.trainer.options.batchSize, device: device)
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
    _ = try Evaluator().evaluate(setup.model, on: sample, dataset: target.name, kind: plain.kinds.target)
    let perExample = began.duration(to: clock.now).seconds / Double(sample.count)
    return TrainingPace(
      step: perBatch, epoch: perBatch * Double(batches.batchCount), evaluation: perExample * Double(target.test.count))
  }
}
