import Findings
import Reports
import Testing

@Suite struct SequenceSnapshotTests {
  private let forgetful = SampleFindings.sequence
  private let kept = SampleFindings.keptSequence

  @Test func thePageIsAsLastSeen() { expectSnapshot(forgetful.html(title: "digits <in turn>"), "sequence.html") }

  @Test func theTerminalHasTheMatrixAndWhatItComesTo() {
    expectSnapshot(
      terminal([
        "verdict": forgetful.verdict(of: "digits"), "matrix": forgetful.table(), "measures": forgetful.measures(),
        "as Mammoth has it": forgetful.defined(by: .mammoth).measures(),
        "verdict with one head": kept.verdict(of: "kept"), "matrix with one head": kept.table(),
        "measures with one head": kept.measures(),
      ]), "sequence.txt")
  }

  @Test func theFileIsAsLastSeen() { expectSnapshot(forgetful.csv(), "sequence.csv") }
}
