import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct DiagnoseCommandTests {
  private let data = Repository.fixture("fashion-mnist-small")

  private func run(in folder: TemporaryFolder) throws -> String {
    let (base, source, run) = (folder.file("base.h5"), folder.file("source"), folder.file("run"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    #expect(
      try Command("train", base, "--data", data + ":0-4", "--epochs", "8", "--lr", "0.03", "-o", source).status == 0)
    #expect(
      try Command(
        "finetune", source, "--source", data + ":0-4", "--target", data + ":5-9", "--epochs", "8", "--lr", "0.2", "-o",
        run
      ).status == 0)
    return run
  }

  private func object(_ output: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
  }

  @Test func aRunIsDiagnosedAndARemedyApplied() throws {
    let folder = try TemporaryFolder()
    let run = try run(in: folder)
    let diagnosis = try Command("diagnose", run, "--json")
    #expect(diagnosis.status == 0, "\(diagnosis.errors)")
    let result = try object(diagnosis.output)
    let forgetting = try #require(result["forgetting"] as? [String: Any])
    let causes = try #require(result["waterfall"] as? [[String: Any]])
    // The causes sum to the whole.
    let points = causes.reduce(0) { $0 + ($1["points"] as? Double ?? .nan) }
    #expect(abs(points - 100 * (try #require(forgetting["final"] as? Double))) < 1e-9)
    #expect((result["layers"] as? [[String: Any]])?.compactMap { $0["layer"] as? String } == ["layers.0"])
    let page = try String(contentsOfFile: run + "/diagnosis.html", encoding: .utf8)
    #expect(page.contains("What helps") && page.contains("<svg"))

    let remedies = try #require(result["remedies"] as? [[String: Any]])
    let first = try #require(remedies.first)
    #expect((first["sourceGain"] as? Double ?? 0) > 0 && (first["command"] as? String)?.contains("--apply 1") == true)
    let fixed = folder.file("fixed.h5")
    let applied = try Command("diagnose", run, "--apply", "1", "-o", fixed, "--quiet")
    #expect(applied.status == 0, "\(applied.errors)")
    let judged = try object(Command("evaluate", fixed, "--data", data + ":0-4", "--json").output)
    #expect((judged["accuracy"] as? Double ?? 0) > (forgetting["after"] as? Double ?? 1))
    #expect(try Command("verify", fixed).status == 0)
    #expect(try Command("diagnose", run, "--apply", "99", "-o", folder.file("no.h5")).status == 64)
  }

  @Test func theAmountIsTheSameWhoeverSaysItAndFewerExamplesAreSaid() throws {
    let folder = try TemporaryFolder()
    let run = try run(in: folder)
    let said = try Command("report", run).output
    let diagnosis = try Command("diagnose", run, "--no-probes", "--samples", "40", "--quiet")
    #expect(diagnosis.status == 0, "\(diagnosis.errors)")
    // "Fine-tuning lost 23.0 points of … (81.0 → 58.0 %, interval 14.0 to 32.0, p < 0.001)."
    func amount(_ text: String) throws -> [Substring] {
      let pattern =
        #/(?:lost|forgot) ([\d.]+) points .*? \(([\d.]+) → ([\d.]+) %, .*?interval ([\d.]+) to ([\d.]+)/#
      let match = try #require(text.firstMatch(of: pattern), "\(text)")
      return [match.1, match.2, match.3, match.4, match.5]
    }
    #expect(try amount(diagnosis.output) == amount(said))
    #expect(diagnosis.output.contains("Causes and layers are measured on 40 of the 100 test examples."))
    let all = try Command("diagnose", run, "--no-probes", "--quiet")
    #expect(try amount(all.output) == amount(said) && !all.output.contains("are measured on"), "\(all.output)")
  }

  @Test func aDiagnosisOfVersion01IsDrawnAgain() throws {
    let folder = try TemporaryFolder()
    let drawn = try Command("report", Repository.fixture("runs-0.1/best"), "-o", folder.file("report.html"))
    #expect(drawn.status == 0, "\(drawn.errors)")
    let page = try String(contentsOfFile: folder.file("diagnosis.html"), encoding: .utf8)
    #expect(page.contains("Fine-tuning lost") && page.contains("Restoring layers.0") && page.contains("data:image/bmp"))
    #expect(!page.contains("are measured on"))
  }

  @Test func aBudgetThatIsExceededEndsWithTwo() throws {
    let folder = try TemporaryFolder()
    let run = try run(in: folder)
    let lost = try #require(
      object(Command("diagnose", run, "--no-probes", "--json").output)["forgetting"] as? [String: Any])
    let low = try #require(lost["low"] as? Double)
    for (budget, status) in [(low - 0.01, 2), (low + 0.01, 0)] as [(Double, Int32)] {
      let command = try Command("diagnose", run, "--no-probes", "--quiet", "--max-forgetting", "\(budget)")
      #expect(command.status == status, "\(budget): \(command.errors)")
      let reason = command.errors.firstMatch(
        of:
          #/lethe: [\d.]+ points were lost, at least ([\d.]+) with 95 % confidence: more than --max-forgetting allows/#)
      #expect((reason == nil) == (status == 0), "\(command.errors)")
      if let reason { #expect(String(reason.1) == String(format: "%.1f", 100 * low), "\(command.errors)") }
    }
  }

  @Test func twoCheckpointsAreDiagnosedWithoutARun() throws {
    let folder = try TemporaryFolder()
    let run = try run(in: folder)
    let (before, after) = (run + "/checkpoints/epoch-0000.h5", run + "/checkpoints/epoch-0008.h5")
    let pair = try Command(
      "diagnose", "--before", before, "--after", after, "--source", data + ":0-4", "--no-probes", "--json")
    #expect(pair.status == 0, "\(pair.errors)")
    let rewound = try Command(
      "rewind", "--before", before, "--after", after, "--source", data + ":0-4", "--target", data + ":5-9",
      "--cumulative",
      "--json")
    let parts = try object(rewound.output)
    // Putting everything back regains everything.
    let all = try #require((parts["from the head down"] as? [[String: Any]])?.last?["gain"] as? Double)
    let forgetting = try #require(object(pair.output)["forgetting"] as? [String: Any])
    #expect(abs(all - (try #require(forgetting["final"] as? Double))) < 1e-12)
    let probed = try Command("probe", run, "--data", data + ":0-4", "--samples", "200", "--json")
    #expect(probed.status == 0, "\(probed.errors)")
    let layers = try #require(object(probed.output)["layers"] as? [[String: Any]])
    #expect((layers[0]["accuracy"] as? [Double])?.allSatisfy { $0 > 0.4 } == true)
  }

  @Test func aProxyStandsInForTheSourceAndTheReportIsDrawnAgain() throws {
    let folder = try TemporaryFolder()
    let run = try run(in: folder)
    // The diagnosis links to the report, which has to be there.
    #expect(try Command("report", run).status == 0)
    let proxy = try Command("diagnose", run, "--source-proxy", data + ":5-9", "--no-probes", "--json")
    #expect(proxy.status == 0, "\(proxy.errors)")
    let forgetting = try #require(object(proxy.output)["forgetting"] as? [String: Any])
    #expect(forgetting["before"] as? Double == 1 && forgetting["isAgreement"] as? Bool == true)
    let page = try String(contentsOfFile: run + "/diagnosis.html", encoding: .utf8)
    #expect(page.contains("agreement with the original model"))
    // From the run alone.
    try FileManager.default.removeItem(atPath: run + "/diagnosis.html")
    #expect(try Command("report", run).status == 0)
    #expect(try String(contentsOfFile: run + "/diagnosis.html", encoding: .utf8) == page)
    let both = try Command("diagnose", run, "--source-proxy", data, "--source", data)
    #expect(both.status == 64 && both.errors.contains("not both"), "\(both.errors)")
  }

  @Test func theSimilarityToolsStandAloneWithTheirCharts() throws {
    let folder = try TemporaryFolder()
    let run = try run(in: folder)
    let chart = folder.file("chart.svg")
    let source = data + ":0-4"
    for arguments in [
      ["cka", run, "--data", source, "--measure", "procrustes", "-o", chart],
      ["cka", run, "--data", source, "--measure", "svcca", "-o", chart],
      ["cka", run, "--data", source, "--kernel", "rbf", "--compat", "google", "-o", chart],
      ["probe", run, "--data", source, "--samples", "200", "-o", chart],
      ["interpolate", run, "--source", source, "--target", data + ":5-9", "--points", "3", "--chart", chart],
    ] {
      let command = try Command(array: arguments)
      #expect(command.status == 0, "\(arguments): \(command.errors)")
      #expect(try String(contentsOfFile: chart, encoding: .utf8).hasPrefix("<svg"), "\(arguments)")
      try FileManager.default.removeItem(atPath: chart)
    }
    let refused = try Command("cka", run, "--data", source, "--measure", "svcca", "--kernel", "rbf")
    #expect(refused.status == 64 && refused.errors.contains("has no kernel"), "\(refused.errors)")
    let crowded = try Command("cka", run, "--data", source, "--measure", "pwcca", "--samples", "60")
    #expect(crowded.status == 65 && crowded.errors.contains("canonical correlations need more"), "\(crowded.errors)")
  }

  @Test func whatCannotBeDiagnosedIsSaid() throws {
    for (arguments, reason) in [
      ([], "give a run, or --before"), (["run", "--before", "a.h5"], "not both"),
      (["run", "--apply", "1"], "say where"),
      (["run", "--samples", "3"], "--samples must be at least 20"),
      (["run", "--max-forgetting", "some"], "expected points"),
      (["run", "--max-forgetting", "2"], "--max-forgetting: '2' would be 200 points; write 2pp or 0.02"),
    ] as [([String], String)] {
      let command = try Command(array: ["diagnose"] + arguments)
      #expect(command.status == 64 && command.errors.contains(reason), "\(arguments): \(command.errors)")
    }
    #expect(try Command("diagnose", "/no/such/run").status == 66)
  }
}
