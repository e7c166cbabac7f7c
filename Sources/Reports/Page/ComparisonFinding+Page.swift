import Findings

/// What two files of predictions say, as a page.
extension ComparisonFinding {
  /// What became of the models' confidence, in a sentence; nil where no change of it is established.
  public var confidenceNote: String? {
    guard let confidence, let verdict = confidence.verdict else { return nil }
    return "confidence \(verdict): \(confidence.words)"
  }

  /// The figures of confidence, a row each; nil without probabilities.
  public func confidenceTable() -> TextTable? {
    guard let confidence else { return nil }
    var table = TextTable(ConfidenceChange.columns)
    for row in confidence.rows() { table.append(row) }
    return table
  }

  /// What each group lost, with its interval; nil without groups that can be judged.
  public func groupChart() -> BarChart? {
    let judged = groups.filter { $0.compared.tooLittle == nil }
    guard !judged.isEmpty, let groupedBy else { return nil }
    let most = judged.first { $0.compared.change == .loss }
    let scale = score.chartScale
    let chart = BarChart(
      title: most.map {
        "\(Double($0.name) == nil ? "" : "\(groupedBy) ")\($0.name) lost most: \(score.amount($0.compared.loss.value))"
      }
        ?? "No group is established to have lost",
      subtitle: "\(score.unitWords) lost by \(groupedBy); whisker: 95 % intervals that hold for all groups together",
      valueTitle: "\(score.chartTitle) lost", decimals: score.chartDecimals, rows: judged.map(\.name),
      series: [
        BarChart.Series(
          name: "lost",
          values: judged.map { group in
            let loss = group.compared.loss
            return BarChart.Value(scale * loss.value, low: scale * loss.low, high: scale * loss.high)
          })
      ])
    return chart.folded("groups that lost most") { $0.first }
  }

  /// The page: one file, nothing loaded from elsewhere.
  public func html(title: String) -> String {
    func paragraphs(_ lines: [String?]) -> String {
      lines.compactMap { $0 }.map { PageElements.paragraph(DiagnosisPage.sentence($0)) }.joined()
    }
    var sections = [PageSection(nil, paragraphs([basis, chanceNote] + excesses))]
    if !further.isEmpty {
      sections.append(PageElements.section("All scores", PageElements.table(furtherTable())))
    }
    if !groups.isEmpty {
      sections.append(
        PageElements.section(
          "Where",
          (groupChart().map { PageElements.figure($0, width: 720) } ?? "")
            + PageElements.table(groupTable(), marksRows: true, noun: "group")
            + paragraphs([groupNote.map { "(\($0))" }])))
    }
    if let table = confidenceTable() {
      sections.append(
        PageElements.section(
          "Trust in its own confidence",
          paragraphs([confidenceNote]) + PageElements.table(table) + PageElements.paragraph(Reports.confidenceNote)))
    }
    if !changed.isEmpty {
      sections.append(PageElements.section("Which examples", paragraphs(changedLines(first: 20))))
    }
    sections.append(PageElements.section("Data", PageElements.files(csvs())))
    return PageElements.document(
      title: title, headline: DiagnosisPage.sentence(verdict), sections: sections,
      footer: "Made by Lethe: <code>lethe compare</code>.")
  }

  private func csvs() -> [(fileName: String, content: String)] {
    let number = CommaSeparatedValues.number
    var file = CommaSeparatedValues(header: [
      "group", "count", "before", "after", "lost", "low", "high", "p_value", "change",
    ])
    func append(_ name: String, _ compared: ComparedScore) {
      file.append(
        [name, "\(compared.count)"]
          + [
            compared.before, compared.after, compared.loss.value, compared.loss.low, compared.loss.high,
            compared.pValue,
          ].map(number) + [compared.verdictWord])
    }
    append("", whole)
    for group in groups { append(group.name, group.compared) }
    return [("comparison.csv", file.text)] + (changed.isEmpty ? [] : [("changed.csv", changedFile())])
  }
}
