import Torch

/// `c · Σ Ω (w − w⁰)²`, Ω = Σ over tasks of `ω / (Δ² + ξ)`, ω the path integral `−∫ g·dw` of a task's training and Δ how far
/// the weight went in it; where ω is negative, Ω is 0.
///
/// Ω comes from the training of the source itself: trained under `si`, a run measures it and stores it in the
/// run's checkpoints, under `importances/si`, and fine-tuning from them pulls with it. It measures its own training too,
/// for the next task.
///
/// Zenke, Poole, Ganguli, "Continual Learning Through Synaptic Intelligence", ICML 2017, equations 3 to 5.
final class SynapticIntelligence: Regularizer {
  static let kind = RegularizerKind(
    "si",
    "c · Σ Ω (w − w⁰)², Ω the path integral of the source's own training (measured when the source is trained under si)",
    settings: [.number("c", 0.1, "strength"), .number("xi", 0.1, "ξ, keeps Ω finite where a weight hardly moved")],
    standardFilter: "all", isDecouplable: true, measuresTraining: true
  ) { try SynapticIntelligence($0) }

  private static let measure = "si"

  let parameterNames: [String]
  let isIndependentOfInputs = true
  private let indices: [Int]
  private let names: [String]
  private let weights: [Tensor]
  private let references: [Tensor]
  private let earlier: [String: Tensor]
  private let damping: Double
  private let pull: CompositePull?
  private let integrals: [Tensor]
  private var pending: (gradients: [Tensor], weights: [Tensor])?

  init(_ context: RegularizerContext) throws {
    // Heads are not: their path is another one for each task, and a head's tensors are not there in every checkpoint.
    let indices = try context.backboneIndices()
    guard context.options.adapters == nil || !indices.isEmpty else {
      throw TrainingError.pullsOnAdapted(regularizer: Self.kind.name)
    }
    self.indices = indices
    names = indices.map { context.trainable.names[$0] }
    weights = indices.map { context.trainable.tensors[$0] }
    references = try weights.map { try $0.detached().cloned() }
    integrals = try weights.map { try Tensor.zeros($0.shape, type: $0.type ?? .float32, device: $0.device) }
    damping = try context.settings.number("xi")
    guard damping > 0 else { throw TrainingError.invalidRegularizer(Self.kind.name, reason: "xi must be above 0") }
    let earlier = context.model.importances[Self.measure] ?? [:]
    self.earlier = earlier
    if earlier.isEmpty {
      guard context.source?.examples == nil else { throw TrainingError.missingImportances(regularizer: Self.kind.name) }
      pull = nil
      parameterNames = []
    } else {
      let importances = try zip(names, weights).map { name, weight in
        try earlier[name] ?? Tensor.zeros(weight.shape, type: weight.type ?? .float32, device: weight.device)
      }
      // The gradient of c·Ω·d² is 2c·Ω·d.
      let single = try Pull(
        on: indices, of: context, name: "SI", strength: 2 * context.settings.number("c"), importances: importances)
      pull = CompositePull(title: "SI pulls on", [single], trainable: context.trainable)
      parameterNames = names
    }
  }

  var replacesWeightDecay: Set<String> { Set(parameterNames) }

  func summary(stepsPerEpoch: Int) -> String {
    let records = "SI measures the path of \(indices.count) tensors, for the tasks after this one"
    return pull.map { $0.summary(stepsPerEpoch: stepsPerEpoch) + "\n  " + records } ?? records
  }

  func observe(gradients: [Tensor]) throws {
    try withoutGradients {
      pending = (
        try indices.map { try gradients[$0].cloned() }, try weights.map { try $0.detached().cloned() }
      )
    }
  }

  func addGradient(to gradients: [Tensor]) throws -> Double { try addGradientDeferring(to: gradients).value() }

  func addGradientDeferring(to gradients: [Tensor]) throws -> PendingNumber {
    try pull?.addGradientDeferring(to: gradients) ?? PendingNumber(0)
  }

  func addEquivalentGradient(to gradients: [Tensor]) throws { try pull?.addEquivalentGradient(to: gradients) }

  func afterStep(factor: Double) throws {
    try pull?.afterStep(factor: factor)
    guard let pending else { return }
    try withoutGradients {
      for (position, integral) in integrals.enumerated() {
        let moved = try weights[position].subtract(pending.weights[position])
        try integral.addProductInPlace(pending.gradients[position], moved, scaledBy: -1)
      }
    }
    self.pending = nil
  }

  var state: RegularizerState {
    RegularizerState(tensors: Dictionary(uniqueKeysWithValues: zip(names, integrals)))
  }

  func restore(_ state: RegularizerState) throws {
    for (name, integral) in zip(names, integrals) {
      guard let stored = state.tensors[name] else {
        throw TrainingError.badResume("SI's integral of '\(name)' is missing")
      }
      try integral.copyInPlace(from: stored)
    }
  }

  func sharePerStep() throws -> Double? { try pull?.sharePerStep() }

  func importances() throws -> (measure: String, values: [String: Tensor])? {
    try withoutGradients {
      var result = earlier
      for (position, name) in names.enumerated() {
        let distance = try weights[position].subtract(references[position]).squared()
        let bound = try distance.add(Tensor([Float(damping)], device: distance.device))
        let own = try integrals[position].clamped(atLeast: 0).divide(bound)
        result[name] = try earlier[name].map { try $0.add(own) } ?? own
      }
      return (Self.measure, result)
    }
  }
}
