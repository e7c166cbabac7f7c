/// The report of a transfer map: which way of using a network wins for how much data of which target. Accuracies are
/// fractions.
public struct TransferMapReport: Sendable {
  /// One amount of one target.
  public struct Cell: Sendable {
    /// Training examples in all.
    public var exampleCount: Int
    /// One a strategy; nil where it was not measured.
    public var values: [MeanValue?]
    /// The place of the cheapest strategy that does as well as the most accurate.
    public var winner: Int?

    public init(exampleCount: Int, values: [MeanValue?], winner: Int?) {
      self.exampleCount = exampleCount
      self.values = values
      self.winner = winner
    }
  }

  public struct Row: Sendable {
    public var target: String
    public var cells: [Cell]
    /// What fine-tuning gains over the network's own features with all the data.
    public var dissimilarity: Double

    public init(target: String, cells: [Cell], dissimilarity: Double) {
      self.target = target
      self.cells = cells
      self.dissimilarity = dissimilarity
    }
  }

  public var title: String
  /// Names of the strategies, the cheapest first.
  public var strategies: [String]
  /// Names of the amounts: `5`, `20`, `all`.
  public var amounts: [String]
  /// The most similar target first.
  public var rows: [Row]
  /// How it was made.
  public var protocolText: String

  public init(title: String, strategies: [String], amounts: [String], rows: [Row], protocolText: String) {
    self.title = title
    self.strategies = strategies
    self.amounts = amounts
    self.rows = rows
    self.protocolText = protocolText
  }

  /// What wins with how much data, a sentence a target.
  public var findings: [String] {
    rows.map { row in
      let gain =
        row.dissimilarity.isFinite
        ? "; with all, fine-tuning gains \(NumberText.points(row.dissimilarity)) points over the head alone" : ""
      return "\(row.target): \(winners(of: row))\(gain)."
    }
  }

  /// `head alone with 5 examples a class, fine-tuning with 50 to all examples a class`.
  private func winners(of row: Row) -> String {
    var runs: [(winner: Int, first: String, last: String)] = []
    for (amount, cell) in zip(amounts, row.cells) {
      guard let winner = cell.winner else { continue }
      if let open = runs.last, open.winner == winner {
        runs[runs.count - 1].last = amount
      } else {
        runs.append((winner, amount, amount))
      }
    }
    let parts = runs.map { run in
      let range = run.first == run.last ? run.first : "\(run.first) to \(run.last)"
      return "\(strategies[run.winner]) with \(range)\(range == "all" ? " examples" : " examples a class")"
    }
    return parts.isEmpty ? "nothing was measured" : parts.joined(separator: ", ")
  }

  /// CS231n's four cases: its advice, and what wins here; nil for a single target.
  public func caseTable() -> TextTable? {
    guard rows.count > 1, let near = rows.first, let far = rows.last else { return nil }
    var table = TextTable([.init("data"), .init("target"), .init("CS231n advises"), .init("wins here")])
    for (data, row, cell, advice) in [
      ("little", near, near.cells.first, "a linear classifier on the last features"),
      ("much", near, near.cells.last, "fine-tuning the whole network"),
      ("little", far, far.cells.first, "a linear classifier on features from earlier in the network"),
      ("much", far, far.cells.last, "fine-tuning, if training from scratch does not do as well"),
    ] {
      table.append([
        data, row.target, advice, cell?.winner.map { strategies[$0] } ?? NumberText.missing,
      ])
    }
    return table
  }

  /// CS231n's four cases in a sentence: what wins with the least data and with the most, for near and far targets.
  public var headline: String {
    let all = Set(rows.flatMap { $0.cells.compactMap(\.winner) })
    if all.count == 1, let only = all.first {
      return "\(strategies[only].prefix(1).uppercased() + strategies[only].dropFirst()) wins everywhere"
    }
    func winners(at cell: (Row) -> Cell?) -> String {
      let found = rows.compactMap { row in cell(row)?.winner.map { (target: row.target, winner: $0) } }
      let groups = Dictionary(grouping: found, by: \.winner).sorted { $0.key < $1.key }
      return groups.map { winner, rows in
        strategies[winner] + (groups.count > 1 ? " for \(rows.map(\.target).joined(separator: " and "))" : "")
      }.joined(separator: ", ")
    }
    return "With little data \(winners { $0.cells.first }); with much \(winners { $0.cells.last })"
  }

  public func map() -> ChoiceMap {
    ChoiceMap(
      title: headline,
      subtitle: "the cheapest way within a point of the best; accuracy on the target, "
        + protocolText,
      rows: rows.map(\.target), columns: amounts, columnTitle: "training examples a class", choices: strategies,
      cells: rows.map { row in
        row.cells.map { cell in
          guard let winner = cell.winner, let value = cell.values[winner] else { return nil }
          let all = zip(strategies, cell.values).map { "\($0): \($1?.text ?? NumberText.missing)" }
          return ChoiceMap.Cell(
            choice: winner, text: NumberText.percent(value.mean), hover: all.joined(separator: "; "))
        }
      })
  }

  /// Accuracy by the amount of data, a line a strategy.
  public func chart(_ row: Row) -> LineChart {
    var chart = LineChart(
      title: winners(of: row), subtitle: "accuracy on \(row.target), \(protocolText)", valueTitle: "accuracy (%)",
      decimals: 1,
      series: strategies.enumerated().map { place, name in
        LineChart.Series(
          name: name,
          points: row.cells.enumerated().compactMap { index, cell in
            cell.values[place]?.chartPoint(at: index)
          })
      })
    chart.countTitle = "training examples a class"
    chart.countNames = amounts
    return chart
  }

  public func table(_ row: Row) -> TextTable {
    var table = TextTable(
      [.number("a class"), .number("in all")] + strategies.map { .number($0) } + [.init("wins")])
    for (amount, cell) in zip(amounts, row.cells) where cell.values.contains(where: { $0 != nil }) {
      table.append(
        [amount, NumberText.grouped(cell.exampleCount)] + cell.values.map { $0?.text ?? NumberText.missing }
          + [cell.winner.map { strategies[$0] } ?? ""])
    }
    return table
  }

  public func csv() -> String {
    var table = CommaSeparatedValues(header: ["target", "per_class", "examples", "strategy", "run", "accuracy"])
    for row in rows {
      for (amount, cell) in zip(amounts, row.cells) {
        for (strategy, value) in zip(strategies, cell.values) {
          for (run, accuracy) in (value?.values ?? []).enumerated() {
            table.append([
              row.target, amount, "\(cell.exampleCount)", strategy, "\(run)", CommaSeparatedValues.number(accuracy),
            ])
          }
        }
      }
    }
    return table.text
  }

  public func html() -> String {
    var picture = map()
    // The page begins with the finding.
    picture.title = "The cheapest way that does as well as any"
    var sections = [
      PageElements.section(
        "The map",
        PageElements.figure(picture, width: 860) + findings.map { PageElements.paragraph($0) }.joined()
          + PageElements.paragraph(
            "The most similar target stands first: the one for which fine-tuning gains least over the network's own "
              + "features. Of two ways that do equally well the cheaper one is named."))
    ]
    if let cases = caseTable() { sections.append(PageElements.section("Four cases", PageElements.table(cases))) }
    for row in rows {
      sections.append(
        PageElements.section(
          row.target, PageElements.figure(chart(row), width: 860) + PageElements.table(table(row))))
    }
    return PageElements.document(
      title: title, headline: headline, sections: sections,
      footer: "Made by Lethe: <code>lethe transfer</code>.")
  }
}
