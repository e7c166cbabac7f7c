import Findings

/// The report of a sweep: which ways of holding back are worth their price.
extension SweepResult {
  /// What a method is among the others, in words.
  func standings(of row: Method) -> [String] {
    if row.failure != nil { return ["not trained"] }
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
    return notes
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
          source?.plain(of: sourceScore) ?? NumberText.missing, target?.plain(of: targetScore) ?? NumberText.missing,
          forgetting?.bare(of: sourceScore) ?? NumberText.missing,
        ]
      }
      let own = row.validation
      table.append(
        [row.method] + cells(row.source, row.target, row.forgetting)
          + (isValidated ? cells(own?.source, own?.target, own?.forgetting) : []) + [
            standings(of: row).joined(separator: ", ")
          ])
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
      subtitle: "\(nouns) on the test examples after training; \(seeds); line: the frontier of the means"
        + (chosenBy?.examples == .validation ? " on the validation examples" : chosenBy?.caution ?? ""),
      xTitle: sourceScore.axisTitle(on: "the source, \(sourceTask)"),
      yTitle: targetScore.axisTitle(on: "the target, \(targetTask)"),
      xLimits: sourceScore.axisLimits, yLimits: targetScore.axisLimits,
      points: methods.compactMap { row in
        guard let source = row.source, let target = row.target else { return nil }
        return FrontierChart.Point(
          name: row.method, x: sourceScore.chartScale * source.mean, y: targetScore.chartScale * target.mean,
          xInterval: source.interval(scaledBy: sourceScore.chartScale),
          yInterval: target.interval(scaledBy: targetScore.chartScale),
          hover: "\(sourceScore.bare(source.mean)), \(targetScore.bare(target.mean))",
          isOnFrontier: row.isOnFrontier, isMarked: row.method == recommended?.method)
      })
  }

  /// What both tasks are judged by.
  private var nouns: String {
    sourceScore.noun == targetScore.noun ? sourceScore.noun : "\(sourceScore.noun) and \(targetScore.noun)"
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
    sections.append(PageElements.section("Data", PageElements.files(csvs())))
    return PageElements.document(
      title: title, headline: verdict, sections: sections, links: links,
      footer: "Made by Lethe. Every run is in the sweep’s folder <code>runs</code>.")
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
