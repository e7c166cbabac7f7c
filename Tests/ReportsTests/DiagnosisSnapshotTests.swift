import Findings
import Testing

@testable import Reports

@Suite struct DiagnosisSnapshotTests {
  private let whole = DiagnosisPage(SampleFindings.diagnosis)
  private let bare = DiagnosisPage(SampleFindings.bareDiagnosis)
  private let proxy = DiagnosisPage(SampleFindings.proxyDiagnosis)

  @Test func thePageWithAllThatCanBeMeasuredIsAsLastSeen() { expectSnapshot(whole.html(), "diagnosis.html") }

  @Test func thePageWithoutProbesTargetAndHistoryLeavesThemOut() {
    expectSnapshot(bare.html(), "diagnosis-bare.html")
  }

  @Test func thePageOfAProxySaysWhatItsNumbersAre() { expectSnapshot(proxy.html(), "diagnosis-proxy.html") }

  @Test func theTerminalSaysHowMuchWhyWhereWhenAndWhatHelps() {
    expectSnapshot(words(whole), "diagnosis.txt")
    expectSnapshot(words(bare), "diagnosis-bare.txt")
    expectSnapshot(words(proxy), "diagnosis-proxy.txt")
  }

  @Test func theFileOfExamplesIsAsLastSeen() { expectSnapshot(whole.exampleFile(), "diagnosis-examples.csv") }

  private func words(_ page: DiagnosisPage) -> String {
    terminal([
      "verdict": page.verdict, "advice": page.advice, "what a proxy says": page.proxyNote,
      "on how many examples": page.countNote, "why": page.why, "where": page.place, "when": page.moment,
      "layers": page.layerTable(), "controls": page.controlTable(), "measures": page.measureTable(),
      "classes": page.classTable(), "remedies": page.remedyTable(),
    ])
  }
}
