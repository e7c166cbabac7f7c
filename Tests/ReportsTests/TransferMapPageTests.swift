import Findings
import Testing

@testable import Reports

@Suite struct TransferMapPageTests {
  /// Means of the head alone, of fine-tuning and of training from scratch; three seeds, two points apart, and two tenths of
  /// a point that are each way's own.
  private func cell(_ amount: Int?, _ count: Int, _ means: [Double?]) -> TransferMap.Cell {
    let pairs = zip([TransferStrategy.head, .tuning, .scratch], means).compactMap { strategy, mean in
      let own: Double = strategy == .head ? 0.002 : strategy == .tuning ? 0 : -0.002
      return mean.map { (strategy, [$0 - 0.01 + own, $0 + 0.01 - own, $0]) }
    }
    return .init(
      amount: amount, exampleCount: count, testCount: 10_000, values: Dictionary(uniqueKeysWithValues: pairs))
  }

  private var rows: [TransferMap.Row] {
    [
      .init(target: "far", cells: [cell(5, 50, [0.3, 0.4, nil]), cell(nil, 60_000, [0.5, 0.9, 0.9])]),
      .init(target: "near", cells: [cell(5, 25, [0.8, 0.7, 0.5]), cell(nil, 30_000, [0.9, 0.95, 0.93])]),
    ]
  }

  private func map(_ rows: [TransferMap.Row]) -> TransferMap {
    var map = TransferMap(
      rows: rows, schedule: TransferSchedule(epochCount: 2, learningRate: 0.03, leastSteps: 200, seedCount: 3))
    map.putIntoWords()
    return map
  }

  private var report: TransferMap { map(rows) }

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
    let one = map([rows[0]])
    #expect(one.caseTable() == nil)
    #expect(one.headline == "Fine-tuning wins everywhere")
    #expect(
      report.protocolText
        == "2 epochs but at least 200 steps, learning rate 0.03, the same for all; means over 3 seeds with 95 % "
        + "intervals")
  }

  @Test func oneSeedSaysWhatLeadsAndThatNothingIsEstablished() {
    func single(_ head: Double, _ tuned: Double) -> TransferMap.Cell {
      .init(amount: nil, exampleCount: 100, testCount: 200, values: [.head: [head], .tuning: [tuned]])
    }
    func map(_ cells: [TransferMap.Cell]) -> TransferMap {
      var map = TransferMap(
        rows: [.init(target: "t", cells: cells)],
        schedule: TransferSchedule(epochCount: 1, learningRate: 0.1, seedCount: 1))
      map.putIntoWords()
      return map
    }
    let one = map([single(0.71, 0.76)])
    #expect(one.headline == "Fine-tuning leads everywhere, which fewer than 3 seeds do not establish")
    #expect(
      one.findings == [
        "t: undecided with all examples (fine-tuning leads); with all, fine-tuning gains 5.0 points over the head alone (not "
          + "established)."
      ])
    #expect(one.table(one.rows[0]).rows[0].last == "undecided, fine-tuning leads")
    #expect(
      map([single(0.8, 0.7), single(0.71, 0.76)]).headline == "Fewer than 3 seeds do not establish which way wins")
    #expect(one.html(title: "m").contains("within 1.0 points of each other"))
  }

  @Test func amountsThatATargetDoesNotHaveAreLeftOut() {
    var rows = rows
    rows[1].cells[0] = cell(5, 25, [0.7, 0.8, 0.5])
    rows[1].cells.insert(cell(20, 100, []), at: 1)
    rows[0].cells.insert(cell(20, 200, [0.4, 0.5, 0.6]), at: 1)
    let gap = map(rows)
    #expect(gap.findings[0].hasPrefix("near: fine-tuning with 5 to all examples a class;"), "\(gap.findings[0])")
    #expect(gap.table(gap.rows[1]).rows.map { $0[0] } == ["5", "all"])
    #expect(gap.chart(gap.rows[1]).series[0].points.map(\.epoch) == [0, 2])
    #expect(gap.map().svg().contains("class=\"missing\""))
  }

  @Test func theMapHasACellForEveryCase() {
    let svg = report.map().svg()
    #expect(svg.components(separatedBy: " tint\"").count - 1 == 4)
    #expect(
      svg.contains(
        "head alone: 80.0 % ± 2.0; linear on the best block: –; fine-tuning: 70.0 % ± 2.5; from scratch: 50.0 % ± 3.0"
      ))
    #expect(svg.contains(">all<") && svg.contains(">near<"))
    var empty = report
    empty.rows[0].cells[0].winner = nil
    // Without a winner the way that leads is named, without its bar.
    let open = empty.map().svg()
    #expect(open.contains("40.0 %, undecided") && !open.contains("class=\"missing\""))
    empty.rows[0].cells[0].leader = nil
    #expect(empty.map().svg().contains("class=\"missing\""))
  }

  @Test func amountsAreNamedUnderTheCurves() {
    let chart = report.chart(report.rows[0])
    #expect(chart.series.map(\.points.count) == [2, 0, 2, 1])
    #expect(chart.svg().contains(">all<") && chart.svg().contains("training examples a class 5: 30.0"))
  }

  @Test func tableAndFileHaveEveryNumber() {
    let table = report.table(report.rows[0])
    #expect(table.rows[0] == ["5", "50", "30.0 % ± 2.0", "–", "40.0 % ± 2.5", "–", "fine-tuning"])
    let lines = report.csv().split(separator: "\r\n")
    #expect(lines.count == 1 + 3 * (12 - 1), "\(lines.count)")
    #expect(lines[0] == "target,per_class,examples,strategy,run,accuracy")
    #expect(lines[1].hasPrefix("near,5,25,head alone,0,0.792"))
    #expect(
      report.html(title: "map").contains(
        "<h1>With little data head alone for near, fine-tuning for far; with much fine-tuning</h1>"))
  }

  @Test func pageTableAndJSONGiveTheSameNumbers() throws {
    let map = report
    let json = try FindingEncoder.encode(map)
    let read = try FindingDecoder.decode(TransferMap.self, from: json.serialized())
    #expect(try FindingEncoder.encode(read) == json)
    for row in map.rows {
      #expect(read.table(read.rows.first { $0.target == row.target } ?? row) == map.table(row))
    }
    #expect(read.html(title: "m") == map.html(title: "m") && read.csv() == map.csv())
    // Worked by hand: of far and all, fine-tuning has 0.89 and 0.91.
    #expect(
      json.serialized().contains(
        #"{"perClass":null,"drawn":null,"examples":60000,"testExamples":10000,"winner":"fine-tuning","leader":"fine-tuning","strategies":[{"name":"head alone","accuracy":0.5,"#
      ))
    #expect(map.table(map.rows[0]).rows[1][4] == "90.0 % ± 2.5" && map.html(title: "m").contains("90.0 % ± 2.5"))
    #expect(
      json.serialized().contains(
        #""cases":[{"data":"little","target":"near","winner":"head alone","leader":"head alone"}"#)
        && map.caseTable()?.rows[0].last == "head alone")
  }
}
