import Checkpoints
import Datasets
import Metrics
import Models
import Torch

/// A model's score on one split of one task.
public struct Evaluation: Sendable {
  /// Fraction of examples whose most probable class is the right one.
  public var accuracy: Double
  /// Mean cross-entropy, nats.
  public var loss: Double
  /// The most probable class of each example, in the split's order.
  public var predictions: [Int32]
  public var labels: [Int32]

  public var count: Int { labels.count }
  public var isCorrect: [Bool] { zip(predictions, labels).map(==) }
}

/// Evaluates a model with the head that is in place.
public struct Evaluator {
  public var batchSize: Int

  public init(batchSize: Int = 512) { self.batchSize = batchSize }

  /// - Throws: ``TrainingError`` where the data does not fit the model.
  public func evaluate(_ model: Model, on split: Split, dataset: String) throws -> Evaluation {
    try model.checkInputs(of: split, dataset: dataset)
    var predictions: [Int32] = []
    predictions.reserveCapacity(split.count)
    var loss = 0.0
    try withoutGradients {
      for batch in try Batches(split: split, batchSize: batchSize, device: model.device) {
        let logits = try model.run(try batch.modelInputs(for: model)).logits
        loss += try logits.crossEntropy(with: batch.labels, reduction: .sum).item()
        predictions += try logits.argmax(along: 1).array(of: Int32.self)
      }
    }
    let labels = split.labels
    let correct = zip(predictions, labels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    let count = Double(max(1, split.count))
    return Evaluation(
      accuracy: Double(correct) / count, loss: loss / count, predictions: predictions, labels: labels)
  }
}

extension Batch {
  /// The inputs on the model's device, images normalized as the model was trained.
  public func modelInputs(for model: Model) throws -> [String: Tensor] {
    var prepared: [String: Tensor] = [:]
    for (name, tensor) in inputs {
      let wantsFloats = model.program.inputs.first { $0.name == name }?.elementType == "float32"
      if wantsFloats {
        prepared[name] = try model.preprocessing.map { try tensor.preprocessed(by: $0) } ?? tensor.to(.float32)
      } else {
        prepared[name] = tensor
      }
    }
    return prepared
  }
}

extension Model {
  /// - Throws: ``TrainingError/inputMismatch(input:expected:found:dataset:)`` or
  ///   ``TrainingError/missingInput(input:dataset:)``.
  public func checkInputs(of split: Split, dataset: String) throws {
    for input in program.inputs {
      guard let array = split.inputs.first(where: { $0.name == input.name }) else {
        throw TrainingError.missingInput(input: input.name, dataset: dataset)
      }
      let expected = Array(input.shape.dropFirst())
      let fits = expected.count == array.shape.count && zip(expected, array.shape).allSatisfy { $0 < 0 || $0 == $1 }
      guard fits else {
        throw TrainingError.inputMismatch(
          input: input.name, expected: expected, found: array.shape, dataset: dataset)
      }
    }
  }
}
