import Datasets
import Evaluation
import Models
import Torch

/// How much each weight matters to a task, estimated from examples.
public struct ImportanceEstimate {
  /// What is averaged over examples, or batches of them.
  public enum Measure: String, Sendable {
    /// Fisher information, the expectation taken over the model's own labels: mean over examples of
    /// `Σ_c p_c (∂log p_c/∂w)²`. One backward pass for each class of each example; the least likely classes, together
    /// less than 1/10,000, are left out.
    case exact
    /// The same with the true labels: mean over examples of `(∂log p_y/∂w)²`. It vanishes where the loss does.
    case empirical
    /// Mean over batches of the square of the batch's mean gradient, as Avalanche computes it.
    case batched
    /// Mean over examples of `|∂‖logits‖²/∂w|`.
    case outputSensitivity = "output sensitivity"
  }

  /// How it was measured.
  public let measure: Measure
  /// One tensor a parameter, in the parameters' shapes.
  public let values: [Tensor]
  /// How many examples it was estimated from.
  public let sampleCount: Int

  /// Estimates how much parameters matter to the task whose head is in place; the model runs in evaluation.
  ///
  /// - Parameters:
  ///   - parameters: tensors of the model that require gradients.
  ///   - kind: of the task; ``Measure/exact`` is for classification alone.
  ///   - batchSize: of ``Measure/batched``; the others go example by example.
  ///   - onProgress: told the examples done; may throw to stop.
  /// - Complexity: one backward pass an example, times the classes for ``Measure/exact``.
  public init(
    _ measure: Measure, of parameters: [Tensor], in model: Model, on split: Split,
    kind: any TaskKind = Classification(), batchSize: Int = 32,
    onProgress: (Int) throws -> Void = { _ in }
  ) throws {
    self.measure = measure
    sampleCount = split.count
    guard !parameters.isEmpty else {
      values = []
      return
    }
    let sums = try parameters.map { try Tensor.zeros($0.shape, type: $0.type ?? .float32, device: $0.device) }
    var done = 0
    var terms = 0
    for batch in try Batches(split: split, batchSize: measure == .batched ? batchSize : 1, device: model.device) {
      let logits = try model.run(try batch.modelInputs(for: model)).logits
      switch measure {
      case .exact: try Self.addExact(logits, parameters, to: sums)
      case .empirical, .batched:
        let gradients = try kind.loss(of: logits, labels: batch.labels, settings: LossSettings())
          .gradients(of: parameters)
        try Self.add(gradients, to: sums) { try $0.addProductInPlace($1, $1) }
      case .outputSensitivity:
        let gradients = try logits.squared().sum().gradients(of: parameters)
        try Self.add(gradients, to: sums) { try $0.addInPlace($1.absolute()) }
      }
      terms += 1
      done += batch.indices.count
      try onProgress(done)
    }
    values = try withoutGradients { try sums.map { try $0.divide(by: Double(max(1, terms))) } }
  }

  private static func addExact(_ logits: Tensor, _ parameters: [Tensor], to sums: [Tensor]) throws {
    let logarithms = try logits.logSoftmax(along: 1)
    let probabilities = try logarithms.detached().exponential().array(of: Double.self)
    let labels = likelyLabels(probabilities)
    for label in labels {
      let chosen = try logarithms.narrowed(along: 1, from: label, count: 1).sum()
      let gradients = try chosen.gradients(of: parameters, keepsGraph: label != labels.last)
      try add(gradients, to: sums) { try $0.addProductInPlace($1, $1, scaledBy: probabilities[label]) }
    }
  }

  /// All labels but the least likely, as long as those have less than ``neglectedMass`` together.
  static func likelyLabels(_ probabilities: [Double]) -> [Int] {
    var mass = 0.0
    return Array(
      probabilities.indices.sorted { probabilities[$0] < probabilities[$1] }
        .drop { label in
          mass += probabilities[label]
          return mass < neglectedMass
        })
  }

  /// Each label costs a backward pass, and a network that knows a thousand is sure of most examples. The slope of a
  /// log-probability by the logits is at most √2 long, so what is left out is as small as its mass.
  private static let neglectedMass = 1e-4

  private static func add(
    _ gradients: [Tensor?], to sums: [Tensor], _ operation: (Tensor, Tensor) throws -> Void
  ) throws {
    try withoutGradients {
      for (sum, gradient) in zip(sums, gradients) {
        if let gradient { try operation(sum, gradient) }
      }
    }
  }

  /// One that was made before.
  init(_ measure: Measure, values: [Tensor], sampleCount: Int) {
    self.measure = measure
    self.values = values
    self.sampleCount = sampleCount
  }

  func values(adding constant: Double) throws -> [Tensor] {
    guard constant > 0 else { return values }
    return try values.map { try $0.add(Tensor([Float(constant)], device: $0.device)) }
  }
}

// MARK: - What a user is told

extension ImportanceEstimate {
  /// Quantiles of all values together, and a warning where they vanish.
  var notes: [String] {
    let name = measure == .outputSensitivity ? "output sensitivity" : "Fisher information (\(measure.rawValue))"
    guard let quantiles = try? quantiles([0.5, 0.9, 0.99, 1]), let largest = quantiles.last else { return [] }
    let shown = zip(["median", "90 %", "99 %", "largest"], quantiles).map { "\($0) \(short($1))" }
    var notes = ["\(name) from \(grouped(sampleCount)) source examples: \(shown.joined(separator: ", "))"]
    if largest < 1e-8 {
      notes.append("warning: it vanishes (the source is fitted too well), so nothing is held back")
    }
    return notes
  }

  private func quantiles(_ shares: [Double]) throws -> [Double] {
    var all: [Float] = []
    for tensor in values { all += try tensor.array(of: Float.self) }
    all.sort()
    guard !all.isEmpty else { return [] }
    return shares.map { Double(all[Int((Double(all.count - 1) * $0).rounded())]) }
  }
}

extension RegularizerContext {
  /// The source's Fisher information, as the settings of ``RegularizerKind/Setting/fisher`` ask for it.
  func fisherInformation(of indices: [Int]) throws -> ImportanceEstimate {
    let measure = ImportanceEstimate.Measure(rawValue: try settings.text("fisher")) ?? .exact
    if measure == .exact, !sourceKind.isClassification {
      throw TrainingError.kindNotSupported(
        regularizer: "\(settings.kind):fisher=exact", kind: sourceKind.words, advice: "fisher=empirical")
    }
    return try estimate(
      measure, of: indices, samples: settings.integer("samples"), batchSize: settings.integer("batch"))
  }

  /// An estimate at the weights that the model has now, with the source's head.
  func estimateNow(
    _ measure: ImportanceEstimate.Measure, of indices: [Int], samples: Int, batchSize: Int
  ) throws -> ImportanceEstimate {
    let sample = try sourceSample(samples)
    return try withSourceHead {
      try ImportanceEstimate(
        measure, of: indices.map { trainable.tensors[$0] }, in: model, on: sample, kind: sourceKind,
        batchSize: batchSize
      ) { try report("measuring what the source needs", $0, of: sample.count) }
    }
  }
}
