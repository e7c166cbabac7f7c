import Findings
import Testing

@testable import Reports

@Suite struct RunReportSnapshotTests {
  private let one = RunReport(runs: [SampleFindings.plain], title: "plain")
  private let two = RunReport(runs: [SampleFindings.plain, SampleFindings.held], title: "plain & held <back>")
  private let withoutSource = RunReport(runs: [SampleFindings.withoutSource], title: "from scratch")
  private let proxy = RunReport(runs: [SampleFindings.proxy], title: "proxy")

  @Test func thePageOfARunIsAsLastSeen() { expectSnapshot(one.html(), "run.html") }

  @Test func thePageOfTwoRunsSetsThemSideBySide() { expectSnapshot(two.html(), "runs.html") }

  @Test func thePageOfARunWithoutASourceSpeaksOfItsTaskAlone() {
    expectSnapshot(withoutSource.html(), "run-without-source.html")
  }

  @Test func thePageOfAProxyRunSpeaksOfAgreement() { expectSnapshot(proxy.html(), "run-proxy.html") }

  @Test func theTerminalHasATableForEveryPart() {
    expectSnapshot(
      terminal([
        "verdict": one.verdict, "summary": one.summaryTable(), "epochs": one.epochTable(SampleFindings.plain),
        "drift": one.driftTable(), "CKA": one.ckaTable(), "configuration": one.configurationTable(SampleFindings.plain),
        "names of the charts' files": one.svgs().map(\.fileName),
        "names of the tables' files": one.csvs().map(\.fileName),
      ]), "run.txt")
  }

  @Test func theTerminalSetsTwoRunsSideBySide() {
    expectSnapshot(
      terminal([
        "verdict": two.verdict, "summary": two.summaryTable(), "dose": two.doseTable(), "drift": two.driftTable(),
        "CKA": two.ckaTable(), "what differs": two.differenceTable(),
        "names of the charts' files": two.svgs().map(\.fileName),
        "names of the tables' files": two.csvs().map(\.fileName),
      ]), "runs.txt")
  }

  @Test func theTerminalSaysOfOtherRunsWhatTheyHave() {
    let gained = RunReport(runs: [SampleFindings.gained], title: "gained")
    let three = RunReport(
      runs: [SampleFindings.plain, SampleFindings.held, SampleFindings.gained], title: "three runs")
    let unlike = RunReport(runs: [SampleFindings.withoutSource, SampleFindings.proxy], title: "unlike")
    expectSnapshot(
      terminal([
        "verdict by a rule": RunReport(runs: [SampleFindings.held], title: "held").verdict,
        "verdict of a gain": gained.verdict, "summary of a gain": gained.summaryTable(),
        "verdict of three": three.verdict,
        "verdict without a source": withoutSource.verdict, "summary without a source": withoutSource.summaryTable(),
        "epochs without a source": withoutSource.epochTable(SampleFindings.withoutSource),
        "verdict of a proxy run": proxy.verdict, "agreement of a proxy run": proxy.proxyTable(),
        "verdict of two without a source": unlike.verdict, "summary of two without a source": unlike.summaryTable(),
        "verdict of a loss with a gain": RunReport(
          runs: [SampleFindings.gained, SampleFindings.plain], title: ""
        ).verdict,
        "verdict of none": RunReport(runs: [], title: "none").verdict,
      ]), "run-others.txt")
  }

  @Test func whatARunClosesWithIsAsLastSeen() {
    expectSnapshot(
      terminal([
        "without a rule": SampleFindings.plain.closingLines,
        "by a rule, and before its time": SampleFindings.held.closingLines,
        "a gain, its bounds not kept": SampleFindings.gained.closingLines,
        "without a source": SampleFindings.withoutSource.closingLines, "proxy": SampleFindings.proxy.closingLines,
      ]), "closing-lines.txt")
  }

  @Test func everyFileOfNumbersIsAsLastSeen() {
    expectSnapshots(two.csvs(), "runs")
    expectSnapshots(proxy.csvs().filter { $0.fileName == "metrics.csv" }, "run-proxy")
  }
}
