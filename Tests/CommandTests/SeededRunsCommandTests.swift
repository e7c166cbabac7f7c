import Foundation
import TestSupport
import Testing

/// Runs that differ by nothing but their seed are one result, and only those.
@Suite(.serialized) struct SeededRunsCommandTests {
  private let data = Repository.fixture("fashion-mnist-small")

  @Test func seedsLeadWithTheirMeanAndOtherRunsAreRefused() throws {
    let folder = try TemporaryFolder()
    let (base, source) = (folder.file("base.h5"), folder.file("source"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    #expect(
      try Command("train", base, "--data", data + ":0-4", "--epochs", "4", "--lr", "0.03", "-o", source).status == 0)
    func run(_ name: String, seed: Int, rate: String = "0.1") throws -> String {
      let command = try Command(
        "finetune", source, "--source", data + ":0-4", "--target", data + ":5-9", "--epochs", "2", "--lr", rate,
        "--seed",
        "\(seed)", "-o", folder.file(name))
      #expect(command.status == 0, "\(command.errors)")
      return folder.file(name)
    }
    let (first, second) = (try run("a1", seed: 1), try run("a2", seed: 2))
    let other = try run("b1", seed: 3, rate: "0.05")

    let page = folder.file("report.html")
    let report = try Command("report", first, second, other, "-o", page)
    #expect(report.status == 0, "\(report.errors)")
    #expect(
      report.output.hasPrefix("a1: over 2 seeds") && report.output.contains("b1: with one seed"), "\(report.output)")
    #expect(report.output.contains("fewer than 3 establish nothing"))
    let rows = report.output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(rows.contains { $0.count > 2 && $0[0] == "a1" && $0[1] == "2" }, "\(report.output)")
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("Over seeds"))
    let json = try Command("report", first, second, other, "-o", page, "--json").output
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    let groups = try #require(object["groups"] as? [[String: Any]])
    #expect(groups.map { ($0["runs"] as? [String])?.count } == [2, 1])

    let diagnosis = try Command("diagnose", first, second, "--no-probes", "--quiet")
    #expect(diagnosis.status == 0 && diagnosis.output.hasPrefix("Over seeds, fine-tuning"), "\(diagnosis.output)")
    let refused = try Command("diagnose", first, other, "--no-probes", "--quiet")
    #expect(
      refused.status == 65 && refused.errors.contains("it differs from \(first) in learningRate"), "\(refused.errors)")
    let same = try Command("diagnose", first, first, "--no-probes", "--quiet")
    #expect(same.status == 65 && same.errors.contains("it has the seed of"), "\(same.errors)")
  }
}
