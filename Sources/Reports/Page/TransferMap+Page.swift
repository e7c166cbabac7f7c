import Findings

/// The report of a transfer map: which way of using a network wins for how much data of which target.
extension TransferMap {
  /// Sets the words that its JSON has beside the numbers.
  public mutating func putIntoWords() {
    protocolText = schedule.text
    findings = sentences
  }

  /// What wins with how much data, a sentence a target, and what fine-tuning gains.
  var sentences: [String] {
    rowsBySimilarity.map { row in
      guard row.dissimilarity.isFinite else { return "\(row.target): \(winners(of: row))." }
      let isEstablished = row.tuningGain?.isMore == true || row.tuningGain?.isLess == true
      let doubt = isEstablished ? "" : " (not established)"
      return
        "\(row.target): \(winners(of: row)); with all, fine-tuning gains \(NumberText.points(row.dissimilarity)) points "
        + "over the head alone\(doubt)."
    }
  }

  /// `head alone with 5 examples a class, undecided with 50 (fine-tuning leads), fine-tuning with all examples`.
  private func winners(of row: Row) -> String {
    var runs: [(standing: TransferMap.Standing, first: String, last: String)] = []
    for cell in row.cells {
      guard let standing = cell.standing else { continue }
      let amount = cell.amountText
      if let open = runs.last, open.standing == standing {
        runs[runs.count - 1].last = amount
      } else {
        runs.append((standing, amount, amount))
      }
    }
    let parts = runs.map { run in
      let range = run.first == run.last ? run.first : "\(run.first) to \(run.last)"
      let amount = "\(range)\(range == "all" ? " examples" : " examples a class")"
      return run.standing.isWin
        ? "\(run.standing.strategy.rawValue) with \(amount)"
        : "undecided with \(amount) (\(run.standing.strategy.rawValue) leads)"
    }
    return parts.isEmpty ? "nothing was measured" : parts.joined(separator: ", ")
  }

  /// CS231n's four cases: its advice, and what wins here; nil for a single target.
  public func caseTable() -> TextTable? {
    guard rows.count > 1, cases.count > 3 else { return nil }
    var table = TextTable([.init("data"), .init("target"), .init("CS231n advises"), .init("wins here")])
    // The nearest target and the furthest.
    for (item, advice) in zip(
      cases.prefix(2) + cases.suffix(2),
      [
        "a linear classifier on the last features", "fine-tuning the whole network",
        "a linear classifier on features from earlier in the network",
        "fine-tuning, if training from scratch does not do as well",
      ])
    {
      table.append([item.data.rawValue, item.target, advice, item.standing?.text ?? NumberText.missing])
    }
    return table
  }

  /// CS231n's four cases in a sentence: what wins with the least data and with the most, for near and far targets.
  public var headline: String {
    let standings = rows.flatMap { $0.cells.compactMap(\.standing) }
    if let only = standings.first, standings.allSatisfy({ $0.strategy == only.strategy }) {
      let name = only.strategy.rawValue.prefix(1).uppercased() + only.strategy.rawValue.dropFirst()
      if standings.allSatisfy(\.isWin) { return "\(name) wins everywhere" }
      return standings.contains(where: \.isWin)
        ? "\(name) leads everywhere, which is not established for every amount"
        : "\(name) leads everywhere, which \(seeds) do not establish"
    }
    guard standings.contains(where: \.isWin) else {
      return "\(seeds.prefix(1).uppercased() + seeds.dropFirst()) do not establish which way wins"
    }
    func winners(_ data: Case.Amount) -> String {
      let found = cases.filter { $0.data == data && $0.leader != nil }
      let groups = (TransferStrategy.allCases.map { Optional($0) } + [nil]).map { winner in
        (name: winner?.rawValue ?? "undecided", cases: found.filter { $0.winner == winner })
      }.filter { !$0.cases.isEmpty }
      return groups.map { name, cases in
        name + (groups.count > 1 ? " for \(cases.map(\.target).joined(separator: " and "))" : "")
      }.joined(separator: ", ")
    }
    return "With little data \(winners(.little)); with much \(winners(.much))"
  }

  /// The seeds, as the subject of a sentence: `one seed alone or two`.
  private var seeds: String {
    schedule.seedCount < SeedComparison.fewestSeeds
      ? "fewer than \(SeedComparison.fewestSeeds) seeds" : "\(schedule.seedCount) seeds"
  }

  /// How a winner is told, in a sentence.
  static let rule =
    "The cheapest way wins of which the seeds establish that no other has more than "
    + "\(NumberText.points(TransferResult.standardTolerance)) points above it, if they also establish that every cheaper one "
    + "does worse than the best. Else the cell is undecided, and names the way whose mean is highest."

  /// Which way wins, a cell an amount of a target.
  public func map() -> ChoiceMap {
    ChoiceMap(
      title: headline,
      subtitle: "the way that wins over seeds, the cheapest of those within "
        + "\(NumberText.points(TransferResult.standardTolerance)) points of each other; without a bar: undecided, the way that leads; "
        + "accuracy on the target, " + schedule.text,
      rows: rowsBySimilarity.map(\.target), columns: amounts, columnTitle: "training examples a class",
      choices: TransferStrategy.allCases.map(\.rawValue),
      cells: rowsBySimilarity.map { row in
        row.cells.map { cell in
          guard let standing = cell.standing, let value = cell.result(standing.strategy),
            let place = TransferStrategy.allCases.firstIndex(of: standing.strategy)
          else { return nil }
          let all = TransferStrategy.allCases.map { "\($0.rawValue): \(cell.text($0))" }
          return ChoiceMap.Cell(
            choice: place, text: NumberText.percent(value.mean) + (standing.isWin ? "" : ", undecided"),
            hover: all.joined(separator: "; "), isSettled: standing.isWin)
        }
      })
  }

  /// Accuracy by the amount of data, a line a strategy.
  public func chart(_ row: Row) -> LineChart {
    let winners = winners(of: row)
    var chart = LineChart(
      title: winners.prefix(1).uppercased() + winners.dropFirst(),
      subtitle: "accuracy on \(row.target), \(schedule.text)", valueTitle: "accuracy (%)",
      decimals: 1,
      series: TransferStrategy.allCases.map { strategy in
        LineChart.Series(
          name: strategy.rawValue,
          points: row.cells.enumerated().compactMap { index, cell in
            cell.result(strategy)?.over.chartPoint(at: index)
          })
      })
    chart.countTitle = "training examples a class"
    chart.countNames = amounts
    return chart
  }

  /// A target: every way for every amount.
  public func table(_ row: Row) -> TextTable {
    var table = TextTable(
      [.number("a class"), .number("in all")] + TransferStrategy.allCases.map { .number($0.rawValue) } + [.init("wins")]
    )
    for cell in row.cells where !cell.outcomes.isEmpty {
      table.append(
        [cell.amountText, NumberText.grouped(cell.exampleCount)] + TransferStrategy.allCases.map(cell.text)
          + [cell.standing?.text ?? ""])
    }
    return table
  }

  /// A line a run.
  public func csv() -> String {
    var table = CommaSeparatedValues(header: ["target", "per_class", "examples", "strategy", "run", "accuracy"])
    for row in rowsBySimilarity {
      for cell in row.cells {
        for outcome in cell.outcomes {
          for (run, value) in outcome.result.values.enumerated() {
            table.append([
              row.target, cell.amountText, "\(cell.exampleCount)", outcome.strategy.rawValue, "\(run)",
              CommaSeparatedValues.number(value),
            ])
          }
        }
      }
    }
    return table.text
  }

  /// The report as one HTML file.
  ///
  /// - Parameter links: other pages, from this one's folder.
  public func html(title: String, links: [PageLink] = []) -> String {
    var picture = map()
    // The page begins with the finding.
    picture.title = "Which way wins"
    var sections = [
      PageElements.section(
        "The map",
        PageElements.figure(picture, width: 860) + sentences.map { PageElements.paragraph($0) }.joined()
          + PageElements.paragraph(
            "The most similar target stands first: the one for which fine-tuning gains least over the network's own "
              + "features. \(Self.rule)"))
    ]
    if let cases = caseTable() { sections.append(PageElements.section("Four cases", PageElements.table(cases))) }
    for row in rowsBySimilarity {
      sections.append(
        PageElements.section(
          row.target, PageElements.figure(chart(row), width: 860) + PageElements.table(table(row))))
    }
    return PageElements.document(
      title: title, headline: headline, sections: sections, links: links,
      footer: "Made by Lethe: <code>lethe transfer</code>.")
  }
}

extension TransferMap {
  /// Names of the amounts: `5`, `20`, `all`.
  fileprivate var amounts: [String] { rows.first?.cells.map(\.amountText) ?? [] }
}

extension TransferMap {
  /// What is to be said of the ways at one place: which one wins, or leads without that being established.
  fileprivate struct Standing: Equatable {
    let strategy: TransferStrategy
    let isWin: Bool

    /// Nil where nothing was measured.
    init?(winner: TransferStrategy?, leader: TransferStrategy?) {
      guard let strategy = winner ?? leader else { return nil }
      self.strategy = strategy
      isWin = winner != nil
    }

    var text: String { isWin ? strategy.rawValue : "undecided, \(strategy.rawValue) leads" }
  }
}

extension TransferMap.Case {
  fileprivate var standing: TransferMap.Standing? { .init(winner: winner, leader: leader) }
}

extension TransferMap.Cell {
  fileprivate var standing: TransferMap.Standing? { .init(winner: winner, leader: leader) }

  fileprivate var amountText: String { amount.map(String.init) ?? "all" }

  fileprivate func text(_ strategy: TransferStrategy) -> String { result(strategy)?.over.text ?? NumberText.missing }
}
