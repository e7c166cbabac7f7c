import Findings
import Foundation
import HDF5
import Metrics
import TestSupport
import Testing

@testable import Predictions

/// Probabilities of classes in files of predictions.
@Suite struct ConfidenceTests {
  /// 100 examples, alternately a and b; said with 0.9, of which every tenth is wrong.
  private func csv(sure: String, unsure: String, names: [String] = ["prob_a", "prob_b"]) -> String {
    (["id,label,pred,\(names.joined(separator: ","))"]
      + (0..<100).map { row in
        let label = row % 2 == 0 ? "a" : "b"
        let said = row % 10 == 0 ? (label == "a" ? "b" : "a") : label
        return "\(row),\(label),\(said)," + (said == "a" ? "\(sure),\(unsure)" : "\(unsure),\(sure)")
      }).joined(separator: "\n")
  }

  /// 0.9 is worth what it says; 0.98 is said of what is right nine times in ten: 0.08.
  @Test func columnsOfOneClassEachAreFound() throws {
    let files = try PredictionFiles(csv(sure: "0.9", unsure: "0.1"), csv(sure: "0.98", unsure: "0.02"))
    let finding = try files.compared()
    let change = try #require(finding.confidence)
    #expect(abs(change.before.calibrationError) < 1e-12 && abs(change.after.calibrationError - 0.08) < 1e-12)
    #expect(abs(change.after.brierScore - (0.9 * 2 * 0.0004 + 0.1 * 2 * 0.9604)) < 1e-12)
    #expect(abs(change.after.negativeLogLikelihood + (0.9 * log(0.98) + 0.1 * log(0.02))) < 1e-12)
    #expect(change.count == 100 && finding.whole.change == .none)
    #expect(finding.columns.last == .init(role: "probabilities", name: "prob"))
    // Logits of the same probabilities, rows in another order.
    let logits = csv(sure: "\(log(0.98) + 3)", unsure: "\(log(0.02) + 3)", names: ["logit_a", "logit_b"])
    let lines = logits.split(separator: "\n")
    let turned = try PredictionFiles(
      csv(sure: "0.9", unsure: "0.1"), ([lines[0]] + lines.dropFirst().reversed()).joined(separator: "\n"))
    let same = try #require(try turned.compared().confidence)
    #expect(abs(same.negativeLogLikelihoodRise.value - change.negativeLogLikelihoodRise.value) < 1e-12)
    #expect(abs(same.calibrationErrorRise.low - change.calibrationErrorRise.low) < 1e-12)
  }

  @Test func whatIsNoProbabilityIsRefusedWhereItIsNamed() throws {
    let fine = csv(sure: "0.9", unsure: "0.1")
    let named = ColumnChoice(named: [.probabilities: "prob"])
    let wrong = try PredictionFiles(fine, csv(sure: "0.9", unsure: "0.4"))
    #expect(try wrong.compared().confidence == nil)
    #expect(
      try wrong.fault(named) == "after.csv: 'prob': row 1: expected probabilities that add up to 1, found 1.3")
    let strange = try PredictionFiles(fine, csv(sure: "0.9", unsure: "0.1", names: ["prob_x", "prob_b"]))
    #expect(
      try strange.fault(named) == "after.csv: 'prob': expected one of its 2 classes as the label, found 'a'")
    #expect(
      try wrong.fault(ColumnChoice(named: [.probabilities: "logit"]))
        == "before.csv: no column 'logit' for the probabilities; it has id, label, pred, prob_a, prob_b")
  }

  @Test func listsAndObjectsOfJSONAndMatricesOfHDF5AreRead() throws {
    func lines(_ row: (Int) -> String) -> String { (0..<60).map(row).joined(separator: "\n") }
    let list = lines { "{\"id\": \($0), \"label\": \($0 % 2), \"pred\": 0, \"probs\": [0.75, 0.25]}" }
    let object = lines { row in
      let said = row % 3 == 0 ? "\"0\": 0.75, \"1\": 0.25" : "\"1\": 0.25, \"0\": 0.75"
      return "{\"id\": \(row), \"label\": \(row % 2), \"pred\": 0, \"probs\": {\(said)}}"
    }
    let change = try #require(try PredictionFiles(list, object, kind: "jsonl").compared().confidence)
    #expect(change.before == change.after && abs(change.before.calibrationError - 0.25) < 1e-12)
    let folder = try TemporaryFolder()
    let path = folder.file("p.h5")
    let file = try File.create(path)
    try file.root.write("label", (0..<60).map { Int32($0 % 2) })
    try file.root.write("pred", [Int32](repeating: 0, count: 60))
    try file.root.write("logits", (0..<120).map { $0 % 2 == 0 ? log(3.0) : 0 }, shape: [60, 2])
    try file.close()
    var random = RandomSource(seed: 1)
    let same = try ComparisonFinding(before: path, after: path, using: &random)
    #expect(abs((same.confidence?.before.calibrationError ?? 1) - 0.25) < 1e-12)
  }

  /// The log-likelihoods of a task's choices, as lm-evaluation-harness keeps them; some questions have three, some two.
  @Test func theHarnesssChoicesAreProbabilities() throws {
    let text = (0..<60).map { row in
      let choices =
        row % 2 == 0
        ? "[-1.0, false], [-1.0, false]" : "[\"-2.0\", \"False\"], [\"-2.0\", \"True\"], [\"-2.0\", \"False\"]"
      return "{\"doc_id\": \(row), \"target\": \"0\", \"filtered_resps\": [\(choices)], \"filter\": \"none\", "
        + "\"metrics\": [\"acc\"], \"acc\": 1.0}"
    }.joined(separator: "\n")
    let change = try #require(try PredictionFiles(text, text, kind: "jsonl").compared().confidence)
    #expect(abs(change.before.negativeLogLikelihood - (log(2.0) + log(3.0)) / 2) < 1e-12)
    #expect(change.before.calibrationError > 0.5)
  }
}
