import Testing

@testable import Reports

@Suite struct TransferMapReportTests {
  private func cell(_ count: Int, _ means: [Double?], winner: Int?) -> TransferMapReport.Cell {
    .init(
      exampleCount: count,
      values: means.map { mean in
        mean.map { .init(values: [$0 - 0.01, $0 + 0.01], mean: $0, low: $0 - 0.02, high: $0 + 0.02) }
      }, winner: winner)
  }

  private var report: TransferMapReport {
    TransferMapReport(
      title: "map", strategies: ["head alone", "fine-tuning", "from scratch"], amounts: ["5", "all"],
      rows: [
        .init(
          target: "near", cells: [cell(25, [0.8, 0.7, 0.5], winner: 0), cell(30_000, [0.9, 0.95, 0.93], winner: 1)],
          dissimilarity: 0.05),
        .init(
          target: "far", cells: [cell(50, [0.3, 0.4, nil], winner: 1), cell(60_000, [0.5, 0.9, 0.9], winner: 1)],
          dissimilarity: 0.4),
      ], protocolText: "2 epochs")
  }

  @Test func theFindingsSayWhereTheWinnerChanges() {
    #expect(
      report.findings == [
        "near: head alone with 5 examples a class, fine-tuning with all examples; with all, fine-tuning gains 5.0 points "
          + "over the head alone.",
        "far: fine-tuning with 5 to all examples a class; with all, fine-tuning gains 40.0 points over the head alone.",
      ])
    #expect(
      report.caseTable()?.rows.map { [$0[0], $0[1], $0[3]] } == [
        ["little", "near", "head alone"], ["much", "near", "fine-tuning"], ["little", "far", "fine-tuning"],
        ["much", "far", "fine-tuning"],
      ])
    #expect(report.headline == "With little data head alone for near, fine-tuning for far; with much fine-tuning")
    var all = report
    all.rows.removeFirst()
    #expect(all.caseTable() == nil)
    #expect(all.headline == "Fine-tuning wins everywhere")
  }

  @Test func amountsThatATargetDoesNotHaveAreLeftOut() {
    var gap = report
    gap.amounts.insert("20", at: 1)
    gap.rows[0].cells.insert(cell(100, [nil, nil, nil], winner: nil), at: 1)
    gap.rows[1].cells.insert(cell(200, [0.4, 0.5, 0.6], winner: 1), at: 1)
    gap.rows[0].cells[0].winner = 1
    #expect(gap.findings[0].hasPrefix("near: fine-tuning with 5 to all examples a class;"), "\(gap.findings[0])")
    #expect(gap.table(gap.rows[0]).rows.map { $0[0] } == ["5", "all"])
    #expect(gap.chart(gap.rows[0]).series[0].points.map(\.epoch) == [0, 2])
    #expect(gap.map().svg().contains("class=\"missing\""))
  }

  @Test func theMapHasACellForEveryCase() {
    let svg = report.map().svg()
    #expect(svg.components(separatedBy: " tint\"").count - 1 == 4)
    #expect(svg.contains("head alone: 80.0 % ± 2.0; fine-tuning: 70.0 % ± 2.0; from scratch: 50.0 % ± 2.0"))
    #expect(svg.contains(">all<") && svg.contains(">near<"))
    var empty = report
    empty.rows[0].cells[0].winner = nil
    #expect(empty.map().svg().contains("class=\"missing\""))
  }

  @Test func amountsAreNamedUnderTheCurves() {
    let chart = report.chart(report.rows[1])
    #expect(chart.series.map(\.points.count) == [2, 2, 1])
    #expect(chart.svg().contains(">all<") && chart.svg().contains("training examples a class 5: 40.0"))
  }

  @Test func tableAndFileHaveEveryNumber() {
    let table = report.table(report.rows[1])
    #expect(table.rows[0] == ["5", "50", "30.0 % ± 2.0", "40.0 % ± 2.0", "–", "fine-tuning"])
    let lines = report.csv().split(separator: "\r\n")
    #expect(lines.count == 1 + 2 * (12 - 1), "\(lines.count)")
    #expect(lines[0] == "target,per_class,examples,strategy,run,accuracy")
    #expect(lines[1].hasPrefix("near,5,25,head alone,0,0.79"))
    #expect(
      report.html().contains(
        "<h1>With little data head alone for near, fine-tuning for far; with much fine-tuning</h1>"))
  }
}
