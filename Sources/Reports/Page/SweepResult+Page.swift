import Findings

/// The report of a sweep: which ways of holding back are worth their price.
extension SweepResult {
  /// The finding in a sentence, and by which examples it was chosen.
  public var verdict: String {
    let isChosen = budget != nil || methods.contains(where: \.isOnFrontier)
    return judged + (isChosen ? chosenBy.map { " \($0.sentence)" } ?? "" : "")
  }

  private var judged: String {
    func figures(_ row: Method) -> String {
      "target \(row.target?.text ?? NumberText.missing), source \(row.source?.text ?? NumberText.missing)"
    }
    guard let row = candidate else {
      if let budget { return "No strength that was tried forgets \(NumberText.points(budget)) points or less." }
      let count = methods.count(where: \.isOnFrontier)
      return count == 0
        ? "No method could be trained."
        : "By the means \(NumberText.plural(count, "method")) trade one task for the other, and the frontier has no knee."
    }
    if let budget {
      let limit = "\(NumberText.points(budget)) points"
      return
        (row.method == "none"
        ? "Plain fine-tuning forgot no more than \(limit): \(figures(row))."
        : "Of those that forgot at most \(limit), \(row.method) has the best target accuracy: \(figures(row)).")
        + (isEstablished
          ? " It keeps below the budget by \(room)." : " That it keeps within the budget is not established: \(doubt).")
    }
    guard let evidence else { return "Only \(row.method) was trained: \(figures(row))." }
    if row.method == knee {
      let rise = "of the target above the line between the frontier's ends"
      return isEstablished
        ? "The knee of the frontier is \(row.method): \(figures(row)); \(evidence.text) \(rise)."
        : "By the means the knee of the frontier is \(row.method) (\(figures(row))), "
          + "\(NumberText.points(evidence.difference.value)) points \(rise). That is not established: \(doubt)."
    }
    return isEstablished
      ? "\(row.method) is best on both tasks: \(figures(row))."
      : "By the means \(row.method) is best on both tasks (\(figures(row))). That is not established: \(doubt)."
  }

  /// What the candidate leaves of the budget.
  private var room: String { evidence?.text ?? NumberText.missing }

  /// Why the seeds do not carry what the means say.
  private var doubt: String {
    guard let evidence else { return NumberText.missing }
    return evidence.isMore ? "\(evidence.seeds) do not tell the frontier's ends apart on both tasks" : evidence.doubt
  }

  private var finding: String {
    let frontier = methods.filter(\.isOnFrontier)
    guard frontier.count > 1 else {
      guard let best = frontier.first?.method else { return "No method was trained" }
      guard evidence != nil || budget != nil else { return "Only \(best) was trained" }
      return isEstablished && budget == nil
        ? "\(best) is best on both tasks" : "By the means \(best) is best on both tasks"
    }
    return "By the means none of these passes another: \(frontier.map(\.method).joined(separator: ", "))"
  }

  /// What a method is among the others.
  private func standing(_ row: Method) -> String {
    if row.failure != nil { return "not trained" }
    var notes: [String] = []
    if row.isOnFrontier {
      notes.append("frontier")
    } else if let other = row.passedBy {
      notes.append("passed by \(other)")
    } else if row.source != nil {
      notes.append("below the frontier, not established")
    }
    if budget == nil, row.method == knee { notes.append(isEstablished ? "knee" : "knee by the means") }
    if row.method == choice { notes.append(isEstablished ? "within the budget" : "within the budget by the mean") }
    return notes.joined(separator: ", ")
  }

  /// A row a method.
  public func table() -> TextTable {
    let isValidated = chosenBy?.examples == .validation
    let validated = ["source validation", "target validation", "forgotten validation"]
    var table = TextTable(
      [TextTable.Column("method"), .number("source"), .number("target"), .number("forgotten")]
        + (isValidated ? validated.map { .number($0) } : []) + [.init("")])
    for row in methods {
      func cells(_ source: RepeatedMean?, _ target: RepeatedMean?, _ forgetting: RepeatedMean?) -> [String] {
        [
          source?.text ?? NumberText.missing, target?.text ?? NumberText.missing,
          forgetting.map { NumberText.points($0.mean) + $0.spread } ?? NumberText.missing,
        ]
      }
      let own = row.validation
      table.append(
        [row.method] + cells(row.source, row.target, row.forgetting)
          + (isValidated ? cells(own?.source, own?.target, own?.forgetting) : []) + [standing(row)])
    }
    return table
  }

  /// Why methods could not be trained, a line each.
  public var failures: [String] { methods.compactMap { row in row.failure.map { "\(row.method): \($0)" } } }

  /// Source against target, a point a method.
  public func chart() -> FrontierChart {
    let seeds =
      seedCount == 1
      ? "one seed, so no intervals" : "means of \(seedCount) seeds with 95 % intervals (Student’s t)"
    return FrontierChart(
      title: finding,
      subtitle: "accuracy on the test examples after training; \(seeds); line: the frontier of the means"
        + (chosenBy?.examples == .validation ? " on the validation examples" : chosenBy?.caution ?? ""),
      xTitle: "accuracy on the source, \(sourceTask) (%)", yTitle: "accuracy on the target, \(targetTask) (%)",
      points: methods.compactMap { row in
        guard let source = row.source, let target = row.target else { return nil }
        return FrontierChart.Point(
          name: row.method, x: 100 * source.mean, y: 100 * target.mean, xInterval: source.percent,
          yInterval: target.percent, isOnFrontier: row.isOnFrontier, isMarked: row.method == recommended?.method)
      })
  }

  /// The report as one HTML file.
  ///
  /// - Parameter links: other pages, from this one's folder.
  public func html(title: String, links: [PageLink] = []) -> String {
    var sections = [PageElements.section("The frontier", PageElements.figure(chart(), width: 900))]
    sections.append(
      PageElements.section(
        "Every method",
        PageElements.table(table(), marksRows: true) + failures.map(PageElements.paragraph).joined()))
    if let command {
      sections.append(
        PageElements.section(
          "Train with it", PageElements.command(command)))
    }
    return PageElements.document(
      title: title, headline: verdict, sections: sections, links: links,
      footer: "Made by Lethe. Every run is in the folder <code>runs</code> beside this page.")
  }

  /// A line a method.
  public func csv() -> String {
    let number = CommaSeparatedValues.number
    var file = CommaSeparatedValues(header: [
      "method", "source", "source_low", "source_high", "target", "target_low", "target_high", "forgetting", "frontier",
      "failure", "source_validation", "target_validation", "forgetting_validation",
    ])
    for row in methods {
      file.append(
        [row.method]
          + [row.source, row.target].flatMap { [$0?.mean, $0?.low, $0?.high].map(number) }
          + [number(row.forgetting?.mean), row.isOnFrontier ? "true" : "false", row.failure ?? ""]
          + [row.validation?.source, row.validation?.target, row.validation?.forgetting].map { number($0?.mean) })
    }
    return file.text
  }
}
