import Findings
import Metrics

/// The report of several tasks learnt one after the other.
extension SequenceResult {
  /// The finding in a sentence, of a run of this name.
  public func verdict(of title: String) -> String {
    finding(of: title) + (chosenBy.map { " \($0.sentence)" } ?? "")
  }

  private func finding(of title: String) -> String {
    let losses = tasks.indices.dropLast().map { (task: $0, loss: matrix[$0][$0] - (matrix.last?[$0] ?? .nan)) }
    let average = "\(NumberText.percent(averageScore)) on average over \(NumberText.plural(tasks.count, "task"))"
    guard let worst = losses.filter({ $0.loss.isFinite }).max(by: { $0.loss < $1.loss }) else {
      return "\(title): \(average)."
    }
    guard worst.loss > 0 else {
      return "\(title) reached \(average), and no task is worse than right after it was learnt."
    }
    return "\(title) reached \(average); \(tasks[worst.task]) lost most, "
      + "\(NumberText.points(worst.loss)) points since it was learnt."
  }

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
      title: verdict(of: title),
      subtitle: "accuracy on the test examples of each task (column) after training each (row)",
      rowTitle: "trained", columnTitle: "task", valueTitle: "accuracy", rows: tasks, columns: tasks, values: matrix)
  }

  /// The report as one HTML file.
  ///
  /// - Parameter links: other pages, from this one's folder.
  public func html(title: String, links: [PageLink] = []) -> String {
    PageElements.document(
      title: title, headline: verdict(of: title),
      sections: [
        PageElements.section(
          "Accuracy of every task after every task", PageElements.figure(chart(title: title), width: 720)),
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
