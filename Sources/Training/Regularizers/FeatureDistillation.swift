import Evaluation
import Models
import Programs
import Torch

/// DELTA: `α · Σ over layers of ½‖FM − FM⁰‖² + β/2 · ‖w_new‖²`, FM a layer's output on the step's examples, FM⁰ the
/// source model's on the same; sums over the batch. A head that is kept is held to w⁰ by β.
///
/// With `attention=1` each channel c of C is weighed by `C · W_c`, W the softmax over a layer's channels of how much the
/// source loss rises when the channel's filter is set to zero; on source examples and with the source head, where the
/// paper refits a head on the target. Equal rises give plain DELTA.
///
/// The sum runs over positions too, so a strength that works depends on the sizes of the layers and the batch: the
/// authors' script has 0.01, which is too much for wide layers without normalization.
///
/// Li et al., "DELTA: DEep Learning Transfer using Feature Map with Attention", ICLR 2019, equations 3 to 6.
struct FeatureDistillation: Regularizer {
  static let kind = RegularizerKind(
    "delta", "α · Σ_layers ½‖features − source model's features‖² + β/2 · ‖w_new‖², summed over the batch",
    settings: [
      .number("alpha", 0.0001, "strength"), .number("beta", 0.01, "strength toward 0, on the new head"),
      .heldLayers,
      .choice(
        "attention", ["0", "1"], "1 weighs channels by what the source loses without them (needs source examples)"),
    ]
  ) { try FeatureDistillation($0) }

  let sumsOverExamples = true
  let capturedLayers: [String]
  let parameterNames: [String]
  private let strength: Double
  private let source: Model
  /// Toward zero where it is new, toward w⁰ where it is kept.
  private let head: Pull
  /// `C · W` of each layer, `[C]`.
  private let attention: [String: Tensor]

  init(_ context: RegularizerContext) throws {
    strength = try context.settings.number("alpha")
    let layers = try context.model.program.heldLayers(named: context.settings.text("layers"))
    capturedLayers = layers.map(\.name)
    head = try Pull(
      on: context.headIndices(), of: context, name: "DELTA β", strength: context.settings.number("beta"),
      towardZero: !context.isHeadKept)
    parameterNames = head.indices.map { context.trainable.names[$0] }
    attention = try context.settings.text("attention") == "1" ? context.channelAttention(of: layers) : [:]
    source = try Model(context.model.checkpoint(epoch: 0), device: context.model.device)
  }

  var replacesWeightDecay: Set<String> { Set(parameterNames) }

  func summary(stepsPerEpoch: Int) -> String {
    "DELTA holds the features of \(capturedLayers.count) layers (\(capturedLayers.joined(separator: ", "))) with "
      + short(strength) + (attention.isEmpty ? "" : ", channels weighed by attention")
  }

  func loss(of step: TrainingStep) throws -> Tensor? {
    let before = try withoutGradients { try source.run(step.inputs, capture: capturedLayers).features }
    var total: Tensor?
    for layer in capturedLayers {
      guard let now = step.features[layer], let then = before[layer] else { continue }
      var squares = try now.subtract(then).squared()
      if let weights = attention[layer] {
        let others = squares.shape.indices.filter { $0 != 1 }
        squares = try squares.sum(along: Array(others)).multiply(weights)
      }
      let own = try squares.sum()
      total = try total.map { try $0.add(own) } ?? own
    }
    return try total?.multiply(by: strength / 2)
  }

  func addGradient(to gradients: [Tensor]) throws -> Double { try addGradientDeferring(to: gradients).value() }
  func addGradientDeferring(to gradients: [Tensor]) throws -> PendingNumber { try head.addGradient(to: gradients) }
}

extension RegularizerKind.Setting {
  /// Whose features are held.
  static let heldLayers = RegularizerKind.Setting.text(
    "layers", "kernels", "layers or globs joined by +; by default all with kernels but the head")
}

extension Program {
  /// The layers that ``RegularizerKind/Setting/heldLayers`` names.
  func heldLayers(named text: String) throws -> [Program.Layer] {
    guard text != "kernels" else {
      let kernels = Set(parameters.filter { $0.shape.count >= 2 }.map(\.name)).subtracting(headParameterNames)
      return layers.filter { !kernels.isDisjoint(with: $0.parameterNames) }
    }
    var found: [Program.Layer] = []
    for pattern in text.split(separator: "+").map(String.init) {
      // A container's name stands for its output, a glob for all that it matches.
      let matching = try layer(named: pattern).map { [$0] } ?? layers(matching: [pattern])
      found += matching.filter { layer in !found.contains { $0.name == layer.name } }
    }
    return found
  }
}

extension RegularizerContext {
  /// For each layer, `C · softmax` over its C channels of the rise of the source loss without the channel.
  fileprivate func channelAttention(of layers: [Program.Layer]) throws -> [String: Tensor] {
    let sample = try sourceSample(64)
    func loss() throws -> Double {
      try Evaluator(batchSize: 64)
        .evaluate(model, on: sample, dataset: source?.dataset ?? "source", kind: sourceKind).loss
    }
    var result: [String: Tensor] = [:]
    try withSourceHead {
      let start = try loss()
      for layer in layers {
        let own = layer.parameterNames.compactMap { model.parameters[$0] }
        guard let kernel = own.first(where: { $0.shape.count >= 2 }), own.count <= 2 else {
          throw TrainingError.invalidRegularizer(
            FeatureDistillation.kind.name,
            reason: "attention needs layers that are one kernel each; '\(layer.name)' is not")
        }
        let channelCount = kernel.shape[0]
        let rises = try (0..<channelCount).map { channel -> Float in
          try report("finding the channels of \(layer.name) that the source needs", channel + 1, of: channelCount)
          let rows = try own.map { try $0.detached().narrowed(from: channel, count: 1) }
          let kept = try rows.map { try $0.cloned() }
          for row in rows { try row.fill(0) }
          defer { for (row, values) in zip(rows, kept) { try? row.copyInPlace(from: values) } }
          return Float(try loss() - start)
        }
        result[layer.name] = try Tensor(rises, device: model.device).softmax(along: 0)
          .multiply(by: Double(channelCount))
      }
    }
    return result
  }
}
