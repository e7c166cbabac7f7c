import Datasets
import Findings
import Metrics
import Torch

/// One class an example; the likeliest one is the answer.
public struct Classification: TaskKind {
  public let name = "classification"
  public let words = "classification"
  public let scores = [Score.accuracy]

  public let outputMeaning: OutputMeaning? = .classes(axis: 1)

  public let objectionToGrowth: String? = nil

  /// The kind, which has nothing to set.
  public init() {}

  public func fits(_ form: TaskForm) -> Bool {
    form.hasIntegerLabels && form.labelShape.isEmpty && form.outputShape.map { $0.count == 1 } ?? true
  }

  /// Of two classes that a single output tells apart, it is ``BinaryClassification``.
  public func isMeant(by form: TaskForm) -> Bool { fits(form) && !form.isYesOrNo }

  /// Classes are checked where data are put together.
  public func fault(in values: [Double], form: TaskForm) -> String? { nil }

  public let weighsClasses = true
  public let weighsByProbability = true

  public func labelCounts(in split: Split, of count: Int) -> [Int]? {
    split.labels.reduce(into: [Int](repeating: 0, count: count)) { $0[Int($1)] += 1 }
  }

  public func loss(of outputs: Tensor, labels: Tensor, settings: LossSettings) throws -> Tensor {
    guard !settings.weighsByProbability else { return try classLoss(of: outputs, labels: labels, settings: settings) }
    let (logits, labels) = try settings.classes?.taking(outputs, labels) ?? (outputs, labels)
    return try logits.crossEntropy(
      with: labels,
      classWeights: settings.classes.map { try $0.taking(weights: settings.classWeights) } ?? settings.classWeights,
      labelSmoothing: settings.labelSmoothing)
  }

  public func mass(of labels: Tensor) throws -> Double { Double(labels.count) }

  public func sums(of outputs: Tensor, labels: Tensor) throws -> ExampleSums {
    let losses = try outputs.crossEntropy(with: labels, reduction: .none).array(of: Double.self)
    let answers = try outputs.argmax(along: 1).array(of: Int64.self)
    let classes = try labels.array(of: Int64.self)
    return ExampleSums(
      width: 2, values: losses.indices.flatMap { [answers[$0] == classes[$0] ? 1 : 0, losses[$0]] })
  }

  public func classAnswers(of outputs: Tensor, labels: Tensor) throws -> ClassAnswers? {
    try ClassAnswers(scores: outputs, labels: labels)
  }

  public func values(of sums: ExampleSums, counting counts: [Int]?) -> TaskValues {
    let totals = sums.totals(counting: counts)
    let count = Double(max(1, counts?.reduce(0, +) ?? sums.count))
    return TaskValues(loss: totals[1] / count, scores: [totals[0] / count])
  }

  /// What right and wrong answers are as sums, where losses are not known.
  public static func sums(isCorrect: [Bool]) -> ExampleSums {
    ExampleSums(width: 2, values: isCorrect.flatMap { [$0 ? 1 : 0, .nan] })
  }

  /// McNemar's exact test, and the paired bootstrap of right and wrong.
  public func change(
    from before: ExampleSums, to after: ExampleSums, resamples: Int?, using random: inout RandomSource
  ) -> PairedChange {
    func isCorrect(_ sums: ExampleSums) -> [Bool] { (0..<sums.count).map { sums[$0].first == 1 } }
    let comparison = PairedComparison(before: isCorrect(before), after: isCorrect(after))
    let interval = comparison.bootstrapInterval(resamples: resamples ?? 10_000, using: &random)
    func share(_ sums: ExampleSums) -> Double { sums.totals()[0] / Double(max(1, sums.count)) }
    return PairedChange(
      before: share(before), after: share(after),
      loss: Estimate(-comparison.difference, low: -interval.high, high: -interval.low), pValue: comparison.pValue,
      worse: comparison.lost, better: comparison.gained, count: comparison.count)
  }
}
