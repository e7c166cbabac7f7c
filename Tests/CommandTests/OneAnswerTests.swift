import Findings
import Foundation
import TestSupport
import Testing

/// What a run found is the same wherever it is said: of one epoch, of the same examples.
@Suite struct OneAnswerTests {
  private let data = Repository.fixture("fashion-mnist-small")

  private func object(_ text: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
  }

  @Test func aRunWithARuleHasOneForgettingEverywhere() throws {
    let folder = try TemporaryFolder()
    let (base, source, run) = (folder.file("base.h5"), folder.file("source"), folder.file("run"))
    func ok(_ result: InProcess) throws -> String {
      try #require(result.status == 0, "\(result.errors)")
      return result.output
    }
    _ = try ok(InProcess("new", "mlp", "--hidden", "8", "--classes", "5", "--seed", "7", "-o", base))
    _ = try ok(
      InProcess("train", base, "--data", data + ":0-4", "--epochs", "3", "--lr", "0.05", "-o", source, "--quiet"))
    let tuned = try object(
      ok(
        InProcess(
          "finetune", source, "--source", data + ":0-4", "--target", data + ":5-9", "--epochs", "4", "--lr", "0.1",
          "--batch-size", "32", "--seed", "3", "--best", "source subject to target >= 0.3", "-o", run, "--json")))
    let best = try #require((tuned["best"] as? [String: Any])?["epoch"] as? Int)
    // The rule must not choose the last epoch, or this test shows nothing.
    try #require(best < 4 && tuned["chosenEpoch"] as? Int == best)
    let forgetting = try #require(tuned["forgetting"] as? [String: Any])
    #expect(forgetting["epoch"] as? Int == best)
    #expect((tuned["drift"] as? [String: Any])?["epoch"] as? Int == best)
    #expect((tuned["similarity"] as? [String: Any])?["epoch"] as? Int == best)
    let epochs = try #require(tuned["epochs"] as? [[String: Any]])
    func accuracy(_ epoch: Int) -> Double {
      (epochs[epoch]["source"] as? [String: Any])?["accuracy"] as? Double ?? .nan
    }
    let final = try #require(forgetting["final"] as? Double)
    #expect(abs(final - (accuracy(0) - accuracy(best))) < 1e-12)

    // The diagnosis has the same amount, of the same examples, with the same interval.
    let diagnosis = try object(ok(InProcess("diagnose", run, "--samples", "40", "--no-probes", "--json")))
    let amount = try #require(diagnosis["forgetting"] as? [String: Any])
    for key in ["final", "low", "high", "pairedPValue", "lost", "gained", "sourceCount"] {
      #expect(amount[key] as? Double == forgetting[key] as? Double, "\(key): \(amount) for \(forgetting)")
    }

    // So have the report's terminal, page and files.
    let points = String(format: "%.1f", 100 * final).replacing("-", with: "−")
    let interval = try #require(forgetting["low"] as? Double)...(#require(forgetting["high"] as? Double))
    let words = "\(points) points"
    let low = String(format: "%.1f", 100 * interval.lowerBound).replacing("-", with: "−")
    let report = try ok(InProcess("report", run, "--files", "\(run)/files"))
    #expect(report.contains("run forgot \(words)") && report.contains("interval \(low) to"), "\(report)")
    let page = try String(contentsOfFile: "\(run)/report.html", encoding: .utf8)
    #expect(page.contains("run forgot \(words)") && page.contains("epoch \(best) against epoch 0"))
    let summary = try String(contentsOfFile: "\(run)/files/summary.csv", encoding: .utf8).components(
      separatedBy: "\r\n")
    let row = Dictionary(
      uniqueKeysWithValues: zip(summary[0].split(separator: ","), summary[1].components(separatedBy: ",")))
    #expect(Double(row["forgetting"] ?? "") == final && Double(row["source_after"] ?? "") == accuracy(best))
    let diagnosisPage = try String(contentsOfFile: "\(run)/diagnosis.html", encoding: .utf8)
    #expect(diagnosisPage.contains("Fine-tuning lost \(words)"))

    // And a drift that is measured by itself.
    let drift = try object(ok(InProcess("drift", run, "--json")))
    #expect(drift["epoch"] as? Int == best)
  }
}
