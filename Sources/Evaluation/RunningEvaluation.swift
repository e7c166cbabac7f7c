import Datasets
import Findings
import Metrics
import Torch

/// What a model's outputs on a split come to, batch by batch.
struct RunningEvaluation {
  private let kind: any TaskKind
  private let measuresConfidence: Bool
  /// Of classes, by batch. They are read together, so that a GPU is waited for once.
  private var losses: [Tensor] = []
  private var answers: [Tensor] = []
  /// Of classes, what several processes came to; nil of one by itself.
  private var shared: (losses: [Double], answers: [Int32])?
  /// Of other kinds.
  private var sums: ExampleSums?
  private var confidences: ConfidenceSums?

  init(_ kind: any TaskKind, measuresConfidence: Bool) {
    self.kind = kind
    self.measuresConfidence = measuresConfidence
  }

  /// Adds a batch's outputs, in float32 at least.
  mutating func add(_ outputs: Tensor, labels: Tensor) throws {
    if kind.isClassification {
      losses.append(try outputs.crossEntropy(with: labels, reduction: .sum))
      answers.append(try outputs.argmax(along: 1))
    } else {
      let own = try kind.sums(of: outputs, labels: labels)
      if sums == nil { sums = own } else { sums?.append(own) }
    }
    guard measuresConfidence, let own = try kind.classAnswers(of: outputs, labels: labels)?.sums() else { return }
    if confidences == nil { confidences = own } else { confidences?.append(own) }
  }

  /// How many lists there are of ``lists()``.
  static let listCount = 6

  /// What was added; of several processes, each list is joined with those of the others, in the examples' order.
  func lists() throws -> [[Double]] {
    // A process without a batch does not know how many numbers an example has.
    [
      try Tensor.values(of: losses), try ownAnswers().map(Double.init), [Double(sums?.width ?? 0)], sums?.values ?? [],
      [Double(confidences?.rows.width ?? 0)], confidences?.rows.values ?? [],
    ]
  }

  /// Takes the lists of all processes in the place of its own.
  mutating func take(_ all: [[Double]]) {
    func rows(_ widths: [Double], _ values: [Double]) -> ExampleSums? {
      widths.max().flatMap { $0 > 0 ? ExampleSums(width: Int($0), values: values) : nil }
    }
    if kind.isClassification { shared = (all[0], all[1].map { Int32($0) }) }
    sums = rows(all[2], all[3])
    confidences = rows(all[4], all[5]).flatMap { ConfidenceSums($0) }
  }

  private func ownAnswers() throws -> [Int32] {
    answers.isEmpty ? [] : try Tensor.concatenated(answers).array(of: Int32.self)
  }

  /// - Parameter split: all of whose examples were added.
  func result(of split: Split) throws -> EvaluationResult {
    var result: EvaluationResult
    if kind.isClassification {
      let loss = try (shared?.losses ?? Tensor.values(of: losses)).reduce(0, +)
      let predictions = try shared?.answers ?? ownAnswers()
      let labels = split.labels
      let correct = zip(predictions, labels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
      let count = Double(max(1, split.count))
      result = EvaluationResult(
        accuracy: Double(correct) / count, loss: loss / count, predictions: predictions, labels: labels)
    } else {
      result = EvaluationResult(kind, sums: sums ?? ExampleSums(width: 1))
    }
    result.confidences = confidences
    return result
  }
}
