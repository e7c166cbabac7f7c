import Datasets
import Findings
import Foundation
import Metrics
import Torch

/// Text of which every token is to be said from those before it.
///
/// Labels are the tokens themselves, moved by one here as `transformers` does with `labels=`: outputs at a place answer for the
/// label at the next one. A label of −100 is left out: padding, or a prompt.
///
/// Where the data say what bytes their tokens stand for, bits a byte are `Σ loss / (ln 2 · Σ bytes)` over the tokens that are
/// to be said: a figure that models with other tokenizers have too. An end token has a loss and no bytes.
public struct CausalLanguageModel: TaskKind {
  public let name = "causal-lm"
  public let words = "causal language model"
  /// Bytes of text of each token; nil where they are not known.
  private let byteCounts: [Int32]?
  private let countsBytes: Bool

  /// A kind that nothing of the data is known of.
  public init() { self.init(byteCounts: nil, countsBytes: false) }

  private init(byteCounts: [Int32]?, countsBytes: Bool) {
    self.byteCounts = byteCounts
    self.countsBytes = countsBytes
  }

  public var scores: [Score] {
    [.tokenLoss, .perplexity, .tokenAccuracy] + (countsBytes ? [.bitsPerByte] : [])
  }

  /// Byte counts are the text's own only where any text can be written with the tokens.
  public func bound(to data: Dataset) -> any TaskKind {
    guard let vocabulary = data.vocabulary, vocabulary.isExact else { return CausalLanguageModel() }
    return CausalLanguageModel(
      byteCounts: (0..<vocabulary.count).map { Int32(vocabulary.byteCount(of: $0)) }, countsBytes: true)
  }

  public func reading(sumsOfWidth width: Int) -> any TaskKind {
    CausalLanguageModel(byteCounts: nil, countsBytes: width > 3)
  }

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
    let counts = [form.outputShape?.last, byteCounts?.count].compactMap { $0 }
    return classFault(in: Array(values), classCount: counts.min(), noun: "token")
  }

  public var widensOutputs: Bool { true }
  public let weighsByProbability = true
  public var objectionToGrowth: String? {
    "its words are its tokenizer's, and data add none: it keeps the head it has"
  }

  public func loss(of outputs: Tensor, labels: Tensor, settings: LossSettings) throws -> Tensor {
    try classLoss(
      of: outputs.reshaped([-1, outputs.shape[2]]), labels: nextTokens(labels).reshaped([-1]), settings: settings)
  }

  public func mass(of labels: Tensor) throws -> Double { try countOfClasses(in: nextTokens(labels)) }

  public var outputMeaning: OutputMeaning? { .classes(axis: 2) }
  public var places: String? { "tokens" }

  public func isCounted(_ labels: Tensor) throws -> Tensor? {
    try nextTokens(labels).equals(Int(Dataset.ignoredLabel)).negated()
  }

  public var refitsFromHead: Bool { true }

  /// The summed loss, how many tokens are to be said and how many are; then how many bytes they stand for.
  public func sums(of outputs: Tensor, labels: Tensor) throws -> ExampleSums {
    let sums = try classSums(of: outputs, labels: nextTokens(labels), classAxis: 2)
    guard let byteCounts else { return sums }
    let (tokens, length) = (try labels.array(of: Int64.self), labels.shape[1])
    return ExampleSums(
      width: 4,
      values: (0..<sums.count).flatMap { row -> [Double] in
        let own = tokens[row * length..<(row + 1) * length].dropFirst()
        let bytes = own.reduce(0) { $0 + (byteCounts.indices.contains(Int($1)) ? Int(byteCounts[Int($1)]) : 0) }
        return Array(sums[row]) + [Double(bytes)]
      })
  }

  public func values(of sums: ExampleSums, counting counts: [Int]?) -> TaskValues {
    let totals = sums.totals(counting: counts)
    let loss = totals[0] / totals[1]
    let scores = [loss, exp(loss), totals[2] / totals[1]]
    guard countsBytes else { return TaskValues(loss: loss, scores: scores) }
    let bits = sums.width > 3 && totals[3] > 0 ? totals[0] / (log(2) * totals[3]) : .nan
    return TaskValues(loss: loss, scores: scores + [bits])
  }

  /// The token to be said next, at every place.
  public func probeTargets(of labels: Tensor) throws -> ProbeTargets? { .classes(try nextTokens(labels)) }

  /// How likely each token is, from those before it.
  public func changes(from before: Tensor, to after: Tensor, labels: Tensor) throws -> [ExampleChange] {
    let (count, length) = (labels.shape[0], labels.shape[1])
    let next = try nextTokens(labels).reshaped([-1])
    let said = try [before, after].map { try SaidClasses($0.reshaped([-1, $0.shape[2]]), labels: next) }
    let tokens = try labels.array(of: Int64.self)
    return (0..<count).map { row in
      ExampleChange(
        tokens: (row * length..<(row + 1) * length).map { place in
          guard place > row * length, tokens[place] != Dataset.ignoredLabel else { return TokenChange() }
          return TokenChange(
            probabilityBefore: said[0].probabilities[place - 1], probabilityAfter: said[1].probabilities[place - 1])
        })
    }
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
  /// Cross-entropy of a text by its length in bytes, whatever its tokens.
  public static let bitsPerByte = Score(name: "bits_per_byte", unit: .bits, direction: .down)
  /// The share of tokens that are the likeliest.
  public static let tokenAccuracy = Score(name: "token_accuracy", unit: .fraction, direction: .up)
}
