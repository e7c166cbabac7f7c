import Torch
import Training

/// `α · Σ |w − w⁰|^1.5`, between L1-SP and L2-SP: small changes are held harder than by squares, large ones less.
///
/// Its gradient is `1.5 α · sign(w − w⁰) · √|w − w⁰|`.
// snippet
struct RootPull: Regularizer {
  static let kind = RegularizerKind(
    "own-sp", "α · Σ |w − w⁰|^1.5", settings: [.number("alpha", 0.01, "strength toward w⁰")]
  ) { try RootPull($0) }

  let parameterNames: [String]
  /// It reads weights alone, so frozen lower layers are computed once.
  let isIndependentOfInputs = true
  private let strength: Double
  private let indices: [Int]
  private let weights: [Tensor]
  private let references: [Tensor]

  init(_ context: RegularizerContext) throws {
    strength = try context.settings.number("alpha")
    indices = try context.sharedIndices()
    parameterNames = indices.map { context.trainable.names[$0] }
    weights = indices.map { context.trainable.tensors[$0] }
    references = try weights.map { try $0.detached().cloned() }
  }

  /// Weight decay would pull the same weights toward zero.
  var replacesWeightDecay: Set<String> { Set(parameterNames) }

  func summary(stepsPerEpoch: Int) -> String { "Root pull on \(indices.count) tensors with \(strength)" }

  func addGradient(to gradients: [Tensor]) throws -> Double {
    var total = 0.0
    try withoutGradients {
      for (position, index) in indices.enumerated() {
        let displacement = try weights[position].subtract(references[position])
        let distance = try displacement.absolute()
        let root = try distance.squareRoot()
        total += try distance.multiply(root).sum().item()
        try gradients[index].addInPlace(displacement.sign().multiply(root), scaledBy: 1.5 * strength)
      }
    }
    return strength * total
  }
}
