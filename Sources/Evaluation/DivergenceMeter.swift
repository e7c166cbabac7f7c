import Datasets
import Findings
import Metrics
import Models
import Torch

/// Measures how far the answers of one head moved from what they were when this was made, on examples that need no labels;
/// of those that have some, what is left out does not count.
public struct DivergenceMeter {
  /// What has an answer of its own within an example, as `tokens`; nil where an example has one.
  public let places: String?
  /// What a divergence is counted in.
  public let unit: OutputDivergence.Unit
  /// How many examples are asked about.
  public var count: Int { split.count }

  /// What one measurement came to, a number an example.
  struct Sums {
    var divergences: [Double] = []
    /// How many places say the same as before; NaN where answers are numbers.
    var agreements: [Double] = []
    var counts: [Double] = []

    /// Takes in what the other processes measured.
    mutating func join(_ pass: SharedPass) throws {
      let all = try pass.joined([divergences, agreements, counts])
      (divergences, agreements, counts) = (all[0], all[1], all[2])
    }
  }

  private let task: String
  private let split: Split
  private let labelKind: any TaskKind
  private let meaning: OutputMeaning
  private let known: KnownOutputs
  private let before: AnswersBefore
  private let batchSize: Int

  /// Numbers that the outputs of a batch may be: 64 MiB of float32.
  private static let mostOutputs = 1 << 24

  /// - Parameters:
  ///   - model: as it is before training.
  ///   - task: the head that is asked.
  ///   - kind: of the task that the head is for: it says what the outputs are.
  ///   - labelKind: what the labels of the examples are: it says which places are left out.
  ///   - knownCount: asks the first outputs alone, of a head that got more; nil for all.
  ///   - shape: of one example's outputs; found out by two examples when nil.
  /// - Throws: ``EvaluationError/cannotAgree(kind:)`` for a kind of which two answers cannot be compared, and the errors of
  ///   models and data, where the examples do not fit.
  public init(
    of model: Model, task: String, on split: Split, dataset: String, kind: any TaskKind, labelKind: any TaskKind,
    knownCount: Int? = nil, shape: [Int]? = nil
  ) throws {
    try self.init(
      of: model, task: task, on: split, dataset: dataset, kind: kind, labelKind: labelKind,
      knownCount: knownCount, shape: shape, mostStored: AnswersBefore.mostStored)
  }

  /// - Parameter mostStored: bytes that stored answers take at most.
  init(
    of model: Model, task: String, on split: Split, dataset: String, kind: any TaskKind, labelKind: any TaskKind,
    knownCount: Int? = nil, shape: [Int]? = nil, mostStored: Int
  ) throws {
    guard let meaning = kind.outputMeaning else { throw EvaluationError.cannotAgree(kind: kind.words) }
    try model.checkInputs(of: split, dataset: dataset)
    let active = model.task
    try model.activate(task: task)
    defer { try? model.activate(task: active) }
    let shape = try shape ?? model.outputShape(on: split)
    (self.task, self.split, self.labelKind, self.meaning) = (task, split, labelKind, meaning)
    (places, unit) = (kind.answeredPlaces, meaning == .numbers ? .squares : .nats)
    let known = KnownOutputs(count: knownCount, axis: meaning.classAxis ?? 1)
    self.known = known
    let size = max(1, min(256, Self.mostOutputs / max(1, shape.reduce(1, *))))
    batchSize = size
    guard AnswersBefore.byteCount(of: split.count, shape: shape) <= mostStored else {
      before = .model(try Model(model.checkpoint(epoch: 0), device: model.device))
      return
    }
    var parts: [Tensor] = []
    try withoutGradients {
      for batch in try Batches(split: split, batchSize: size, device: model.device) {
        let outputs = try model.run(try batch.modelInputs(for: model)).logits.widened()
        parts.append(try meaning.reference(known.of(outputs)))
      }
    }
    before = .stored(try withoutGradients { try Tensor.concatenated(parts) })
  }

  /// How far the answers are from those before.
  ///
  /// - Parameter processes: those that measure together, each with a meter like this one; nil for one by itself.
  public func measure(_ model: Model, by processes: ProcessGroup? = nil) throws -> OutputDivergence {
    finding(of: try sums(model, by: processes))
  }

  func sums(_ model: Model, by processes: ProcessGroup? = nil) throws -> Sums {
    var sums = Sums()
    let pass = SharedPass(over: processes)
    try withoutGradients {
      try model.withHead(of: task) {
        let batches = try Batches(split: split, batchSize: batchSize, device: model.device)
        for batch in pass.part(of: batches) {
          let inputs = try batch.modelInputs(for: model)
          try add(batch, inputs, outputs: model.run(inputs).logits, to: &sums)
        }
        try pass.evenOut(batches, on: model)
      }
    }
    try sums.join(pass)
    return sums
  }

  /// Evaluates a task on the examples that are asked about, and measures how far the answers are from those before: in
  /// one pass through what the two heads share.
  ///
  /// - Parameters:
  ///   - task: whose head is judged.
  ///   - kind: of that task.
  ///   - processes: as ``measure(_:by:)`` has it.
  public func measure(
    _ model: Model, evaluating task: String, dataset: String, kind: any TaskKind, by processes: ProcessGroup? = nil
  ) throws -> (result: EvaluationResult, divergence: OutputDivergence) {
    var sums = Sums()
    // A batch may need more runs than one, which processes with fewer batches would have to know.
    let processes = model.sharding == nil ? processes : nil
    let result = try model.withHead(of: task) {
      let evaluator = Evaluator(batchSize: batchSize, processes: processes)
      return try evaluator.evaluate(model, on: split, dataset: dataset, kind: kind) { batch in
        let inputs = try batch.modelInputs(for: model)
        let isOther = task != self.task
        let run = try model.run(inputs, capturesHeadInput: isOther)
        var own = run.logits
        if isOther, let head = model.heads[self.task] {
          own =
            try run.headInput.map { try model.logits(of: $0, head: head.tensors) }
            ?? model.withHead(of: self.task) { try model.run(inputs).logits }
        }
        try add(batch, inputs, outputs: own, to: &sums)
        return run.logits
      }
    }
    try sums.join(SharedPass(over: processes))
    return (result, finding(of: sums))
  }

  private func finding(of sums: Sums) -> OutputDivergence {
    let mean = RatioInterval(sums: sums.divergences, counts: sums.counts, within: 0 ... .infinity)
    return OutputDivergence(
      value: mean.value, low: mean.low, high: mean.high, count: count, places: places, unit: unit)
  }

  private func add(_ batch: Batch, _ inputs: [String: Tensor], outputs: Tensor, to sums: inout Sums) throws {
    // float64, so that the sum over thousands of classes does not hide a small change.
    let now = try meaning.reference(known.of(outputs.widened())).to(.float64)
    let then = try before(batch.indices, inputs: inputs, as: meaning, taking: known.of).to(.float64)
    var divergences = try meaning.divergences(from: then, to: now)
    var agreements = try meaning.agreements(of: now, with: then)?.to(.float64)
    let count = batch.indices.count
    func byExample(_ values: Tensor) throws -> [Double] {
      try values.to(.float64).reshaped([count, -1]).sum(along: [1]).array(of: Double.self)
    }
    var counts = [Double](repeating: Double(divergences.count / count), count: count)
    if let leftOut = try labelKind.leftOut(of: divergences, labels: batch.labels) {
      divergences = try divergences.filled(where: leftOut, with: 0)
      agreements = try agreements?.filled(where: leftOut, with: 0)
      counts = zip(counts, try byExample(leftOut)).map { $0 - $1 }
    }
    sums.divergences += try byExample(divergences)
    sums.agreements += try agreements.map(byExample) ?? Array(repeating: .nan, count: count)
    sums.counts += counts
  }
}
