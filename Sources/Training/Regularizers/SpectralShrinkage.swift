import Torch

/// `η · Σ σ²` over the k smallest singular values of the batch's feature matrix, what enters the classifier.
///
/// Chen, Wang, Fu, Long, Wang, "Catastrophic Forgetting Meets Negative Transfer: Batch Spectral Shrinkage for Safe
/// Transfer Learning", NeurIPS 2019, equation 5.
struct SpectralShrinkage: Regularizer {
  static let kind = RegularizerKind(
    "bss", "η · Σ σ² over the k smallest singular values of the features that enter the classifier",
    settings: [.number("eta", 0.001, "strength"), .integer("k", 1, "singular values")]
  ) { context in
    SpectralShrinkage(strength: try context.settings.number("eta"), count: try context.settings.integer("k"))
  }

  let strength: Double
  let count: Int
  let readsHeadInput = true
  let isIndependentOfInputs = true

  func summary(stepsPerEpoch: Int) -> String {
    "BSS shrinks the \(count == 1 ? "smallest singular value" : "\(count) smallest singular values") of each batch's "
      + "features with \(short(strength))"
  }

  func loss(of step: TrainingStep) throws -> Tensor? {
    guard let own = try step.headInput?.flattened() else { return nil }
    let features = try step.gathered(own)
    let values = try features.singularValues()  // the largest first
    let kept = min(count, values.count)
    return try step.shared(
      values.narrowed(from: values.count - kept, count: kept).squared().sum().multiply(by: strength))
  }
}
