import Findings

extension RunFinding {
  /// What one head for the classes of both tasks came to, in a sentence without its stop; nil where each task has its own.
  public var jointWords: String? {
    guard let joint, let after = joint.epochs.first(where: { $0.epoch == chosenEpoch }) else { return nil }
    let start = joint.epochs.first { $0.epoch == 0 }.map { "\(after.score.bare($0.value)) → " } ?? ""
    let (source, target) = (sourceTask ?? "the source task", targetTask)
    let examples = "both tasks' \(NumberText.plural(after.count, "test example"))"
    let reached = start + after.score.text(after.value)
    let (taken, takenBack) = (
      NumberText.percent(after.sourceTakenForTarget), NumberText.percent(after.targetTakenForSource)
    )
    let count = NumberText.grouped(joint.classCount)
    guard joint.places != JointHead.labels else {
      return "all \(count) labels of the head together: \(reached) over \(examples); "
        + "\(taken) of the labels said of \(source)'s examples are of \(target) alone, "
        + "\(takenBack) of those said of \(target)'s of \(source) alone"
    }
    let judged = joint.places == nil ? "\(reached) of \(examples) right" : "\(reached) over \(examples)"
    return "all \(count) classes of the head together: \(judged); "
      + "\(taken) of \(source)'s \(joint.places.map { "\($0) " } ?? "")taken for a class of \(target) alone, "
      + "\(takenBack) of \(target)'s for one of \(source) alone"
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
          run.name, String(epoch.epoch), epoch.score.text(epoch.value),
          NumberText.percent(epoch.sourceTakenForTarget), NumberText.percent(epoch.targetTakenForSource),
        ])
      }
    }
    return table
  }

  /// What the table of ``jointTable()`` says.
  var jointNote: String {
    guard runs.contains(where: { $0.joint?.places != nil }) else {
      return
        "All classes: the share of both tasks' test examples that is right among all classes of the head. Taken for "
        + "the other: the share of one task's examples whose likeliest class is one that the other task alone has."
    }
    return "All classes: the score of both tasks' test examples together, among all classes of the head. Taken for the "
      + "other: of all that is answered to one task's examples, the share that is a class which the other task alone has."
  }
}
