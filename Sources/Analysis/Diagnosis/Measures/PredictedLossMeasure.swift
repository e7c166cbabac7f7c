import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch

/// The source loss that each layer's drift is predicted to add: `½ Σ F (w − w⁰)²`, nats, with the Fisher information `F`
/// of the source at the model before.
///
/// Of classes, `F` is an expectation over the labels that the model itself gives, estimated from two labels an example
/// (``LabelDraw``); of other kinds of task it is taken at the labels that are right. The interval is over the examples, and
/// over the labels that are drawn with them.
///
/// It is the second term of the loss's expansion at a minimum: good for small steps, too large for long ones.
struct PredictedLossMeasure {
  private let models: ComparedModels

  init(_ models: ComparedModels) { self.models = models }

  /// By layer.
  ///
  /// - Parameters:
  ///   - sampleCount: source training examples that it is estimated from.
  ///   - labelCount: labels that are drawn for each; as many as there are take all of them.
  ///   - seed: of the draws of the labels; each example has its own.
  /// - Complexity: a backward pass for each label of each example.
  func losses(
    of units: [RewindUnit], sampleCount: Int = DiagnosisThresholds.informationExamples,
    labelCount: Int = LabelDraw.count, seed: UInt64 = 11
  ) throws -> [String: Estimate] {
    let (before, source) = (models.before, models.source)
    let weights = try withoutGradients { try MovedWeights(of: units, from: before, to: models.after) }
    var random = RandomSource(seed: 6)
    let sample = source.train.selecting(random.sample(sampleCount, of: source.train.count))
    var draws = RandomSource(seed: seed)
    let seeds = (0..<sample.count).map { _ in draws.next() }
    models.progress.begin("predicted loss", of: sample.count)
    for tensor in weights.tensors { try tensor.setRequiresGradient(true) }
    let terms = Result {
      try before.withHead(of: models.sourceTask) {
        var terms: [[Double]] = []
        for batch in models.pass.part(of: try Batches(split: sample, batchSize: 1, device: before.device)) {
          var draws = RandomSource(seed: seeds[batch.indices[0]])
          let outputs = try before.run(batch.modelInputs(for: before)).logits
          terms.append(try added(by: outputs, batch, weights, labelCount, &draws))
          models.progress.advanceTogether()
        }
        return terms
      }
    }
    for tensor in weights.tensors { try tensor.setRequiresGradient(false) }
    let own = try terms.get()
    // By unit: each one's terms are joined in the order of the examples.
    let found = try models.pass.joined(units.indices.map { unit in own.map { $0[unit] } })
    return Dictionary(
      uniqueKeysWithValues: units.enumerated().map { number, unit in
        let losses = found[number].map { $0 / 2 }
        var random = RandomSource(seed: 13)
        let interval = bootstrapInterval(ofMean: losses, using: &random)
        return (unit.name, Estimate(losses.reduce(0, +) / Double(losses.count), low: interval.low, high: interval.high))
      })
  }

  /// `Σ (∂ log p / ∂w)² (w − w⁰)²` of each unit, for one example.
  private func added(
    by outputs: Tensor, _ batch: Batch, _ weights: MovedWeights, _ labelCount: Int, _ draws: inout RandomSource
  ) throws -> [Double] {
    guard models.sourceKind.isClassification else {
      let loss = try models.sourceKind.loss(of: outputs, labels: batch.labels, settings: LossSettings())
      return try weights.squaredSlopes(of: loss, keepsGraph: false)
    }
    let logarithms = try outputs.widened().logSoftmax(along: 1)
    let probabilities = try logarithms.detached().exponential().array(of: Double.self)
    let terms = LabelDraw.terms(probabilities, count: labelCount, using: &draws)
    var sums = [Double](repeating: 0, count: weights.unitCount)
    for (number, term) in terms.enumerated() {
      let chosen = try logarithms.narrowed(along: 1, from: term.label, count: 1).sum()
      let squares = try weights.squaredSlopes(of: chosen, keepsGraph: number < terms.count - 1)
      for unit in sums.indices { sums[unit] += term.weight * squares[unit] }
    }
    return sums
  }
}

/// The weights of some units, and how far each moved.
private struct MovedWeights {
  let tensors: [Tensor]
  let unitCount: Int
  private let changes: [Tensor]
  /// Of each tensor.
  private let units: [Int]
  private let multiply: Operator
  private let lengths: Operator

  init(of units: [RewindUnit], from before: Model, to after: Model) throws {
    var (tensors, changes, numbers): ([Tensor], [Tensor], [Int]) = ([], [], [])
    for (number, unit) in units.enumerated() {
      for name in unit.names.sorted() {
        guard let start = before.parameters[name], let end = after.parameters[name] else { continue }
        tensors.append(start)
        changes.append(try end.subtract(start))
        numbers.append(number)
      }
    }
    (self.tensors, self.changes, self.units) = (tensors, changes, numbers)
    unitCount = units.count
    multiply = try Operator("aten::_foreach_mul_", overload: "List")
    lengths = try Operator("aten::_foreach_norm", overload: "Scalar")
  }

  /// `Σ (∂y/∂w)² (w − w⁰)²` of each unit.
  func squaredSlopes(of value: Tensor, keepsGraph: Bool) throws -> [Double] {
    var sums = [Double](repeating: 0, count: unitCount)
    guard !tensors.isEmpty else { return sums }
    let found = try value.gradients(of: tensors, keepsGraph: keepsGraph)
    let places = found.indices.filter { found[$0] != nil }
    guard !places.isEmpty else { return sums }
    return try withoutGradients {
      let slopes = found.compactMap { $0 }
      try multiply([.tensors(slopes), .tensors(places.map { changes[$0] })])
      let parts = try lengths([.tensors(slopes), .double(2)]).compactMap { result -> Tensor? in
        guard case .tensor(let length) = result else { return nil }
        return try length.to(.float64).reshaped([1])
      }
      for (place, length) in zip(places, try Tensor.concatenated(parts).array(of: Double.self)) {
        sums[units[place]] += length * length
      }
      return sums
    }
  }
}
