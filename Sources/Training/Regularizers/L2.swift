/// `Ω = β/2 · ‖w‖²`.
enum L2 {
  static let kind = RegularizerKind(
    "l2", "β/2 · ‖w‖²", settings: [.number("beta", 0.01, "strength")], isDecouplable: true, worksOnParts: true
  ) { context in
    let pull = try Pull(
      on: try context.sharedIndices() + context.newIndices(), of: context, name: "L2",
      strength: try context.settings.number("beta"), towardZero: true)
    return CompositePull(title: "L2 pulls on", [pull], trainable: context.trainable)
  }
}
