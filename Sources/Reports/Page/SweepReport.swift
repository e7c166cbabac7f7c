/// The report of a sweep: which ways of holding back are worth their price.
public struct SweepReport: Sendable {
  public struct Row: Sendable {
    public var method: String
    public var source: MeanValue?
    public var target: MeanValue?
    public var forgetting: MeanValue?
    public var isOnFrontier: Bool
    /// Why it could not be trained.
    public var failure: String?

    public init(
      method: String, source: MeanValue?, target: MeanValue?, forgetting: MeanValue?, isOnFrontier: Bool,
      failure: String? = nil
    ) {
      self.method = method
      self.source = source
      self.target = target
      self.forgetting = forgetting
      self.isOnFrontier = isOnFrontier
      self.failure = failure
    }
  }

  public var title: String
  public var rows: [Row]
  public var seedCount: Int
  /// The place of the frontier's knee among the rows.
  public var knee: Int?
  /// The most that may be forgotten, a fraction, and the place of the row that keeps it best.
  public var budget: Double?
  public var choice: Int?
  /// The command that trains with the row that is recommended.
  public var command: String?
  public var sourceTask: String
  public var targetTask: String

  public init(
    title: String, rows: [Row], seedCount: Int, knee: Int?, budget: Double? = nil, choice: Int? = nil,
    command: String? = nil, sourceTask: String, targetTask: String
  ) {
    self.title = title
    self.rows = rows
    self.seedCount = seedCount
    self.knee = knee
    self.budget = budget
    self.choice = choice
    self.command = command
    self.sourceTask = sourceTask
    self.targetTask = targetTask
  }

  /// The finding in a sentence.
  public var verdict: String {
    func figures(_ row: Row) -> String {
      "target \(row.target?.text ?? NumberText.missing), source \(row.source?.text ?? NumberText.missing)"
    }
    if let budget {
      let limit = "\(NumberText.points(budget)) points"
      guard let choice else { return "No strength that was tried forgets \(limit) or less." }
      let row = rows[choice]
      return row.method == "none"
        ? "Plain fine-tuning forgets no more than \(limit): \(figures(row))."
        : "\(row.method) has the best target accuracy of those that forget at most \(limit): \(figures(row))."
    }
    if let knee { return "The knee of the frontier is \(rows[knee].method): \(figures(rows[knee]))." }
    let frontier = rows.filter(\.isOnFrontier)
    guard !frontier.isEmpty else { return "No method could be trained." }
    if frontier.count == 1 { return "\(frontier[0].method) is best on both tasks: \(figures(frontier[0]))." }
    return "\(NumberText.plural(frontier.count, "method")) trade one task for the other, and the frontier has no knee."
  }

  private var finding: String {
    let frontier = rows.filter(\.isOnFrontier)
    guard frontier.count > 1 else {
      return frontier.first.map { "\($0.method) is best on both tasks" } ?? "No method was trained"
    }
    return "On the frontier, more of one accuracy costs the other: \(frontier.map(\.method).joined(separator: ", "))"
  }

  /// A row a method.
  public func table() -> TextTable {
    var table = TextTable([
      TextTable.Column("method"), .number("source"), .number("target"), .number("forgotten"), .init(""),
    ])
    for (index, row) in rows.enumerated() {
      var note = row.failure != nil ? "not trained" : row.isOnFrontier ? "frontier" : ""
      if index == knee { note += ", knee" }
      if index == choice { note += (note.isEmpty ? "" : ", ") + "within the budget" }
      table.append([
        row.method, row.source?.text ?? NumberText.missing, row.target?.text ?? NumberText.missing,
        row.forgetting.map { NumberText.points($0.mean) } ?? NumberText.missing, note,
      ])
    }
    return table
  }

  /// Why methods could not be trained, a line each.
  public var failures: [String] { rows.compactMap { row in row.failure.map { "\(row.method): \($0)" } } }

  public func chart() -> FrontierChart {
    let seeds =
      seedCount == 1
      ? "one seed, so no intervals" : "means of \(seedCount) seeds with 95 % intervals (Student’s t)"
    return FrontierChart(
      title: finding, subtitle: "accuracy on the test examples after training; \(seeds); line: the frontier",
      xTitle: "accuracy on the source, \(sourceTask) (%)", yTitle: "accuracy on the target, \(targetTask) (%)",
      points: rows.enumerated().compactMap { index, row in
        guard let source = row.source, let target = row.target else { return nil }
        return FrontierChart.Point(
          name: row.method, x: 100 * source.mean, y: 100 * target.mean, xInterval: source.percent,
          yInterval: target.percent, isOnFrontier: row.isOnFrontier, isMarked: index == (choice ?? knee))
      })
  }

  /// The report as one HTML file.
  public func html() -> String {
    var sections = [PageElements.section("The frontier", PageElements.figure(chart(), width: 900))]
    sections.append(
      PageElements.section(
        "Every method",
        PageElements.table(table(), marksRows: true) + failures.map(PageElements.paragraph).joined()))
    if let command {
      sections.append(
        PageElements.section(
          "Train with it", "<div class=\"scroll\"><pre><code>\(escapedMarkup(command))</code></pre></div>"))
    }
    return PageElements.document(
      title: title, headline: verdict, sections: sections,
      footer: "Made by Lethe. Every run is in the folder <code>runs</code> beside this page.")
  }

  public func csv() -> String {
    let number = CommaSeparatedValues.number
    var file = CommaSeparatedValues(header: [
      "method", "source", "source_low", "source_high", "target", "target_low", "target_high", "forgetting", "frontier",
      "failure",
    ])
    for row in rows {
      file.append(
        [row.method]
          + [row.source, row.target].flatMap { [$0?.mean, $0?.low, $0?.high].map(number) }
          + [number(row.forgetting?.mean), row.isOnFrontier ? "true" : "false", row.failure ?? ""])
    }
    return file.text
  }
}
