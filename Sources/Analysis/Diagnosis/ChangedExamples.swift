import Datasets
import Evaluation
import Foundation
import Models
import Torch
import Training

/// A source example that fine-tuning made wrong, or right.
public struct ChangedExample: Sendable {
  /// Its place among the source's test examples.
  public let index: Int
  /// Its place among the examples that were looked at.
  let position: Int
  /// Its class, from 0.
  public let label: Int
  /// The likeliest class before and after.
  public let before: Int
  public let after: Int
  /// The probability of its class before and after.
  public let confidenceBefore: Double
  public let confidenceAfter: Double

  public var isLost: Bool { before == label }
}

extension JudgedPair {
  /// The source examples that were right before or are right now, but not both: those whose class lost the most
  /// probability first.
  public func changedExamples() throws -> [ChangedExample] {
    let (start, end) = (try answers(of: before), try answers(of: after))
    return sourceTest.labels.indices.compactMap { position -> ChangedExample? in
      let label = Int(sourceTest.labels[position])
      let (first, last) = (start[position], end[position])
      guard (first.label == label) != (last.label == label) else { return nil }
      return ChangedExample(
        index: sourceTestIndices[position], position: position, label: label, before: first.label, after: last.label,
        confidenceBefore: first.confidence, confidenceAfter: last.confidence)
    }.sorted { $0.confidenceBefore - $0.confidenceAfter > $1.confidenceBefore - $1.confidenceAfter }
  }

  /// An example's image, as stored; nil where its input is none.
  public func image(of example: ChangedExample) -> (planes: [UInt8], channels: Int, height: Int, width: Int)? {
    guard let input = sourceTest.inputs.first(where: { $0.shape.count == 3 }) else { return nil }
    let bytes = sourceTest.gather([example.position], of: input)
    var planes = bytes
    switch input.elementType {
    case .uint8: break
    case .float32:
      let values = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      guard let low = values.min(), let high = values.max(), low.isFinite, high.isFinite else { return nil }
      planes = values.map { UInt8(255 * ($0 - low) / max(high - low, 1e-12)) }
    default: return nil
    }
    return (planes, input.shape[0], input.shape[1], input.shape[2])
  }

  /// The likeliest class of each example, and the probability of the right one.
  private func answers(of model: Model) throws -> [(label: Int, confidence: Double)] {
    try model.withHead(of: sourceTask) { try Self.answers(of: model, on: sourceTest) }
  }

  private static func answers(of model: Model, on split: Split) throws -> [(label: Int, confidence: Double)] {
    try withoutGradients {
      var found: [(label: Int, confidence: Double)] = []
      for batch in try Batches(split: split, batchSize: 512, device: model.device) {
        let logarithms = try model.run(try batch.modelInputs(for: model)).logits.logSoftmax(along: 1)
        let classCount = logarithms.shape[1]
        let values = try logarithms.array(of: Double.self)
        for (row, index) in batch.indices.enumerated() {
          let own = values[(row * classCount)..<((row + 1) * classCount)]
          let likeliest = own.indices.max { own[$0] < own[$1] }.map { $0 - own.startIndex } ?? 0
          found.append((likeliest, exp(own[own.startIndex + Int(split.labels[index])])))
        }
      }
      return found
    }
  }
}
