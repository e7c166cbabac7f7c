import Datasets
import Findings
import Models
import Torch

/// Measures a model against what it said when this was made, on examples that need no labels.
public struct ProxyMeter {
  private let task: String
  private let split: Split
  /// `[examples, classes]`, float32.
  private let reference: Tensor
  private static let batchSize = 256

  /// - Throws: ``EvaluationError`` where the examples do not fit the model.
  public init(of model: Model, task: String, on split: Split, dataset: String) throws {
    try model.checkInputs(of: split, dataset: dataset)
    self.task = task
    self.split = split
    reference = try Tensor.concatenated(try Self.logProbabilities(of: model, task: task, on: split))
  }

  /// How far the model agrees now; leaves the task's head in place.
  public func measure(_ model: Model) throws -> ProxyAgreement {
    let now = try Tensor.concatenated(try Self.logProbabilities(of: model, task: task, on: split))
    return try withoutGradients {
      let same = zip(
        try reference.argmax(along: 1).array(of: Int32.self), try now.argmax(along: 1).array(of: Int32.self)
      ).count { $0 == $1 }
      // float64, so that the sum over thousands of classes does not hide a small change.
      let (before, after) = (try reference.to(.float64), try now.to(.float64))
      let divergence = try before.exponential().multiply(try before.subtract(after)).sum().item()
      return ProxyAgreement(
        agreement: Double(same) / Double(split.count), divergence: divergence / Double(split.count), count: split.count)
    }
  }

  private static func logProbabilities(of model: Model, task: String, on split: Split) throws -> [Tensor] {
    try model.activate(task: task)
    return try withoutGradients {
      try Batches(split: split, batchSize: batchSize, device: model.device).map { batch in
        try model.run(try batch.modelInputs(for: model)).logits.logSoftmax(along: 1)
      }
    }
  }
}
