import Datasets
import Evaluation
import Findings
import Foundation
import Models
import Torch

/// Which judged source examples were right before or are right now, but not both.
struct ChangedExamplesMeasure {
  private let models: ComparedModels

  init(_ models: ComparedModels) { self.models = models }

  /// Those whose class lost the most probability first; the first of those that went wrong with a picture.
  func examples() throws -> [ChangedExample] {
    guard models.sourceKind.isClassification else { return [] }
    let start = try models.outputsBefore().map(answers) ?? answers(of: models.before)
    let end = try models.outputsAfter().map(answers) ?? answers(of: models.after)
    let names = models.source.classNames
    let changed = models.sourceTest.labels.indices.compactMap { position -> (position: Int, example: ChangedExample)? in
      let label = Int(models.sourceTest.labels[position])
      let (first, last) = (start[position], end[position])
      guard (first.label == label) != (last.label == label) else { return nil }
      let example = ChangedExample(
        index: models.sourceTestIndices[position], label: names[label], before: names[first.label],
        after: names[last.label], confidenceBefore: first.confidence, confidenceAfter: last.confidence)
      return (position, example)
    }.sorted {
      $0.example.confidenceBefore - $0.example.confidenceAfter > $1.example.confidenceBefore
        - $1.example.confidenceAfter
    }
    return try changed.enumerated().map { place, entry in
      var example = entry.example
      if place < DiagnosisThresholds.pictureCount, example.isLost {
        example.picture = try models.picture(of: entry.position)
      }
      return example
    }
  }

  /// The likeliest class of each example, and the probability of the right one.
  private func answers(of model: Model) throws -> [(label: Int, confidence: Double)] {
    try model.withHead(of: models.sourceTask) {
      try withoutGradients {
        var found: [(label: Int, confidence: Double)] = []
        let batches = try Batches(split: models.sourceTest, batchSize: 512, device: model.device)
        for batch in models.pass.part(of: batches) {
          let labels = batch.indices.map { models.sourceTest.labels[$0] }
          found += try answers(of: model.run(try batch.modelInputs(for: model)).logits, labels: labels)
        }
        let all = try models.pass.joined([found.map { Double($0.label) }, found.map(\.confidence)])
        return zip(all[0], all[1]).map { (Int($0), $1) }
      }
    }
  }

  private func answers(of outputs: Tensor) throws -> [(label: Int, confidence: Double)] {
    try answers(of: outputs, labels: models.sourceTest.labels)
  }

  private func answers(of outputs: Tensor, labels: [Int32]) throws -> [(label: Int, confidence: Double)] {
    let logarithms = try outputs.logSoftmax(along: 1)
    let classCount = logarithms.shape[1]
    let values = try logarithms.array(of: Double.self)
    return labels.enumerated().map { row, label in
      let own = values[(row * classCount)..<((row + 1) * classCount)]
      let likeliest = own.indices.max { own[$0] < own[$1] }.map { $0 - own.startIndex } ?? 0
      return (likeliest, exp(own[own.startIndex + Int(label)]))
    }
  }
}
