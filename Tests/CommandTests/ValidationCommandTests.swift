import Foundation
import TestSupport
import Testing

/// What a choice rests on, as a user sees it.
@Suite struct ValidationCommandTests {
  private let data = Repository.fixture("fashion-mnist-small")

  private func base(in folder: TemporaryFolder) throws -> String {
    let path = folder.file("base.h5")
    #expect(InProcess("new", "mlp", "--hidden", "8", "--classes", "5", "-o", path).status == 0)
    return path
  }

  private func object(_ text: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
  }

  @Test func aBestEpochIsChosenByATenthOfTheTrainingExamples() throws {
    let folder = try TemporaryFolder()
    let (base, run) = (try base(in: folder), folder.file("run"))
    let trained = InProcess(
      "train", base, "--data", data + ":0-4", "--epochs", "2", "--batch-size", "25", "--best", "target", "-o", run,
      "--quiet")
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(
      trained.output.contains("chosen by 25 validation examples; judged by 100 test examples; checkpoints/best.h5"))
    #expect(trained.output.contains("validation") && !trained.output.contains("test set"))
    // Of 250, 225 are trained on.
    #expect(trained.output.contains("9 steps an epoch"))
    let report = InProcess("report", run, "--json")
    let page = try String(contentsOfFile: "\(run)/report.html", encoding: .utf8)
    #expect(report.status == 0 && page.contains("chosen by 25 validation examples; judged by 100 test examples"))
    let refused = InProcess(
      "train", "--resume", run, "--epochs", "3", "--validation", "0.2", "--quiet")
    #expect(refused.status == 65 && refused.errors.contains("which examples choose is settled when a run begins"))
  }

  @Test func whoInsistsIsToldSoEverywhere() throws {
    let folder = try TemporaryFolder()
    let (base, run) = (try base(in: folder), folder.file("run"))
    let trained = InProcess(
      "train", base, "--data", data + ":0-4", "--epochs", "2", "--patience", "1", "--validation", "test", "-o", run,
      "--quiet")
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.output.contains("chosen on the test set, which also judges it: the figures are flattered"))
    let report = InProcess("report", run)
    #expect(report.output.contains("chosen on the test set"))
    let page = try String(contentsOfFile: "\(run)/report.html", encoding: .utf8)
    #expect(page.contains("chosen on the test set, which also judges it"))
    let json = InProcess(
      "train", base, "--data", data + ":0-4", "--epochs", "1", "--best", "target", "--validation", "test", "-o",
      folder.file("json"), "--json")
    let basis = try #require(try object(json.output)["chosenBy"] as? [String: Any])
    #expect(basis["examples"] as? String == "test" && basis["choices"] as? [String] == ["epoch"])
    #expect((basis["judging"] as? [String: Any])?["target"] as? Int == 100)
  }

  @Test func anOldRunThatChoseSaysItToo() throws {
    let folder = try TemporaryFolder()
    let report = InProcess("report", Repository.fixture("runs-0.1/best"), "-o", folder.file("out"))
    #expect(report.status == 0 && report.output.contains("chosen on the test set"), "\(report.output) \(report.errors)")
  }

  @Test func aSweepsMethodIsChosenByExamplesThatDoNotJudge() throws {
    let folder = try TemporaryFolder()
    let (base, source) = (try base(in: folder), folder.file("source"))
    #expect(InProcess("train", base, "--data", data + ":0-4", "--epochs", "2", "-o", source, "--quiet").status == 0)
    func sweep(_ name: String, _ more: [String]) throws -> (text: String, finding: [String: Any]) {
      let output = folder.file(name)
      let words = [
        "sweep", source, "--source", data + ":0-4", "--target", data + ":5-9", "--lr", "0.05", "--epochs", "1",
        "--regularizer", "none|l2-sp:alpha=1", "-o", output, "--quiet",
      ]
      let command = try Command(array: words + more)
      #expect(command.status == 0, "\(command.errors)")
      return (command.output, try object(String(contentsOfFile: "\(output)/finding.json", encoding: .utf8)))
    }
    let validated = try sweep("validated", [])
    let basis = try #require(validated.finding["chosenBy"] as? [String: Any])
    #expect(basis["examples"] as? String == "validation")
    #expect(
      validated.text.contains(
        "The method was chosen by 25 validation examples of the target and 50 of the source; judged by 100 test "
          + "examples of the target and 50 of the source."))
    let tested = try sweep("tested", ["--validation", "test"])
    #expect((tested.finding["chosenBy"] as? [String: Any])?["examples"] as? String == "test")
    #expect(tested.text.contains("The method was chosen on the test set"))
    let page = try String(contentsOfFile: folder.file("tested") + "/report.html", encoding: .utf8)
    #expect(page.contains("chosen on the test set"))
  }
}
