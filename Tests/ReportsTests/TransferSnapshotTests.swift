import Findings
import Reports
import Testing

@Suite struct TransferSnapshotTests {
  private let one = SampleFindings.transfer
  private let several = SampleFindings.transferComparison
  private let map = SampleFindings.transferMap

  @Test func thePageOfATargetIsAsLastSeen() { expectSnapshot(one.html(title: "transfer & <more>"), "transfer.html") }

  @Test func thePageOfSeveralTargetsLinksToEach() {
    let links = several.targets.map { PageLink($0.target, path: "\($0.target.prefix(4))/<&>.html") }
    let page = several.html(title: "two targets", links: links)
    expectSnapshot(page, "transfer-comparison.html")
  }

  @Test func thePageOfTheMapIsAsLastSeen() { expectSnapshot(map.html(title: "map"), "transfer-map.html") }

  @Test func theTerminalHasCurvesScoresAndAdvice() {
    expectSnapshot(
      terminal([
        "advice": one.advised, "findings": one.sentences, "curves": one.table(), "scores": one.scoreTable(),
        "what scores say": one.scoreNotes, "rates": one.trialTable(),
      ]), "transfer.txt")
  }

  @Test func theTerminalComparesTargets() {
    expectSnapshot(
      terminal([
        "headline": several.headline, "differences": several.table(), "advice": several.targetsByLoss.map(\.advised),
      ]), "transfer-comparison.txt")
  }

  @Test func theTerminalSaysWhatWinsWhere() {
    var worded = map
    worded.putIntoWords()
    expectSnapshot(
      terminal([
        "headline": map.headline, "findings": worded.findings, "protocol": worded.protocolText,
        "four cases": map.caseTable(), "sketches": map.table(map.rows[0]), "photos": map.table(map.rows[1]),
      ]), "transfer-map.txt")
  }

  @Test func everyFileOfNumbersIsAsLastSeen() {
    expectSnapshot(one.csv(), "transfer.csv")
    expectSnapshot(map.csv(), "transfer-map.csv")
  }
}
