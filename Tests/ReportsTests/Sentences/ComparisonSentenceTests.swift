import Findings
import Testing

@testable import Reports

/// What is said of two files of predictions: see the article's table.
@Suite struct ComparisonSentenceTests {
  private static let licences: [SentenceTable<ComparisonFinding>.Licence] = [
    ("lost {x} {unit}", { $0.whole.change == .loss }), ("gained {x} {unit}", { $0.whole.change == .gain }),
    ("no change of", { $0.whole.change == .none && $0.whole.tooLittle == nil }),
    ("{n} {examples} too few", { $0.whole.count < 50 }),
    ("… {examples} went wrong", { $0.score == .accuracy }), ("… {examples} got worse", { $0.score != .accuracy }),
    ("always naming the commonest label is right on {share}: {", { $0.chance != nil && $0.whole.change == .loss }),
    ("always naming the commonest label is right on {share}", { $0.chance != nil }),
    ("(95 % intervals", { $0.groups.contains { $0.compared.count >= 50 } }),
    ("… of fewer than", { $0.groups.contains { $0.compared.count < 50 } }),
    ("(no group", { $0.groups.allSatisfy { $0.compared.count < 50 } }),
    ("right before", { $0.changed.contains(where: \.isLost) }),
    ("wrong before", { $0.changed.contains { !$0.isLost } }), ("got worst", { $0.score != .accuracy }),
    ("Calibration error is", { $0.confidence != nil }),
    ("{group} lost most", { $0.groups.contains { $0.compared.change == .loss } }),
    ("No group is established to have lost", { $0.groups.allSatisfy { $0.compared.change != .loss } }),
    ("{unit} lost by", { $0.groups.contains { $0.compared.count >= 50 } }),
    ("{group…}{change} were lost", { $0.judgement?.isExceeded == true }),
  ]

  @Test func everySentenceStandsInTheTableAndItsEvidenceHolds() throws {
    var table = try SentenceTable(
      ["Comparisons of predictions"],
      licences: Self.licences + ConfidenceChange.licences("confidence", of: { [$0.confidence] }))
    for finding in SampleFindings.comparisonsOfPredictions {
      let judged = finding.judged(allowing: 0.02, ofGroups: finding.groups.isEmpty ? nil : 0.001)
      table.check(
        [finding.basis, finding.verdict] + [finding.chanceNote, finding.groupNote.map { "(\($0))" }].compactMap { $0 }
          + [finding.confidenceNote].compactMap { $0 } + finding.changedLines() + judged.excesses
          + Sentences.ofPage(judged.html(title: "t")), of: judged)
    }
    table.finish()
  }

  @Test func whatIsShownIsWhatWasLookedAt() {
    let parts = SampleFindings.comparisonsOfPredictions.map { finding -> String in
      var lines: [String] = [finding.basis, finding.verdict] + [finding.chanceNote].compactMap { $0 }
      if !finding.further.isEmpty { lines.append(finding.furtherTable().text(width: 80)) }
      if !finding.groups.isEmpty { lines.append(finding.groupTable().text(width: 80)) }
      if let note = finding.groupNote { lines.append("(\(note))") }
      if let note = finding.confidenceNote { lines.append(note) }
      if let table = finding.confidenceTable() { lines.append(table.text(width: 80)) }
      return (lines + finding.changedLines()).joined(separator: "\n")
    }
    expectSnapshot(parts.joined(separator: "\n\n") + "\n", "comparison.txt")
    let finding = SampleFindings.comparisonsOfPredictions[0]
    expectSnapshot(finding.judged(allowing: 0.02, ofGroups: 0.04).junit(), "comparison.xml")
    expectSnapshot(finding.changedFile(), "comparison.csv")
    var whole = finding
    whole.confidence = SampleFindings.confidences[0]
    expectSnapshot(whole.html(title: "before.csv → after.csv"), "comparison.html")
  }

  @Test func namesInXMLAreEscaped() {
    var finding = SampleFindings.comparedPredictions(groups: [100])
    finding.groups[0].name = "<a & \"b\"> \u{1}"
    finding.before = "a<b.csv"
    let xml = finding.judged(allowing: 0.02, ofGroups: 0.01).junit()
    #expect(xml.contains("name=\"label &lt;a &amp; &quot;b&quot;&gt; \u{FFFD}\""))
    #expect(xml.contains("name=\"a&lt;b.csv → after.csv\"") && xml.contains("tests=\"2\" failures=\"2\""))
  }
}
