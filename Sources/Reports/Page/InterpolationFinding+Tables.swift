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
      [
        examples?.scored.score.plain(examples?.scored.value) ?? NumberText.missing,
        NumberText.fixed(examples?.scored.loss, 3),
      ]
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
    func score(_ task: KeyPath<Point, ScoredExamples?>) -> Score {
      points.lazy.compactMap { $0[keyPath: task]?.scored.score }.first ?? .accuracy
    }
    let (source, target) = (score(\.source), score(\.target))
    func drawn(_ examples: ScoredExamples?) -> Double {
      (examples?.scored.score.chartScale ?? 1) * (examples?.scored.value ?? .nan)
    }
    return FrontierChart(
      title: best.map {
        "λ \(NumberText.fixed($0.share, 2)) keeps \(source.text($0.source?.scored.value)) on the source at "
          + "\(target.text($0.target?.scored.value)) on the target, \(ChoiceBasis.onTestSet)"
      } ?? "Nothing was measured on both tasks",
      subtitle: (best == nil ? "" : "\(source == target ? source.noun : "scores") on both tasks' test examples ")
        + "along (1 − λ) before + λ after",
      xTitle: "source \(source.directedAxisTitle)", yTitle: "target \(target.directedAxisTitle)",
      xLimits: source.axisLimits,
      yLimits: target.axisLimits,
      points: points.map { point in
        .init(
          name: "λ \(NumberText.fixed(point.share, 2))", x: drawn(point.source), y: drawn(point.target),
          hover: "\(source.bare(point.source?.scored.value)), \(target.bare(point.target?.scored.value))",
          isMarked: point.share == best?.share)
      })
  }
}
