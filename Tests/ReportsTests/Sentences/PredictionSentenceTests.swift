import Findings
import Testing

@testable import Reports

/// What is said of a model's answers: see the article's table.
@Suite struct PredictionSentenceTests {
  @Test func everySentenceStandsInTheTableAndItsEvidenceHolds() throws {
    var table = try SentenceTable<PredictionFinding>(
      ["Predictions"], licences: [("{n} more", { $0.images.contains { $0.picture == nil } })])
    for count in [1, 3] {
      for drawn in [count, count - 1, 0] {
        var finding = SampleFindings.prediction(count: count)
        for place in drawn..<count { finding.images[place].picture = nil }
        table.check(Sentences.ofPage(finding.html(title: "t")) + [finding.basis], of: finding)
      }
    }
    table.finish()
  }
}
