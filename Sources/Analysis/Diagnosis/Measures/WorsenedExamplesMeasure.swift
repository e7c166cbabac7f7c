import Datasets
import Evaluation
import Findings
import Models
import Torch

/// The judged source examples whose own loss rose most, with what became of their tokens, pixels or numbers.
struct WorsenedExamplesMeasure {
  private let models: ComparedModels

  init(_ models: ComparedModels) { self.models = models }

  /// The worst first; nil where no example is known to have got worse: of a classifier's answers there are no losses.
  func examples() throws -> [WorsenedExample]? {
    let (before, after) = (try models.answersBefore(), try models.answersAfter().source)
    let (first, last) = ((0..<before.count).map(before.loss), (0..<after.count).map(after.loss))
    func rise(_ row: Int) -> Double { last[row] - first[row] }
    let worst = first.indices.filter { rise($0) > 0 }.sorted { rise($0) > rise($1) }
    guard !worst.isEmpty else { return nil }
    return try worst.prefix(DiagnosisThresholds.worstCount).map { row in
      WorsenedExample(
        index: models.sourceTestIndices[row], lossBefore: first[row], lossAfter: last[row], change: try change(of: row),
        picture: try models.picture(of: row))
    }
  }

  /// What became of an example; empty of a kind that has nothing to show.
  private func change(of row: Int) throws -> ExampleChange {
    let example = try Batches(split: models.sourceTest.selecting([row]), batchSize: 1, device: models.after.device)
      .makeIterator().next()
    guard let example,
      var change = try models.sourceKind.changes(
        from: outputs(of: models.before, on: example), to: outputs(of: models.after, on: example),
        labels: example.labels
      ).first
    else { return ExampleChange() }
    if let tokens = change.tokens, let texts = try models.source.tokenTexts(of: row, in: models.sourceTest) {
      change.tokens = zip(tokens, texts).compactMap { token, text in
        guard let text else { return nil }
        var token = token
        token.text = text
        return token
      }
    }
    return change
  }

  private func outputs(of model: Model, on batch: Batch) throws -> Tensor {
    try model.withHead(of: models.sourceTask) {
      try withoutGradients { try model.run(try batch.modelInputs(for: model)).logits.widened() }
    }
  }
}

extension ComparedModels {
  /// A judged source example's image, as stored; nil where its input is none.
  func picture(of position: Int) throws -> Picture? {
    guard let input = sourceTest.inputs.first(where: { $0.shape.count == 3 }) else { return nil }
    let bytes = try sourceTest.gather([position], of: input)
    var planes = bytes
    switch input.elementType {
    case .uint8: break
    case .float32:
      let values = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      guard let low = values.min(), let high = values.max(), low.isFinite, high.isFinite else { return nil }
      planes = values.map { UInt8(255 * ($0 - low) / max(high - low, 1e-12)) }
    default: return nil
    }
    return Picture(planes: planes, channels: input.shape[0], height: input.shape[1], width: input.shape[2])
  }
}
