import Findings
import Reports
import Testing

@Suite struct RunReportTests {
  private func run(_ name: String, source: [Double], forgotten: Double, best: Int? = nil) -> RunFinding {
    let chosen = best ?? source.count - 1
    return RunFinding(
      run: "runs/\(name)", sourceTask: "old", targetTask: "new",
      epochs: source.enumerated().map {
        EpochFinding(epoch: $0, source: ScoredTask($1), target: ScoredTask(0.9 - 0.1 * Double($0)), penalty: 0)
      }, best: best.map { .init(epoch: $0, rule: "target", keepsBounds: true) },
      forgetting: Forgetting(
        epoch: chosen, before: source[0], after: source[chosen], final: forgotten, low: forgotten - 0.01,
        high: forgotten + 0.01, pairedPValue: 0.0001, lost: 40, gained: 10, sourceCount: 100),
      drift: WeightDrift(
        layers: [LayerDrift(layer: "conv", relative: 0.5)], total: TotalDrift(relative: 0.5), epoch: chosen))
  }

  @Test func everythingIsOfTheEpochThatTheRunStandsFor() throws {
    let report = RunReport(runs: [run("run", source: [0.9, 0.6, 0.5], forgotten: 0.3, best: 1)], title: "t")
    #expect(
      report.verdict
        == "run forgot 30.0 points of old (90.0 → 60.0 %, 95 % interval 29.0 to 31.0, p < 0.001) and reached 80.0 % on new, "
        + "at epoch 1, its best of 2.")
    #expect(report.summaryTable().rows[0].prefix(6) == ["run", "90.0 %", "60.0 %", "90.0 %", "80.0 %", "30.0"])
    #expect(
      report.scoreCharts()[0].title == "Source accuracy fell from 90.0 to 60.0 % while the target reached 80.0 %")
    #expect(try #require(report.driftChart()).subtitle.contains("epoch 1 against epoch 0"))
    let summary = try #require(report.csvs().first { $0.fileName == "summary.csv" }).content
    #expect(summary.contains("run,old,new,0.9,0.6,0.9,0.8,0.3,"))
    #expect(report.runs[0].closingLines[0].hasPrefix("forgot 30.0 points of 90.0 by epoch 1 (95 % interval"))
  }

  @Test func aRunWithoutARuleStandsForItsLastEpoch() {
    let report = RunReport(runs: [run("run", source: [0.9, 0.6, 0.5], forgotten: 0.4)], title: "t")
    #expect(report.verdict.contains("90.0 → 50.0 %") && !report.verdict.contains("its best"))
    #expect(report.runs[0].closingLines[0].hasPrefix("forgot 40.0 points of 90.0 (95 % interval"))
  }

  @Test func whatDidNotMoveIsZeroWithoutASign() throws {
    let report = RunReport(runs: [run("run", source: [0.9, 0.9], forgotten: -0.0)], title: "t")
    let summary = try #require(report.csvs().first { $0.fileName == "summary.csv" }).content
    #expect(summary.contains("run,old,new,0.9,0.9,0.9,0.8,0.0,"), "\(summary)")
  }

  @Test func thePageNamesBothRunsAndIsSelfContained() {
    let page = RunReport(
      runs: [run("plain", source: [0.9, 0.6], forgotten: 0.3), run("held", source: [0.9, 0.88], forgotten: 0.02)],
      title: "two"
    ).html()
    #expect(page.contains("plain") && page.contains("held") && page.contains("30.0"))
    #expect(!page.contains("<script src") && !page.contains("http-equiv=\"refresh\""))
  }

  @Test func textFromOutsideIsEscaped() {
    let page = RunReport(runs: [run("<b>&", source: [0.9, 0.6], forgotten: 0.3)], title: "<i>").html()
    #expect(!page.contains("<b>&") && !page.contains("<i>"))
    #expect(page.contains("&lt;b&gt;&amp;"))
  }

  @Test func aRunWithoutASourceTaskHasAPage() {
    let train = RunFinding(
      run: "train", targetTask: "only",
      epochs: [.init(epoch: 0, target: ScoredTask(0.2)), .init(epoch: 1, target: ScoredTask(0.9))])
    #expect(RunReport(runs: [train], title: "t").html().contains("90.0"))
  }

  @Test func columnsAlignByTheWidthTheTerminalShows() {
    var table = TextTable([.init("layer"), .number("drift")])
    table.append(["é", "1"])
    table.append(["日本", "20"])
    #expect(table.text() == "layer   drift\né           1\n日本       20\n")
  }

  @Test func notANumberIsNullInJSON() {
    let value: JSONValue = ["a": .double(.nan), "b": [1, "x\""]]
    #expect(value.serialized() == #"{"a":null,"b":[1,"x\""]}"#)
  }
}
