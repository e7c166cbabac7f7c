/// The report of several tasks learnt one after the other.
public struct SequenceReport: Sendable {
  public var title: String
  public var tasks: [String]
  /// Accuracy on each task (column) after training each (row), fractions; NaN where it was not measured.
  public var matrix: [[Double]]
  public var averageAccuracy: Double
  public var backwardTransfer: Double
  /// Nil where there is nothing to compare with.
  public var forwardTransfer: Double?
  public var forgetting: Double
  /// Whose definition of forgetting: `chaudhry`, `avalanche`, `mammoth`.
  public var definition: String

  public init(
    title: String, tasks: [String], matrix: [[Double]], averageAccuracy: Double, backwardTransfer: Double,
    forwardTransfer: Double?, forgetting: Double, definition: String
  ) {
    self.title = title
    self.tasks = tasks
    self.matrix = matrix
    self.averageAccuracy = averageAccuracy
    self.backwardTransfer = backwardTransfer
    self.forwardTransfer = forwardTransfer
    self.forgetting = forgetting
    self.definition = definition
  }

  /// The finding in a sentence.
  public var verdict: String {
    let losses = tasks.indices.dropLast().map { (task: $0, loss: matrix[$0][$0] - (matrix.last?[$0] ?? .nan)) }
    let average = "\(NumberText.percent(averageAccuracy)) on average over \(NumberText.plural(tasks.count, "task"))"
    guard let worst = losses.max(by: { $0.loss < $1.loss }), worst.loss.isFinite else { return "\(title): \(average)." }
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

  public func measures() -> TextTable {
    var table = TextTable([TextTable.Column("measure"), .number("points"), .init("formula")])
    let formulas = [
      "chaudhry": "mean over earlier tasks of the best accuracy before the last task, minus the last",
      "avalanche": "mean over earlier tasks of the accuracy right after learning, minus the last (Avalanche)",
      "mammoth": "mean over earlier tasks of the best accuracy of all, minus the last (Mammoth)",
    ]
    table.append(["average accuracy", NumberText.points(averageAccuracy), "mean over tasks after the last"])
    table.append(["forgetting", NumberText.points(forgetting), formulas[definition] ?? definition])
    table.append([
      "backward transfer", NumberText.points(backwardTransfer),
      "mean over earlier tasks of the last accuracy, minus the one right after learning",
    ])
    table.append([
      "forward transfer", NumberText.points(forwardTransfer),
      forwardTransfer == nil
        ? "not measured: every task has a head of its own"
        : "mean over later tasks of the accuracy before learning, minus a random network’s",
    ])
    return table
  }

  public func chart() -> HeatMap {
    HeatMap(
      title: verdict, subtitle: "accuracy on the test examples of each task (column) after training each (row)",
      rowTitle: "trained", columnTitle: "task", valueTitle: "accuracy", rows: tasks, columns: tasks, values: matrix)
  }

  public func html() -> String {
    PageElements.document(
      title: title, headline: verdict,
      sections: [
        PageElements.section("Accuracy of every task after every task", PageElements.figure(chart(), width: 720)),
        PageElements.section("Measures", PageElements.table(measures(), marksRows: true)),
        PageElements.section("Numbers", PageElements.table(table(), marksRows: true)),
      ], footer: "Made by Lethe. The run of each task is in the folder <code>tasks</code> beside this page.")
  }

  public func csv() -> String {
    var file = CommaSeparatedValues(header: ["after"] + tasks)
    for (task, row) in zip(tasks, matrix) { file.append([task] + row.map { CommaSeparatedValues.number($0) }) }
    return file.text
  }
}
