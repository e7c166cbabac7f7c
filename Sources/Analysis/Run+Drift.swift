import Checkpoints
import Evaluation
import Findings

extension Run {
  /// Measures the drift from epoch 0 to the epoch that the run stands for, and keeps it; nothing before any training.
  public mutating func measureDrift() throws {
    guard case let last = chosenEpoch, last > 0 else { return }
    try store(
      WeightDrift(
        before: Checkpoint(contentsOf: checkpointPath(epoch: 0)),
        after: Checkpoint(contentsOf: checkpointPath(epoch: last))))
  }
}
