import Findings
import Metrics

/// The report of several tasks learnt one after the other.
extension SequenceResult {
  /// The finding in a sentence, of a run of this name, and what it rests on.
  public func verdict(of title: String) -> String {
    claim(of: title) + (worst == nil ? "" : " " + Self.untested) + (chosenBy.map { " \($0.sentence)" } ?? "")
  }

  /// The task that is furthest below what it was right after it was learnt; nil where that was not measured of all.
  private var worst: (name: String, loss: Double)? {
    let losses = tasks.indices.dropLast().map { (name: tasks[$0], loss: matrix[$0][$0] - (matrix.last?[$0] ?? .nan)) }
    return losses.allSatisfy(\.loss.isFinite) ? losses.max { $0.loss < $1.loss } : nil
  }

  private func claim(of title: String) -> String {
    let average = "\(NumberText.percent(averageScore)) on average over \(NumberText.plural(tasks.count, "task"))"
    guard let worst else { return "\(title): \(average)." }
    return worst.loss > 0
      ? "\(title) reached \(average); \(worst.name) lost most, \(NumberText.points(worst.loss)) points since it was learnt."
      : "\(title) reached \(average), and no task is worse than right after it was learnt."
  }

  /// What a matrix of scores alone does not show.
  static let untested = "These are one run's scores: whether the difference is more than chance was not tested."

  /// The accuracy matrix.
  public func table() -> TextTable {
    var table = TextTable([TextTable.Column("after")] + tasks.map { .number($0) })
    for (task, row) in zip(tasks, matrix) { table.append([task] + row.map { NumberText.percent($0) }) }
    return table
  }

  /// What the matrix comes to.
  public func measures() -> TextTable {
    var table = TextTable([TextTable.Column("measure"), .number("value"), .init("formula")])
    func points(_ difference: Double?) -> String {
      difference == nil ? NumberText.missing : "\(NumberText.points(difference)) points"
    }
    let formulas: [AccuracyMatrix.Compatibility: String] = [
      .chaudhry: "mean over earlier tasks of the best accuracy before the last task, minus the last",
      .avalanche: "mean over earlier tasks of the accuracy right after learning, minus the last (Avalanche)",
      .mammoth: "mean over earlier tasks of the best accuracy of all, minus the last (Mammoth)",
    ]
    table.append(["average accuracy", NumberText.percent(averageScore), "mean over tasks after the last"])
    table.append(["forgetting", points(forgetting), formulas[definition] ?? ""])
    table.append([
      "backward transfer", points(backwardTransfer),
      "mean over earlier tasks of the last accuracy, minus the one right after learning",
    ])
    table.append([
      "forward transfer", points(forwardTransfer),
      forwardTransfer == nil
        ? "not measured: every task has a head of its own"
        : "mean over later tasks of the accuracy before learning, minus a random network’s",
    ])
    return table
  }

  /// The matrix as a picture.
  public func chart(title: String) -> HeatMap {
    HeatMap(
      title: claim(of: title),
      subtitle: "accuracy on the test examples of each task (column) after training each (row)",
      rowTitle: "trained", columnTitle: "task", valueTitle: "accuracy", rows: tasks, columns: tasks, values: matrix)
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
        PageElements.section("Accuracy of every task after every task", PageElements.figure(picture, width: 720)),
        PageElements.section("Measures", PageElements.table(measures(), marksRows: true)),
        PageElements.section("Numbers", PageElements.table(table(), marksRows: true)),
        PageElements.section("Data", PageElements.files([("accuracy-matrix.csv", csv())])),
      ], links: links,
      footer: "Made by Lethe. The run of each task is in the folder <code>tasks</code> beside this page.")
  }

  /// The matrix, a line a task.
  public func csv() -> String {
    var file = CommaSeparatedValues(header: ["after"] + tasks)
    for (task, row) in zip(tasks, matrix) { file.append([task] + row.map { CommaSeparatedValues.number($0) }) }
    return file.text
  }
}
