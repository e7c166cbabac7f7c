import Torch

/// `Ω = α · Σ|w_S − w_S⁰| + β/2 · ‖w_S̄‖²`, by its subgradient, which is 0 at w⁰.
///
/// Li, Grandvalet, Davoine, ICML 2018, section 3.2.
struct L1SP: Regularizer {
  static let kind = RegularizerKind(
    "l1-sp", "α · Σ|w − w⁰| + β/2 · ‖w_new‖²",
    settings: [
      .number("alpha", 0.001, "strength toward w⁰"), .number("beta", 0.01, "strength toward 0, on the new head"),
    ],
    worksOnParts: true
  ) { try L1SP($0) }

  let parameterNames: [String]
  let isIndependentOfInputs = true
  private let strength: Double
  private let indices: [Int]
  private let weights: [Tensor]
  private let references: [Tensor]
  private let fresh: Pull
  private let largestStep: Double
  private let weightCount: Int
  private let partSums: PartSums?

  init(_ context: RegularizerContext) throws {
    strength = try context.settings.number("alpha")
    indices = try context.sharedIndices()
    weights = indices.map { context.trainable.tensors[$0] }
    references = try weights.map { try $0.detached().cloned() }
    fresh = try .towardZeroOnNewHead(context, name: "L1-SP β")
    largestStep = strength * (indices.map { context.trainable.learningRates[$0] }.max() ?? 0)
    weightCount = indices.reduce(0) { $0 + context.trainable.weightCount($1) }
    partSums = context.trainable.partSums
    parameterNames = (indices + fresh.indices).map { context.trainable.names[$0] }
  }

  var replacesWeightDecay: Set<String> { Set(parameterNames) }

  func summary(stepsPerEpoch: Int) -> String {
    "L1-SP pulls \(indices.count) tensors (\(grouped(weightCount)) weights) with "
      + "\(short(strength)): a step moves each weight by \(short(largestStep)) toward where it began"
  }

  func addGradient(to gradients: [Tensor]) throws -> Double { try addGradientDeferring(to: gradients).value() }

  func addGradientDeferring(to gradients: [Tensor]) throws -> PendingNumber {
    var distances: [Tensor] = []
    try withoutGradients {
      for (position, index) in indices.enumerated() {
        let displacement = try weights[position].subtract(references[position])
        distances.append(try displacement.absolute().sum())
        try gradients[index].addInPlace(displacement.sign(), scaledBy: strength)
      }
    }
    let total = try partSums.number(of: distances, over: indices) { [strength] in strength * $0.reduce(0, +) }
    return total + (try fresh.addGradient(to: gradients))
  }
}
