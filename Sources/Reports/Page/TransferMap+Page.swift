import Findings

/// The report of a transfer map: which way of using a network wins for how much data of which target.
extension TransferMap {
  /// CS231n's four cases: its advice, and what wins here; nil for a single target or amount.
  public func caseTable() -> TextTable? {
    guard rows.count > 1, amounts.count > 1, cases.count > 3 else { return nil }
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

  /// Which way wins, a cell an amount of a target.
  public func map() -> ChoiceMap {
    ChoiceMap(
      title: headline,
      subtitle: "the way that wins over seeds, the cheapest of those within "
        + "\(score.withinWords); without a bar: undecided, the way that leads; "
        + "\(score.noun) on the target, " + schedule.text,
      rows: rowsBySimilarity.map(\.target), columns: amounts, columnTitle: "training \(amountUnit)",
      choices: TransferStrategy.allCases.map(\.rawValue),
      cells: rowsBySimilarity.map { row in
        row.cells.map { cell in
          guard let standing = cell.standing, let value = cell.result(standing.strategy),
            let place = TransferStrategy.allCases.firstIndex(of: standing.strategy)
          else { return nil }
          let all = TransferStrategy.allCases.map { "\($0.rawValue): \(cell.text($0))" }
          return ChoiceMap.Cell(
            choice: place, text: score.plain(value.mean) + (standing.isWin ? "" : ", undecided"),
            hover: all.joined(separator: "; "), isSettled: standing.isWin)
        }
      })
  }

  /// The score by the amount of data, a line a strategy.
  public func chart(_ row: Row) -> LineChart {
    var chart = LineChart(
      title: title(of: row),
      subtitle: "\(score.noun) on \(row.target), \(schedule.text)", valueTitle: score.directedAxisTitle,
      limits: score.axisLimits, decimals: score.chartDecimals,
      series: TransferStrategy.allCases.map { strategy in
        LineChart.Series(
          name: strategy.rawValue,
          points: row.cells.enumerated().compactMap { index, cell in
            cell.result(strategy)?.over.chartPoint(at: index, of: score)
          })
      })
    chart.countTitle = "training \(amountUnit)"
    chart.countNames = amounts
    return chart
  }

  /// A target: every way for every amount.
  public func table(_ row: Row) -> TextTable {
    var table = TextTable(
      (isPerClass ? [.number("a class")] : []) + [.number("in all")]
        + TransferStrategy.allCases.map { .number($0.rawValue) } + [.init("wins")]
    )
    for cell in row.cells where !cell.outcomes.isEmpty {
      table.append(
        (isPerClass ? [cell.amountText] : []) + [NumberText.grouped(cell.exampleCount)]
          + TransferStrategy.allCases.map(cell.text)
          + [cell.standing?.text ?? ""])
    }
    return table
  }

  /// A line a run.
  public func csv() -> String {
    var table = CommaSeparatedValues(header: [
      "target", isPerClass ? "per_class" : "drawn", "examples", "strategy", "run", score.name,
    ])
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
              + "features. \(rule)"))
    ]
    if let cases = caseTable() { sections.append(PageElements.section("Four cases", PageElements.table(cases))) }
    for row in rowsBySimilarity {
      sections.append(
        PageElements.section(
          row.target, PageElements.figure(chart(row), width: 860) + PageElements.table(table(row))))
    }
    sections.append(PageElements.section("Data", PageElements.files(csvs())))
    return PageElements.document(
      title: title, headline: headline, sections: sections, links: links,
      footer: "Made by Lethe: <code>lethe transfer</code>.")
  }
}
