import Datasets
import Evaluation
import Models
import Torch

/// What a classifier says of the judged source examples, and what its classifier makes it of.
struct ClassOutputs {
  /// `[examples, classes]`.
  let outputs: Tensor
  /// What enters the classifier, `[examples, width]`; nil where it has no one input, or that is many numbers.
  let headInputs: Tensor?
}

// Kept: answers, confidence and examples that changed are read from it, and a head that is fitted anew is judged by it.
extension ComparedModels {
  /// Numbers that are kept: 32 MiB of float32.
  private static let mostOutputs = 1 << 23

  /// Nil where they are no classes, or too many numbers.
  func classOutputs(of model: Model) throws -> ClassOutputs? {
    guard sourceKind.isClassification else { return nil }
    return try model.withHead(of: sourceTask) {
      guard try model.outputShape(on: sourceTest).reduce(1, *) * sourceTest.count <= Self.mostOutputs else {
        return nil
      }
      try model.checkInputs(of: sourceTest, dataset: source.name)
      return try withoutGradients {
        var parts: [String: [Tensor]] = [:]
        var keepsInputs = model.program.headProgram != nil
        let batches = try Batches(split: sourceTest, batchSize: evaluator.batchSize, device: model.device)
        for batch in pass.part(of: batches) {
          let run = try model.run(try batch.modelInputs(for: model), capturesHeadInput: keepsInputs)
          parts["outputs", default: []].append(try run.logits.widened())
          if let input = try run.headInput?.flattened(), input.shape[1] * sourceTest.count <= Self.mostOutputs {
            parts["inputs", default: []].append(input)
          } else {
            keepsInputs = false
          }
          progress.advanceTogether(by: batch.indices.count)
        }
        let all = try pass.joined(parts)
        guard let outputs = all["outputs"] else { return nil }
        let inputs = all["inputs"].flatMap { $0.shape[0] == sourceTest.count ? $0 : nil }
        return ClassOutputs(outputs: outputs, headInputs: inputs)
      }
    }
  }

  /// Which of them are right.
  func answers(of outputs: Tensor) throws -> Answers {
    let likeliest = try outputs.argmax(along: 1).array(of: Int32.self)
    return Answers(
      sourceKind, Classification.sums(isCorrect: zip(likeliest, sourceTest.labels).map(==)))
  }

  /// How sure they are; nil of a proxy, whose labels are none.
  func confidence(of outputs: Tensor) throws -> SourceConfidence? {
    guard !isProxy, outputs.count <= Self.mostProbabilities,
      let answers = try sourceKind.classAnswers(
        of: outputs, labels: Tensor(sourceTest.labels.map(Int64.init), device: outputs.device))
    else { return nil }
    let calibration = try answers.calibration()
    return SourceConfidence(
      calibration: calibration, counts: answers.counts, sums: calibration.sums(counts: answers.counts))
  }
}
