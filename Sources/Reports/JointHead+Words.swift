import Findings

extension RunFinding {
  /// What one head for the classes of both tasks came to, in a sentence without its stop; nil where each task has its own.
  public var jointWords: String? {
    guard let joint, let after = joint.epochs.first(where: { $0.epoch == chosenEpoch }) else { return nil }
    let start = joint.epochs.first { $0.epoch == 0 }.map { "\(NumberText.points($0.accuracy)) → " } ?? ""
    let (source, target) = (sourceTask ?? "the source task", targetTask)
    return "all \(NumberText.grouped(joint.classCount)) classes of the head together: \(start)"
      + "\(NumberText.percent(after.accuracy)) of both tasks' \(NumberText.plural(after.count, "test example")) right; "
      + "\(NumberText.percent(after.sourceTakenForTarget)) of \(source)'s taken for a class of \(target) alone, "
      + "\(NumberText.percent(after.targetTakenForSource)) of \(target)'s for one of \(source) alone"
  }
}

extension RunReport {
  /// A row for each epoch of the runs in which one head knows both tasks' classes.
  func jointTable() -> TextTable {
    var table = TextTable([
      TextTable.Column("run"), .number("epoch"), .number("all classes"), .number("source taken for target"),
      .number("target taken for source"),
    ])
    for run in runs {
      for epoch in run.joint?.epochs ?? [] {
        table.append([
          run.name, String(epoch.epoch), NumberText.percent(epoch.accuracy),
          NumberText.percent(epoch.sourceTakenForTarget), NumberText.percent(epoch.targetTakenForSource),
        ])
      }
    }
    return table
  }

  /// What the table of ``jointTable()`` says.
  static let jointNote =
    "All classes: the share of both tasks' test examples that is right among all classes of the head. Taken for the other: "
    + "the share of one task's examples whose likeliest class is one that the other task alone has."
}
