import Checkpoints
import Datasets
import Findings
import Metrics
import Models
import Torch

/// A model's score on one split of one task.
public struct EvaluationResult: Sendable {
  /// Fraction of examples whose most probable class is the right one.
  public var accuracy: Double
  /// Mean cross-entropy, nats.
  public var loss: Double
  /// The most probable class of each example, in the split's order.
  public var predictions: [Int32]
  /// The right class of each example, in the split's order.
  public var labels: [Int32]

  /// How many examples it is of.
  public var count: Int { labels.count }
  /// Of an epoch that nobody asked for.
  public static let unmeasured = EvaluationResult(accuracy: .nan, loss: .nan, predictions: [], labels: [])

  /// A result; `predictions` and `labels` are in the same order.
  public init(accuracy: Double, loss: Double, predictions: [Int32], labels: [Int32]) {
    self.accuracy = accuracy
    self.loss = loss
    self.predictions = predictions
    self.labels = labels
  }

  /// Which examples are right, in the split's order: what paired tests compare.
  public var isCorrect: [Bool] { zip(predictions, labels).map(==) }
}

extension EvaluationResult {
  /// What is said of it.
  public var scored: ScoredExamples { ScoredExamples(ScoredTask(.accuracy, accuracy, loss: loss), count: count) }
}

extension Model {
  /// Evaluates with a task's head, then puts the one back that was there.
  ///
  /// - Throws: ``EvaluationError`` where the data does not fit the model, `ModelError` without such a head.
  public func evaluation(task: String, on split: Split, dataset: String) throws -> EvaluationResult {
    try withHead(of: task) { try Evaluator().evaluate(self, on: split, dataset: dataset) }
  }
}

/// Evaluates a model with the head that is in place.
public struct Evaluator {
  /// Examples that go through the model at a time; the score does not depend on it, but for rounding.
  public var batchSize: Int

  /// An evaluator; larger batches need more memory.
  public init(batchSize: Int = 512) { self.batchSize = batchSize }

  /// - Throws: ``EvaluationError`` where the data does not fit the model.
  public func evaluate(_ model: Model, on split: Split, dataset: String) throws -> EvaluationResult {
    try model.checkInputs(of: split, dataset: dataset)
    var predictions: [Int32] = []
    predictions.reserveCapacity(split.count)
    var loss = 0.0
    try withoutGradients {
      for batch in try Batches(split: split, batchSize: batchSize, device: model.device) {
        let logits = try model.run(try batch.modelInputs(for: model)).logits
        loss += try logits.crossEntropy(with: try batch.labels, reduction: .sum).item()
        predictions += try logits.argmax(along: 1).array(of: Int32.self)
      }
    }
    let labels = split.labels
    let correct = zip(predictions, labels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    let count = Double(max(1, split.count))
    return EvaluationResult(
      accuracy: Double(correct) / count, loss: loss / count, predictions: predictions, labels: labels)
  }
}
