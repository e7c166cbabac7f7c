import Models
import Torch

/// `λ · mean over layers of Σ‖f − f⁰‖² / Σ‖f⁰‖²`, f a layer's output on the step's examples, f⁰ the source model's on the
/// same: the sums run over the batch, so that each layer counts relative to its own scale, whatever its size.
///
/// `scale=none` is the paper's, `λ · mean over examples of Σ_layers ‖f − f⁰‖²`, the distance between the layers' features
/// joined to one vector.
///
/// Mukhoti, Gal, Torr, Dokania, "Fine-tuning can cripple your foundation model; preserving features may be the solution"
/// (LDIFS), TMLR 2024.
struct FeatureDistance: Regularizer {
  static let kind = RegularizerKind(
    "ldifs", "λ · mean over layers of ‖features − source model's features‖² / ‖source model's features‖²",
    settings: [
      .number("lambda", 1, "strength"), .heldLayers,
      .choice("scale", ["relative", "none"], "whether each layer's distance is relative to its scale, or as it is"),
    ]
  ) { try FeatureDistance($0) }

  let capturedLayers: [String]
  private let strength: Double
  private let isRelative: Bool
  private let source: Model

  init(_ context: RegularizerContext) throws {
    strength = try context.settings.number("lambda")
    isRelative = try context.settings.text("scale") == "relative"
    capturedLayers = try context.model.program.heldLayers(named: context.settings.text("layers")).map(\.name)
    source = try Model(context.model.checkpoint(epoch: 0), device: context.model.device)
  }

  func summary(stepsPerEpoch: Int) -> String {
    "LDIFS holds the features of \(capturedLayers.count) layers (\(capturedLayers.joined(separator: ", "))) with "
      + short(strength) + (isRelative ? ", each relative to its scale" : "")
  }

  func loss(of step: TrainingStep) throws -> Tensor? {
    let before = try withoutGradients { try source.run(step.inputs, capture: capturedLayers).features }
    var total: Tensor?
    for layer in capturedLayers {
      guard let now = step.features[layer], let then = before[layer] else { continue }
      let square = try now.subtract(then).squared().sum()
      let own: Tensor
      if isRelative {
        own = try square.multiply(share(of: then, in: step))
      } else {
        own = try square.multiply(by: 1 / Double(step.count))
      }
      total = try total.map { try $0.add(own) } ?? own
    }
    return try total?.multiply(by: strength)
  }

  /// `1 / (‖f⁰‖² · layers)`, a scalar where the features are; 0 where a layer gave zeros alone, which has no scale.
  ///
  /// Of several processes ‖f⁰‖² is over all of their examples.
  private func share(of features: Tensor, in step: TrainingStep) throws -> Tensor {
    try withoutGradients {
      var scale = try features.squared().sum()
      if step.processes != nil { scale = try Tensor([step.total(scale.item())], shape: []).to(scale.type ?? .float32) }
      return try scale.to(.float64).multiply(by: Double(capturedLayers.count) * step.part.share).dividing(1)
        .filled(where: scale.equals(0), with: 0).to(scale.type ?? .float32)
    }
  }
}
