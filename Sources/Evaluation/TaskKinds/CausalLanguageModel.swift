import Datasets
import Findings
import Foundation
import Metrics
import Torch

/// Text of which every token is to be said from those before it.
///
/// Labels are the tokens themselves, moved by one here as `transformers` does with `labels=`: outputs at a place answer for the
/// label at the next one. A label of −100 is left out: padding, or a prompt.
public struct CausalLanguageModel: TaskKind {
  public let name = "causal-lm"
  public let words = "causal language model"
  public let scores = [Score.tokenLoss, .perplexity, .tokenAccuracy]

  /// The kind, which has nothing to set.
  public init() {}

  public func fits(_ form: TaskForm) -> Bool {
    form.hasIntegerLabels && form.labelShape.count == 1
      && form.outputShape.map { $0.count == 2 && $0[0] == form.labelShape[0] } ?? true
  }

  /// Outputs over the words that the model reads.
  public func isMeant(by form: TaskForm) -> Bool {
    fits(form) && form.outputShape?.last == form.vocabularyCount
  }

  /// A language model's words are its tokenizer's: no data alone say what its head should be.
  public func outputNames(of data: Dataset) -> [String]? { nil }

  public func fault(in values: [Double], form: TaskForm) -> String? {
    let words = values.dropFirst().filter { $0 != Double(Dataset.ignoredLabel) }
    guard !words.isEmpty else { return "has no token to predict: every label after the first is −100" }
    return classFault(in: Array(values), classCount: form.outputShape?.last, noun: "token")
  }

  public func loss(of outputs: Tensor, labels: Tensor, settings: LossSettings) throws -> Tensor {
    let next = try nextTokens(labels)
    let sum = try outputs.reshaped([-1, outputs.shape[2]])
      .crossEntropy(with: next.reshaped([-1]), labelSmoothing: settings.labelSmoothing, reduction: .sum)
    return try sum.divide(by: max(1, countOfClasses(in: next)))
  }

  public func mass(of labels: Tensor) throws -> Double { try countOfClasses(in: nextTokens(labels)) }

  public func sums(of outputs: Tensor, labels: Tensor) throws -> ExampleSums {
    try classSums(of: outputs, labels: nextTokens(labels), classAxis: 2)
  }

  public func values(of sums: ExampleSums, counting counts: [Int]?) -> TaskValues {
    let totals = sums.totals(counting: counts)
    let loss = totals[0] / totals[1]
    return TaskValues(loss: loss, scores: [loss, exp(loss), totals[2] / totals[1]])
  }

  /// The label at the next place; −100 at the last.
  ///
  /// The labels are moved, not the outputs: those are large, and would be copied.
  private func nextTokens(_ labels: Tensor) throws -> Tensor {
    let (count, length) = (labels.shape[0], labels.shape[1])
    let end = try Tensor(
      [Int64](repeating: Dataset.ignoredLabel, count: count), shape: [count, 1], device: labels.device)
    return try Tensor.concatenated([try labels.narrowed(along: 1, from: 1, count: length - 1), end], along: 1)
  }
}

extension Score {
  /// Mean cross-entropy of a token.
  public static let tokenLoss = Score(name: "nats_per_token", unit: .natsPerToken, direction: .down)
  /// The exponential of ``tokenLoss``.
  public static let perplexity = Score(name: "perplexity", unit: .number, direction: .down)
  /// The share of tokens that are the likeliest.
  public static let tokenAccuracy = Score(name: "token_accuracy", unit: .fraction, direction: .up)
}
