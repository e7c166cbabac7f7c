import Findings

extension InterpolationFinding {
  /// How the classes of both tasks were matched with their heads', where that has to be said.
  public var classNotes: [String] { matchedClasses?.notes ?? [] }

  /// A row a λ, a score and a loss for each task that was measured.
  public func table() -> TextTable {
    func columns(_ name: String, _ isMeasured: Bool) -> [TextTable.Column] {
      isMeasured ? [.number(name), .number("loss")] : []
    }
    func fields(_ examples: ScoredExamples?) -> [String] {
      [NumberText.percent(examples?.scored.value), NumberText.fixed(examples?.scored.loss, 3)]
    }
    let hasSource = points.contains { $0.source != nil }
    let hasTarget = points.contains { $0.target != nil }
    var table = TextTable([.number("λ")] + columns("source", hasSource) + columns("target", hasTarget))
    for point in points {
      table.append(
        [NumberText.fixed(point.share, 2)]
          + (hasSource ? fields(point.source) : []) + (hasTarget ? fields(point.target) : []))
    }
    return table
  }

  /// Both tasks' scores along the line.
  public func chart() -> FrontierChart {
    let name = points.lazy.compactMap { $0.source ?? $0.target }.first?.scored.score.name ?? Score.accuracy.name
    func percent(_ examples: ScoredExamples?) -> Double { 100 * (examples?.scored.value ?? .nan) }
    return FrontierChart(
      title: best.map {
        "λ \(NumberText.fixed($0.share, 2)) keeps \(NumberText.percent($0.source?.scored.value)) of the source at "
          + "\(NumberText.percent($0.target?.scored.value)) of the target, \(ChoiceBasis.onTestSet)"
      } ?? "Nothing was measured on both tasks",
      subtitle: (best == nil ? "" : "\(name) on both tasks' test examples ") + "along (1 − λ) before + λ after", xTitle: "source \(name) (%)",
      yTitle: "target \(name) (%)",
      points: points.map { point in
        .init(
          name: "λ \(NumberText.fixed(point.share, 2))", x: percent(point.source), y: percent(point.target),
          isMarked: point.share == best?.share)
      })
  }
}
