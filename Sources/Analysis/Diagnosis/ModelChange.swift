import Findings
import Models
import Torch

/// Some tensors of a model in a new state.
struct ModelChange {
  /// Of parameters and buffers.
  var tensors: [String: Tensor] = [:]
  /// Of the source's head.
  var sourceHead: [String: Tensor] = [:]
}

extension ModelChange {
  /// This change, and another on top of it.
  func followed(by other: ModelChange) -> ModelChange {
    ModelChange(
      tensors: tensors.merging(other.tensors) { $1 }, sourceHead: sourceHead.merging(other.sourceHead) { $1 })
  }

  /// Its parameters and buffers that are named.
  func naming(_ names: Set<String>) -> ModelChange { ModelChange(tensors: tensors.filter { names.contains($0.key) }) }
}

extension ComparedModels {
  /// Runs `body` with a change made to the model after, then takes it back.
  func applying<Result>(_ change: ModelChange, _ body: () throws -> Result) throws -> Result {
    let head = after.heads[sourceTask]?.tensors ?? [:]
    let places =
      change.tensors.compactMap { name, value in (after.parameters[name] ?? after.buffers[name]).map { ($0, value) } }
      + change.sourceHead.compactMap { name, value in head[name].map { ($0, value) } }
    let kept = try places.map { ($0.0, try $0.0.detached().cloned()) }
    func put(_ values: [(Tensor, Tensor)]) throws {
      try withoutGradients { for (tensor, value) in values { try tensor.copyInPlace(from: value) } }
    }
    try put(places)
    let result = Swift.Result { try body() }
    try put(kept)
    return try result.get()
  }
}

extension ModelChange {
  /// The running statistics of the model after, measured anew on the source; nil where it has none.
  init?(reestimatingStatisticsOf models: ComparedModels) throws {
    let after = models.after
    let kept = try after.buffers.mapValues { try $0.cloned() }
    let layers = try after.reestimateNormalization(
      on: models.source.train, dataset: models.source.name, count: models.counts.statistics,
      processes: models.processes)
    guard !layers.isEmpty else { return nil }
    for (name, tensor) in after.buffers {
      tensors[name] = try tensor.cloned()
      if let old = kept[name] { try withoutGradients { try tensor.copyInPlace(from: old) } }
    }
  }
}
