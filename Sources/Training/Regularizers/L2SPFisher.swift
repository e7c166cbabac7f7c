/// `Ω = α/2 · Σ (F + ε)(w_S − w_S⁰)² + β/2 · ‖w_S̄‖²`, F the source's Fisher information at w⁰.
///
/// Li, Grandvalet, Davoine, ICML 2018, section 3.2.
enum L2SPFisher {
  static let kind = RegularizerKind(
    "l2-sp-fisher", "α/2 · Σ (F + ε)(w − w⁰)² + β/2 · ‖w_new‖²",
    settings: [
      .number("alpha", 0.1, "strength toward w⁰"), .number("beta", 0.01, "strength toward 0, on the new head"),
      .number("epsilon", 0, "added to the Fisher information"),
    ] + RegularizerKind.Setting.fisher, need: .examples, isDecouplable: true
  ) { context in
    let indices = try context.sharedIndices()
    let fisher = try context.fisherInformation(of: indices)
    let pull = try Pull(
      on: indices, of: context, name: "L2-SP-Fisher α", strength: context.settings.number("alpha"),
      anchors: context.anchors(of: indices), importances: fisher.values(adding: context.settings.number("epsilon")))
    return CompositePull(
      title: "L2-SP-Fisher pulls on", [pull, try .towardZeroOnNewHead(context, name: "L2-SP-Fisher β")],
      trainable: context.trainable, notes: fisher.notes)
  }
}
