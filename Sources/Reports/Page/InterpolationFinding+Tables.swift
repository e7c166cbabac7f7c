import Findings

extension InterpolationFinding {
  /// How the classes of both tasks were matched with their heads', where that has to be said.
  public var classNotes: [String] { matchedClasses?.notes ?? [] }

  /// A row a λ, a score and a loss for each task that was measured.
  public func table() -> TextTable {
    typealias Column = (head: TextTable.Column, text: (ScoredExamples?) -> String)
    func columns(_ name: String, _ task: KeyPath<Point, ScoredExamples?>) -> [Column] {
      let measured = points.compactMap { $0[keyPath: task]?.scored }
      guard !measured.isEmpty else { return [] }
      let score: Column = (
        .number(name), { $0.map { $0.scored.score.plain($0.scored.value) } ?? NumberText.missing }
      )
      // A score that is the loss, as of language models, is said once.
      guard measured.contains(where: { $0.loss != $0.value }) else { return [score] }
      return [score, (.number("loss"), { NumberText.fixed($0?.scored.loss, 3) })]
    }
    let (source, target) = (columns("source", \.source), columns("target", \.target))
    var table = TextTable([.number("λ")] + (source + target).map(\.head))
    for point in points {
      table.append(
        [NumberText.fixed(point.share, 2)]
          + source.map { $0.text(point.source) } + target.map { $0.text(point.target) })
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
        "λ \(NumberText.fixed($0.share, 2)) keeps \(source.text($0.source?.scored.value)) of the source at "
          + "\(target.text($0.target?.scored.value)) of the target, \(ChoiceBasis.onTestSet)"
      } ?? "Nothing was measured on both tasks",
      subtitle: (best == nil ? "" : "\(source == target ? source.noun : "scores") on both tasks' test examples ")
        + "along (1 − λ) before + λ after",
      xTitle: "source \(source.axisTitle)", yTitle: "target \(target.axisTitle)", xLimits: source.axisLimits,
      yLimits: target.axisLimits,
      points: points.map { point in
        .init(
          name: "λ \(NumberText.fixed(point.share, 2))", x: drawn(point.source), y: drawn(point.target),
          hover: "\(source.bare(point.source?.scored.value)), \(target.bare(point.target?.scored.value))",
          isMarked: point.share == best?.share)
      })
  }
}
