import Findings
import Metrics

/// The report of several tasks learnt one after the other.
extension SequenceResult {
  /// The finding in a sentence, of a run of this name, and what it rests on.
  public func verdict(of title: String) -> String {
    claim(of: title) + (worst == nil ? "" : " " + Self.untested) + (chosenBy.map { " \($0.sentence)" } ?? "")
  }

  /// The task that is furthest below what it was right after it was learnt, and whether no other is below; nil where that
  /// was not measured of all.
  private var worst: (name: String, loss: Double, isAlone: Bool)? {
    let losses = tasks.indices.dropLast().map {
      (name: tasks[$0], loss: score.decline(from: matrix[$0][$0], to: matrix.last?[$0] ?? .nan))
    }
    guard losses.allSatisfy(\.loss.isFinite), let worst = losses.max(by: { $0.loss < $1.loss }) else { return nil }
    return (worst.name, worst.loss, losses.count { $0.loss > 0 } == 1)
  }

  private func claim(of title: String) -> String {
    let average = "\(score.text(averageScore)) on average over \(NumberText.plural(tasks.count, "task"))"
    guard let worst else { return "\(title): \(average)." }
    return worst.loss > 0
      ? "\(title) reached \(average); \(worst.name) lost \(worst.isAlone ? "" : "most, ")\(score.amount(worst.loss)) "
        + "since it was learnt."
      : "\(title) reached \(average), and no task is worse than right after it was learnt."
  }

  /// What a matrix of scores alone does not show.
  static let untested = "These are one run's scores: whether the difference is more than chance was not tested."

  /// The matrix of scores.
  public func table() -> TextTable {
    var table = TextTable([TextTable.Column("after")] + tasks.map { .number($0) })
    for (task, row) in zip(tasks, matrix) { table.append([task] + row.map { score.plain($0) }) }
    return table
  }

  /// What the matrix comes to.
  public func measures() -> TextTable {
    var table = TextTable([TextTable.Column("measure"), .number("value"), .init("formula")])
    let (noun, isHigh) = (score.noun, score.direction == .up)
    let formulas: [AccuracyMatrix.Compatibility: String] = [
      .chaudhry: isHigh
        ? "the best \(noun) before the last task, minus the last"
        : "the last \(noun), minus the best before the last task",
      .avalanche: isHigh
        ? "the \(noun) right after learning, minus the last (Avalanche)"
        : "the last \(noun), minus the one right after learning (Avalanche)",
      .mammoth: isHigh
        ? "the best \(noun) of all, minus the last (Mammoth)" : "the last \(noun), minus the best of all (Mammoth)",
    ]
    table.append(["average \(noun)", score.figure(averageScore), "mean over tasks after the last"])
    table.append([
      "forgetting", score.amount(forgetting),
      "mean over earlier tasks of \(formulas[definition] ?? NumberText.missing)",
    ])
    table.append([
      "backward transfer", score.amount(backwardTransfer),
      "mean over earlier tasks of "
        + (isHigh
          ? "the last \(noun), minus the one right after learning"
          : "the \(noun) right after learning, minus the last"),
    ])
    table.append(["forward transfer", score.amount(forwardTransfer), forwardFormula])
    return table
  }

  private var forwardFormula: String {
    guard forwardTransfer != nil else {
      return sharesHead
        ? "not measured: the network does not say how fresh weights are drawn"
        : "not measured: a task has no outputs before it is learnt"
    }
    return "mean over later tasks of "
      + (score.direction == .up
        ? "the \(score.noun) before learning, minus a random network’s"
        : "a random network’s \(score.noun), minus the one before learning")
  }

  /// The matrix as a picture.
  public func chart(title: String) -> HeatMap {
    var picture = HeatMap(
      title: claim(of: title),
      subtitle: "\(score.noun) on the test examples of each task (column) after training each (row)",
      rowTitle: "trained", columnTitle: "task", valueTitle: score.heading, rows: tasks, columns: tasks, values: matrix)
    if score.unit != .fraction {
      let measured = matrix.flatMap { $0 }.filter(\.isFinite)
      let (low, high) = (measured.min() ?? 0, measured.max() ?? 1)
      picture.limits = low...(high > low ? high : low + 1)
      picture.isLightLow = score.direction == .down
    }
    return picture
  }

  /// The report as one HTML file.
  ///
  /// - Parameter links: other pages, from this one's folder.
  public func html(title: String, links: [PageLink] = []) -> String {
    var picture = chart(title: title)
    // The page begins with the finding.
    picture.title = "A row a training, a column a task"
    return PageElements.document(
      title: title, headline: verdict(of: title),
      sections: [
        PageElements.section(
          "\(RunReport.capitalized(score.noun)) of every task after every task",
          PageElements.figure(picture, width: 720)),
        PageElements.section("Measures", PageElements.table(measures(), marksRows: true)),
        PageElements.section("Numbers", PageElements.table(table(), marksRows: true)),
        PageElements.section("Data", PageElements.files([("accuracy-matrix.csv", csv())])),
      ], links: links,
      footer: "Made by Lethe. The run of each task is in the sequence’s folder <code>tasks</code>.")
  }

  /// The matrix, a line a task.
  public func csv() -> String {
    var file = CommaSeparatedValues(header: ["after"] + tasks)
    for (task, row) in zip(tasks, matrix) { file.append([task] + row.map { CommaSeparatedValues.number($0) }) }
    return file.text
  }
}
