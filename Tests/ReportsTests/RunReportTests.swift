import Findings
import Reports
import Testing

@Suite struct RunReportTests {
  private func run(_ name: String, source: [Double], forgotten: Double) -> RunSummary {
    RunSummary(
      name: name, sourceTask: "old", targetTask: "new",
      epochs: source.enumerated().map { .init(epoch: $0, sourceAccuracy: $1, targetAccuracy: 0.9, penalty: 0) },
      forgetting: .init(final: forgotten, low: forgotten - 0.01, high: forgotten + 0.01, pValue: 0.0001),
      drift: [.init(layer: "conv", relative: 0.5)])
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
    let train = RunSummary(
      name: "train", sourceTask: nil, targetTask: "only",
      epochs: [.init(epoch: 0, targetAccuracy: 0.2), .init(epoch: 1, targetAccuracy: 0.9)])
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
