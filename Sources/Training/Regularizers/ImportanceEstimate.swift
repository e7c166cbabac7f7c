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
    ///
    /// Of tokens and pixels, whose loss is a mean over the n that count, it is `Σ_t Σ_c p_tc (∂log p_tc/∂w)² / n²`: labels
    /// that are drawn one by one have no cross terms. Of L labels that are there or not, `Σ_l p_l (1 − p_l) (∂z_l/∂w)² / L²`.
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
  ///   - kind: of the task; ``Measure/exact`` is for outputs that are classes or labels.
  ///   - batchSize: of ``Measure/batched``; the others go example by example.
  ///   - known: of the outputs `[rows, …]`, those that the task has.
  ///   - onProgress: told the examples done; may throw to stop.
  /// - Complexity: one backward pass an example, times the classes for ``Measure/exact``, and the places of each.
  public init(
    _ measure: Measure, of parameters: [Tensor], in model: Model, on split: Split,
    kind: any TaskKind = Classification(), batchSize: Int = 32,
    taking known: (Tensor) throws -> Tensor = { $0 }, onProgress: (Int) throws -> Void = { _ in }
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
      let logits = try known(model.run(batch.modelInputs(for: model)).logits)
      switch measure {
      case .exact: try Self.addExact(logits, kind, batch, parameters, to: sums)
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

  /// Adds what one example has: the slope of every answer that it could have, by its probability.
  private static func addExact(
    _ outputs: Tensor, _ kind: any TaskKind, _ batch: Batch, _ parameters: [Tensor], to sums: [Tensor]
  ) throws {
    let slopes = try slopes(of: outputs, kind, batch)
    for (index, slope) in slopes.terms.enumerated() {
      let chosen = try slopes.values.narrowed(along: 0, from: slope.place, count: 1).sum()
      let gradients = try chosen.gradients(of: parameters, keepsGraph: index < slopes.terms.count - 1)
      try add(gradients, to: sums) { try $0.addProductInPlace($1, $1, scaledBy: slope.weight) }
    }
  }

  /// The values of an example whose slopes are squared and added, `[values]` with their graph, each with its weight.
  private static func slopes(
    of outputs: Tensor, _ kind: any TaskKind, _ batch: Batch
  ) throws -> (values: Tensor, terms: [(place: Int, weight: Double)]) {
    guard case .classes(let axis)? = kind.outputMeaning else {
      let values = try outputs.reshaped([-1])
      let probabilities = try values.detached().to(.float64).sigmoid().array(of: Double.self)
      let square = Double(probabilities.count * probabilities.count)
      return (values, probabilities.enumerated().map { ($0.offset, $0.element * (1 - $0.element) / square) })
    }
    let logarithms = try outputs.logSoftmax(along: axis)  // [1, …, classes, …]
    let classCount = logarithms.shape[axis]
    let stride = logarithms.shape[(axis + 1)...].reduce(1, *)
    let all = try logarithms.detached().exponential().array(of: Double.self)
    let placeCount = all.count / classCount
    let counts = try kind.isCounted(batch.labels)?.array(of: Int64.self)
    let places = (0..<placeCount).filter { counts?.count != placeCount || counts?[$0] == 1 }
    let square = Double(places.count * places.count)
    var terms: [(place: Int, weight: Double)] = []
    for place in places {
      // Places are numbered as they are without the axis of classes, whose values lie `stride` apart.
      let first = place / stride * stride * classCount + place % stride
      let probabilities = (0..<classCount).map { all[first + $0 * stride] }
      terms += likelyLabels(probabilities).map { (first + $0 * stride, probabilities[$0] / square) }
    }
    return (try logarithms.reshaped([-1]), terms)
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
    if measure == .exact, let reason = try objectionToExactFisher() {
      throw TrainingError.kindNotSupported(
        regularizer: "\(settings.kind):fisher=exact", kind: "\(sourceKind.words)\(reason)", advice: "fisher=empirical")
    }
    return try estimate(
      measure, of: indices, samples: settings.integer("samples"), batchSize: settings.integer("batch"))
  }

  /// Backward passes that an example of several answers may take.
  private static let mostPasses = 256

  /// Why the expectation over the model's own labels cannot be taken, to follow the kind's name; nil where it can.
  private func objectionToExactFisher() throws -> String? {
    let meaning = sourceKind.outputMeaning
    guard case .classes(let axis)? = meaning else { return meaning == .labels ? nil : "" }
    guard sourceKind.places != nil else { return nil }
    let shape = try withSourceHead { try model.outputShape(on: sourceExamples().examples) }
    let classCount = shape[axis - 1]
    let placeCount = shape.reduce(1, *) / max(1, classCount)
    return placeCount * classCount <= Self.mostPasses
      ? nil
      : " of \(grouped(placeCount)) \(sourceKind.places ?? "places") × \(grouped(classCount)) classes, a backward pass each"
  }

  /// An estimate at the weights that the model has now, with the source's head.
  func estimateNow(
    _ measure: ImportanceEstimate.Measure, of indices: [Int], samples: Int, batchSize: Int
  ) throws -> ImportanceEstimate {
    let sample = try sourceSample(samples)
    return try withSourceHead {
      try ImportanceEstimate(
        measure, of: indices.map { trainable.tensors[$0] }, in: model, on: sample, kind: sourceKind,
        batchSize: batchSize, taking: knownOutputs().of
      ) { try report("measuring what the source needs", $0, of: sample.count) }
    }
  }
}
