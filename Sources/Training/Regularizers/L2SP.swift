/// `Ω = α/2 · ‖w_S − w_S⁰‖² + β/2 · ‖w_S̄‖²`; S: parameters that the source model has, S̄: the new head's.
///
/// Li, Grandvalet, Davoine, "Explicit Inductive Bias for Transfer Learning with Convolutional Networks", ICML 2018.
enum L2SP {
  static let kind = RegularizerKind(
    "l2-sp", "α/2 · ‖w − w⁰‖² + β/2 · ‖w_new‖²",
    settings: [
      .number("alpha", 0.1, "strength toward w⁰"), .number("beta", 0.01, "strength toward 0, on the new head"),
    ],
    isDecouplable: true, worksOnParts: true
  ) { context in
    let start = try Pull(
      on: context.sharedIndices(), of: context, name: "L2-SP α", strength: context.settings.number("alpha"))
    return CompositePull(
      title: "L2-SP pulls on", [start, try .towardZeroOnNewHead(context, name: "L2-SP β")],
      trainable: context.trainable)
  }
}

extension Pull {
  /// `β/2 · ‖w_S̄‖²`, which the SP family puts on the new head.
  static func towardZeroOnNewHead(_ context: RegularizerContext, name: String) throws -> Pull {
    try Pull(
      on: context.newIndices(), of: context, name: name, strength: context.settings.number("beta"), towardZero: true)
  }
}
