import Checkpoints
import Datasets
import Findings
import Metrics
import Models
import Torch

/// A model's score on one split of one task.
public struct EvaluationResult: Sendable {
  /// What models of the task are judged by, and its value; NaN where it was not measured.
  public var scored: ScoredTask
  /// The most probable class of each example, in the split's order; none where labels are of another kind.
  public var predictions: [Int32]
  /// The right class of each example, in the split's order; likewise.
  public var labels: [Int32]
  /// What each example adds to the score; nil where only answers are known.
  public var sums: ExampleSums?
  /// How many examples it is of.
  public var count: Int
  /// What each example adds to how much the model's confidence is worth; nil where that was not asked for, and of kinds
  /// without probabilities of classes.
  public var confidences: ConfidenceSums? {
    didSet { scored.confidence = confidences?.scores }
  }

  /// The score's value.
  public var value: Double { scored.value }
  /// Mean loss; of classes the cross-entropy, in nats.
  public var loss: Double { scored.loss }
  /// Of an epoch that nobody asked for.
  public static let unmeasured = EvaluationResult(accuracy: .nan, loss: .nan, predictions: [], labels: [])

  /// A classifier's result; `predictions` and `labels` are in the same order.
  public init(accuracy: Double, loss: Double, predictions: [Int32], labels: [Int32]) {
    scored = ScoredTask(.accuracy, accuracy, loss: loss)
    self.predictions = predictions
    self.labels = labels
    sums = nil
    count = labels.count
  }

  /// A result of any kind of task, from what each example adds.
  public init(_ kind: any TaskKind, sums: ExampleSums) {
    self.init(kind, kind.values(of: sums, counting: nil), sums: sums)
  }

  /// A result whose values are known.
  ///
  /// - Parameters:
  ///   - values: as ``TaskKind/values(of:counting:)`` gives them.
  ///   - sums: what each example adds, where it is known.
  public init(
    _ kind: any TaskKind, _ values: TaskValues, predictions: [Int32] = [], labels: [Int32] = [],
    sums: ExampleSums? = nil
  ) {
    let further = zip(kind.scores, values.scores).dropFirst().map { MeasuredScore($0, $1) }
    scored = ScoredTask(kind.score, values.scores[0], loss: values.loss, further: further)
    self.predictions = predictions
    self.labels = labels
    self.sums = sums
    count = sums?.count ?? labels.count
  }

  /// Which examples are right, in the split's order: what paired tests compare.
  public var isCorrect: [Bool] { zip(predictions, labels).map(==) }

  /// What each example adds to the score, of classes from which are right alone: what intervals and paired tests need.
  public var answers: ExampleSums { sums ?? Classification.sums(isCorrect: isCorrect) }

  /// What is said of it.
  public var finding: ScoredExamples { ScoredExamples(scored, count: count) }
}

extension Model {
  /// Evaluates with a task's head, then puts the one back that was there.
  ///
  /// - Throws: ``EvaluationError`` where the data does not fit the model, `ModelError` without such a head.
  public func evaluation(
    task: String, on split: Split, dataset: String, kind: any TaskKind = Classification(),
    processes: ProcessGroup? = nil
  ) throws -> EvaluationResult {
    try withHead(of: task) {
      try Evaluator(processes: processes).evaluate(self, on: split, dataset: dataset, kind: kind)
    }
  }
}

/// Evaluates a model with the head that is in place.
public struct Evaluator {
  /// Examples that go through the model at a time, fewer where their outputs are large; the score does not depend on it,
  /// but for rounding.
  public var batchSize: Int
  /// Whether what the model's confidence is worth is measured too, of kinds with probabilities of classes.
  public var measuresConfidence: Bool
  /// Those that evaluate together, each the same models on the same examples, in the same order; every one has the results.
  /// Nil for one by itself.
  public var processes: ProcessGroup?
  /// Numbers that the outputs of a batch may be: 128 MiB of float32.
  private static let mostOutputs = 1 << 25

  /// An evaluator; larger batches need more memory.
  public init(batchSize: Int = 512, measuresConfidence: Bool = false, processes: ProcessGroup? = nil) {
    self.batchSize = batchSize
    self.measuresConfidence = measuresConfidence
    self.processes = processes
  }

  /// - Throws: ``EvaluationError`` where the data does not fit the model.
  public func evaluate(
    _ model: Model, on split: Split, dataset: String, kind: any TaskKind = Classification()
  ) throws -> EvaluationResult {
    try evaluate(model, on: split, dataset: dataset, kind: kind) { batch in
      try model.run(try batch.modelInputs(for: model)).logits
    }
  }

  /// Evaluates several versions of a model; what they have in common from the input on is computed once for each batch.
  ///
  /// - Parameters:
  ///   - replacements: tensors in the place of the model's own, in all versions.
  ///   - versions: of each the tensors in the place of these.
  ///   - onExamples: told how many more examples a version has answered in this process.
  /// - Returns: one a version.
  /// - Throws: ``EvaluationError`` where the data does not fit the model.
  public func evaluate(
    _ model: Model, replacing replacements: [String: Tensor] = [:], versions: [[String: Tensor]], on split: Split,
    dataset: String, kind: any TaskKind = Classification(), onExamples: (Int) -> Void = { _ in }
  ) throws -> [EvaluationResult] {
    try model.checkInputs(of: split, dataset: dataset)
    func begun() -> [RunningEvaluation] {
      versions.map { _ in RunningEvaluation(kind, measuresConfidence: measuresConfidence) }
    }
    func add(_ batches: Batches, _ numbers: [Int], to evaluations: inout [RunningEvaluation]) throws {
      let own = numbers.map { versions[$0] }
      for batch in batches where !own.isEmpty {
        let labels = try batch.labels
        try model.run(try batch.modelInputs(for: model), replacing: replacements, versions: own) { number, logits in
          try evaluations[numbers[number]].add(logits.widened(), labels: labels)
          onExamples(batch.indices.count)
        }
      }
    }
    let pass = SharedPass(over: processes)
    let division = pass.division(of: try batches(of: split, for: model, kind: kind), pieces: versions.indices)
    var (evaluations, rest) = (begun(), begun())
    try withoutGradients {
      try add(division.whole, Array(versions.indices), to: &evaluations)
      if let (batch, numbers) = division.rest { try add(batch, numbers, to: &rest) }
    }
    if processes != nil { try Self.join(&evaluations, rest, pass) }
    return try evaluations.map { try $0.result(of: split) }
  }

  /// - Parameter rest: of the last batches, which each has several processes.
  private static func join(
    _ evaluations: inout [RunningEvaluation], _ rest: [RunningEvaluation], _ pass: SharedPass
  ) throws {
    let all = try pass.joined((evaluations + rest).flatMap { try $0.lists() })
    let size = RunningEvaluation.listCount
    for number in evaluations.indices {
      let (first, last) = (number * size, (number + rest.count) * size)
      evaluations[number].take((0..<size).map { all[first + $0] + all[last + $0] })
    }
  }

  /// - Parameter outputs: what the model says of a batch.
  func evaluate(
    _ model: Model, on split: Split, dataset: String, kind: any TaskKind, outputs: (Batch) throws -> Tensor
  ) throws -> EvaluationResult {
    try model.checkInputs(of: split, dataset: dataset)
    var evaluation = RunningEvaluation(kind, measuresConfidence: measuresConfidence)
    let pass = SharedPass(over: processes)
    let batches = try batches(of: split, for: model, kind: kind)
    try withoutGradients {
      for batch in pass.part(of: batches) { try evaluation.add(outputs(batch).widened(), labels: batch.labels) }
    }
    try pass.evenOut(batches, on: model)
    if processes != nil { evaluation.take(try pass.joined(evaluation.lists())) }
    return try evaluation.result(of: split)
  }

  private func batches(of split: Split, for model: Model, kind: any TaskKind) throws -> Batches {
    guard !kind.isClassification else { return try Batches(split: split, batchSize: batchSize, device: model.device) }
    let outputCount = try model.outputShape(on: split).reduce(1, *)
    let size = max(1, min(batchSize, Self.mostOutputs / max(1, outputCount)))
    return try Batches(split: split, batchSize: size, device: model.device)
  }
}
