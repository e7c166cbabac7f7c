/// `λ · Σ Ω (w − w⁰)²`, Ω the mean over source examples of |∂‖F(x)‖²/∂w|, F the source head's logits. No label is used.
///
/// Aljundi et al., "Memory Aware Synapses: Learning what (not) to forget", ECCV 2018, equations 2 to 5.
enum MemoryAwareSynapses {
  static let kind = RegularizerKind(
    "mas", "λ · Σ Ω (w − w⁰)², Ω the mean of |∂‖logits‖²/∂w| over source examples",
    settings: [
      .number("lambda", 1, "strength"), .integer("samples", 500, "source examples Ω is estimated on, at most"),
    ], need: .examples, standardFilter: "all", isDecouplable: true
  ) { context in
    let indices = try context.sharedIndices()
    let estimate = try context.estimate(
      .outputSensitivity, of: indices, samples: context.settings.integer("samples"))
    // The gradient of λ·Ω·d² is 2λ·Ω·d.
    let pull = try Pull(
      on: indices, of: context, name: "MAS", strength: 2 * context.settings.number("lambda"),
      anchors: context.anchors(of: indices), importances: estimate.values)
    return CompositePull(title: "MAS pulls on", [pull], trainable: context.trainable, notes: estimate.notes)
  }
}
