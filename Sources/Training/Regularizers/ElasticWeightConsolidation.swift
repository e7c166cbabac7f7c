/// `Ω = ½λ · Σ F (w − w⁰)²`, F the source's Fisher information at w⁰, on parameters the source model has.
///
/// With `fisher=batched` it is `λ · Σ F (w − w⁰)²`, as Avalanche computes it.
///
/// In a sequence there is one of these for each earlier task, F and w⁰ those of that task's end.
///
/// Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", PNAS 2017.
enum ElasticWeightConsolidation {
  static let kind = RegularizerKind(
    "ewc", "λ/2 · Σ F (w − w⁰)², F the Fisher information of the source; without the ½ where fisher=batched",
    settings: [.number("lambda", 100, "strength")] + RegularizerKind.Setting.fisher, need: .examples,
    standardFilter: "all", isDecouplable: true
  ) { context in
    let indices = try context.sharedIndices()
    let fisher = try context.fisherInformation(of: indices)
    let isBatched = try context.settings.text("fisher") == "batched"
    let pull = try Pull(
      on: indices, of: context, name: "EWC", strength: context.settings.number("lambda") * (isBatched ? 2 : 1),
      anchors: context.anchors(of: indices), importances: fisher.values)
    return CompositePull(title: "EWC pulls on", [pull], trainable: context.trainable, notes: fisher.notes)
  }
}
