import Checkpoints
import Datasets
import Evaluation
import Findings
import Models
import Torch

extension Run {
  /// Measures the similarity of the layers of epoch 0 and of the epoch that the run stands for, and keeps it; nothing
  /// before any training.
  public mutating func measureSimilarity(on source: Dataset, device: Device) throws {
    guard case let last = chosenEpoch, last > 0 else { return }
    let before = try Model(Checkpoint(contentsOf: checkpointPath(epoch: 0)), device: device)
    let after = try Model(Checkpoint(contentsOf: checkpointPath(epoch: last)), device: device)
    try before.activateSameHead(as: after, preferring: record.state.gauge?.head ?? source.name)
    let layers = before.comparableLayers
    try store(
      LayerSimilarity(
        comparing: before, with: after, on: source.test, dataset: source.name, layersA: layers, layersB: layers))
  }
}

extension Model {
  /// Puts the same task's head in place here and in another model where both have one: `task`, else the one here.
  public func activateSameHead(as other: Model, preferring task: String) throws {
    guard let shared = [task, self.task].first(where: { heads[$0] != nil && other.heads[$0] != nil }) else { return }
    try activate(task: shared)
    try other.activate(task: shared)
  }

  /// The layers that are compared unless others are asked for: those with parameters.
  public var comparableLayers: [String] {
    program.layers.filter { !$0.parameterNames.isEmpty }.map(\.name)
  }
}
