import Datasets
import Findings
import Models
import Torch

/// Measures a model against what it said when this was made, on examples that need no labels; of those that have some, what
/// is left out does not count.
public struct ProxyMeter {
  private let task: String
  private let split: Split
  private let kind: any TaskKind
  private let meaning: OutputMeaning
  private let before: AnswersBefore
  private let batchSize: Int

  /// Numbers that the outputs of a batch may be: 64 MiB of float32.
  private static let mostOutputs = 1 << 24

  /// - Parameter kind: of the source's task, whose outputs are classes.
  /// - Throws: ``EvaluationError`` where the examples do not fit the model, or the outputs are no classes.
  public init(
    of model: Model, task: String, on split: Split, dataset: String, kind: any TaskKind = Classification()
  ) throws {
    try self.init(
      of: model, task: task, on: split, dataset: dataset, kind: kind, mostStored: AnswersBefore.mostStored)
  }

  /// - Parameter mostStored: bytes that stored answers take at most.
  init(
    of model: Model, task: String, on split: Split, dataset: String, kind: any TaskKind, mostStored: Int
  ) throws {
    guard let meaning = kind.outputMeaning, kind.canAgree else {
      throw EvaluationError.cannotAgree(kind: kind.words)
    }
    try model.checkInputs(of: split, dataset: dataset)
    try model.activate(task: task)
    let shape = try model.outputShape(on: split)
    (self.task, self.split, self.kind, self.meaning) = (task, split, kind, meaning)
    let size = max(1, min(256, Self.mostOutputs / max(1, shape.reduce(1, *))))
    batchSize = size
    guard AnswersBefore.byteCount(of: split.count, shape: shape) <= mostStored else {
      before = .model(try Model(model.checkpoint(epoch: 0), device: model.device))
      return
    }
    var parts: [Tensor] = []
    try withoutGradients {
      for batch in try Batches(split: split, batchSize: size, device: model.device) {
        parts.append(try meaning.reference(model.run(try batch.modelInputs(for: model)).logits.widened()))
      }
    }
    before = .stored(try withoutGradients { try Tensor.concatenated(parts) })
  }

  /// How far the model agrees now; leaves the task's head in place.
  public func measure(_ model: Model) throws -> ProxyAgreement {
    try model.activate(task: task)
    var (same, divergence, count) = (0.0, 0.0, 0.0)
    try withoutGradients {
      for batch in try Batches(split: split, batchSize: batchSize, device: model.device) {
        let inputs = try batch.modelInputs(for: model)
        // float64, so that the sum over thousands of classes does not hide a small change.
        let now = try meaning.reference(model.run(inputs).logits.widened()).to(.float64)
        let then = try before(batch.indices, inputs: inputs, as: meaning).to(.float64)
        var divergences = try meaning.divergences(from: then, to: now)
        var agreements = try meaning.agreements(of: now, with: then)
        count += Double(divergences.count)
        if let leftOut = try kind.leftOut(of: divergences, labels: batch.labels) {
          divergences = try divergences.filled(where: leftOut, with: 0)
          agreements = try agreements?.filled(where: leftOut, with: 0)
          count -= try leftOut.to(.float64).sum().item()
        }
        divergence += try divergences.sum().item()
        same += try agreements?.to(.float64).sum().item() ?? .nan
      }
    }
    return ProxyAgreement(
      agreement: same / count, divergence: divergence / count, count: split.count, places: kind.places)
  }
}

extension TaskKind {
  /// Whether two models can be said to agree on an example, or on parts of it, rather than to be near each other.
  public var canAgree: Bool { if case .classes? = outputMeaning { true } else { false } }
}
