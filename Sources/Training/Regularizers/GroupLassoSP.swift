import Torch

/// `Ω = α · Σ_g √|g| · √(Σ_{i∈g} F_i (w_i − w_i⁰)²) + β/2 · ‖w_S̄‖²`, groups being output filters; F is 1 for GL-SP, the
/// source's Fisher information plus ε for GL-SP-Fisher. By its subgradient, which is 0 where a group is at w⁰.
///
/// Li, Grandvalet, Davoine, ICML 2018, section 3.2.
struct GroupLassoSP: Regularizer {
  private static let common: [RegularizerKind.Setting] = [
    .number("alpha", 0.001, "strength toward w⁰"), .number("beta", 0.01, "strength toward 0, on the new head"),
  ]

  static let kind = RegularizerKind(
    "gl-sp", "α · Σ_g √|g| · ‖w_g − w_g⁰‖ + β/2 · ‖w_new‖², g: output filters", settings: common
  ) { try GroupLassoSP($0, title: "GL-SP", fisher: nil) }

  static let fisherKind = RegularizerKind(
    "gl-sp-fisher", "α · Σ_g √|g| · √(Σ_g (F + ε)(w − w⁰)²) + β/2 · ‖w_new‖²",
    settings: common + [.number("epsilon", 0, "added to the Fisher information")] + RegularizerKind.Setting.fisher,
    need: .examples
  ) { context in
    let fisher = try context.fisherInformation(of: context.sharedIndices())
    return try GroupLassoSP(context, title: "GL-SP-Fisher", fisher: fisher)
  }

  let parameterNames: [String]
  let isIndependentOfInputs = true
  private let title: String
  private let strength: Double
  private let indices: [Int]
  private let weights: [Tensor]
  private let references: [Tensor]
  private let importances: [Tensor]?
  private let fresh: Pull
  private let notes: [String]

  init(_ context: RegularizerContext, title: String, fisher: ImportanceEstimate?) throws {
    self.title = title
    strength = try context.settings.number("alpha")
    indices = try context.sharedIndices()
    weights = indices.map { context.trainable.tensors[$0] }
    references =
      try (fisher == nil ? nil : context.anchors(of: indices)) ?? weights.map { try $0.detached().cloned() }
    importances = try fisher.map { try $0.values(adding: context.settings.number("epsilon")) }
    fresh = try .towardZeroOnNewHead(context, name: "\(title) β")
    notes = fisher?.notes ?? []
    parameterNames = (indices + fresh.indices).map { context.trainable.names[$0] }
  }

  var replacesWeightDecay: Set<String> { Set(parameterNames) }

  func summary(stepsPerEpoch: Int) -> String {
    let groupCount = weights.reduce(0) { $0 + ($1.shape.first ?? 1) }
    let line =
      "\(title) pulls \(grouped(groupCount)) output filters of \(indices.count) tensors with \(short(strength)), each "
      + "weighed by the root of its size"
    return ([line] + notes).joined(separator: "\n  ")
  }

  func addGradient(to gradients: [Tensor]) throws -> Double { try addGradientDeferring(to: gradients).value() }

  func addGradientDeferring(to gradients: [Tensor]) throws -> PendingNumber {
    var (sums, factors): ([Tensor], [Double]) = ([], [])
    try withoutGradients {
      for (position, index) in indices.enumerated() {
        let weight = weights[position]
        let rows = [weight.shape.first ?? 1, -1]
        let displacement = try weight.subtract(references[position]).reshaped(rows)  // [filters, size]
        let pulled = try importances.map { try displacement.multiply($0[position].reshaped(rows)) } ?? displacement
        let norms = try pulled.multiply(displacement).sum(along: [1], keepsAxes: true).squareRoot()
        let factor = strength * Double(displacement.shape[1]).squareRoot()
        sums.append(try norms.sum())
        factors.append(factor)
        // A group at w⁰ has displacement 0, so the bound only keeps 0/0 away.
        let slope = try pulled.divide(norms.clamped(atLeast: 1e-30)).reshaped(weight.shape)
        try gradients[index].addInPlace(slope, scaledBy: factor)
      }
    }
    let total = PendingNumber(of: sums) { [factors] in zip(factors, $0).reduce(0) { $0 + $1.0 * $1.1 } }
    return total + (try fresh.addGradient(to: gradients))
  }
}
