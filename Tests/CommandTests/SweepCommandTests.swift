import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct SweepCommandTests {
  private let data = Repository.fixture("fashion-mnist-small")

  private func source(in folder: TemporaryFolder) throws -> String {
    let (base, run) = (folder.file("base.h5"), folder.file("source"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    #expect(try Command("train", base, "--data", data + ":0-4", "--epochs", "2", "-o", run).status == 0)
    return run
  }

  private func sweep(_ source: String, _ output: String, _ options: [String]) -> [String] {
    ["sweep", source, "--source", data + ":0-4", "--target", data + ":5-9", "--lr", "0.05", "-o", output] + options
  }

  private func methods(_ output: String) throws -> [[String: Any]] {
    let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
    return try #require(object?["methods"] as? [[String: Any]])
  }

  @Test func aGridIsSweptByTwoProcessesAndGoesOnAfterOneIsKilled() throws {
    let folder = try TemporaryFolder()
    let source = try source(in: folder)
    let options = [
      "--regularizer", "none|l2-sp:alpha=1|l2-sp:alpha=100000", "--seeds", "2", "--epochs", "2", "--jobs", "2",
      "--json",
    ]
    let whole = try Command(array: sweep(source, folder.file("whole"), options))
    #expect(whole.status == 0, "\(whole.errors)")
    let found = try methods(whole.output)
    #expect(found.count == 3)
    #expect((found[2]["failure"] as? String)?.contains("largest stable strength") == true)
    #expect((found[0]["runs"] as? [String])?.allSatisfy { FileManager.default.fileExists(atPath: $0) } == true)
    #expect(FileManager.default.fileExists(atPath: folder.file("whole") + "/report.html"))
    let kept = try String(contentsOfFile: folder.file("whole") + "/finding.json", encoding: .utf8)
    #expect(try methods(kept) as NSArray == found as NSArray)

    let stopped = folder.file("stopped")
    let (process, _) = try Command.start(array: sweep(source, stopped, options + ["--epochs", "2"]))
    for _ in 0..<3000 where ((try? FileManager.default.contentsOfDirectory(atPath: stopped + "/runs")) ?? []).count < 2
    {
      usleep(10_000)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    for command in [["report", stopped], ["diagnose", stopped]] {
      let refused = try Command(array: command)
      #expect(refused.status == 65)
      let line = try #require(refused.errorLines.last)
      #expect(
        line.contains(#/: an unfinished sweep, [0-5] of its 6 runs (is|are) done: lethe sweep .* --seeds 2/#), "\(line)"
      )
      #expect(line.hasSuffix(" goes on with it"), "\(line)")
    }
    let again = try Command(array: sweep(source, stopped, options))
    #expect(again.status == 0, "\(again.errors)")
    func means(_ rows: [[String: Any]]) -> [Double?] {
      rows.map { ($0["source"] as? [String: Any])?["mean"] as? Double }
    }
    #expect(try means(methods(again.output)) == means(found))
    let finished = try Command("diagnose", folder.file("whole"))
    #expect(
      finished.status == 65 && finished.errors.contains("the folder of a sweep, not a run: lethe report"),
      "\(finished.errors)")
    // Nothing is trained twice.
    let once = try Command(array: sweep(source, folder.file("whole"), options))
    #expect(once.output == whole.output)
    let other = try Command(array: sweep(source, folder.file("whole"), options + ["--momentum", "0.5"]))
    #expect(other.status == 65 && other.errors.contains("begun with other options"), "\(other.errors)")
  }

  @Test func aBudgetIsKept() throws {
    let folder = try TemporaryFolder()
    let source = try source(in: folder)
    let refused = try Command(
      array: sweep(source, folder.file("search"), ["--regularizer", "l2-sp", "--max-forgetting", "5"]))
    #expect(refused.status == 64)
    #expect(refused.errors == "lethe: --max-forgetting: '5' would be 500 points; write 5pp or 0.05\n")
    #expect(!FileManager.default.fileExists(atPath: folder.file("search")))
    let search = try Command(
      array: sweep(
        source, folder.file("search"),
        ["--regularizer", "l2-sp", "--max-forgetting", "30pp", "--trials", "3", "--epochs", "2", "--json"]))
    #expect(search.status == 0, "\(search.errors)")
    let object = try #require(JSONSerialization.jsonObject(with: Data(search.output.utf8)) as? [String: Any])
    let choice = try #require(object["choice"] as? String)
    let row = try #require(methods(search.output).first { $0["method"] as? String == choice })
    let forgetting = try #require((row["forgetting"] as? [String: Any])?["mean"] as? Double)
    #expect(forgetting <= 0.3)
  }

  @Test func decoupledMethodsAreSweptBesidePlainOnes() throws {
    let folder = try TemporaryFolder()
    let source = try source(in: folder)
    // Learning rate × strength is 0.5, so the two ways of applying it part within an epoch.
    let options = ["--regularizer", "none|l2-sp:alpha=10", "--epochs", "1", "--json"]
    let decoupled = try Command(array: sweep(source, folder.file("decoupled"), options + ["--decoupled"]))
    #expect(decoupled.status == 0, "\(decoupled.errors)")
    let coupled = try Command(array: sweep(source, folder.file("coupled"), options))
    #expect(coupled.status == 0, "\(coupled.errors)")
    func weights(_ command: Command, _ method: Int) throws -> String {
      let run = try #require((methods(command.output)[method]["runs"] as? [String])?.first)
      let exported = folder.file("weights.safetensors")
      try? FileManager.default.removeItem(atPath: exported)
      let export = try Command("export", run + "/checkpoints/epoch-0001.h5", "-o", exported)
      #expect(export.status == 0, "\(export.errors)")
      return try Data(contentsOf: URL(fileURLWithPath: exported)).base64EncodedString()
    }
    #expect(try weights(decoupled, 0) == weights(coupled, 0), "plain fine-tuning has nothing to apply")
    #expect(try weights(decoupled, 1) != weights(coupled, 1), "--decoupled reached the regularizer")
  }

  @Test func whatMakesNoSweepIsRefused() throws {
    let cases: [([String], String)] = [
      ([], "nothing to sweep"), (["--regularizer", "none", "--max-forgetting", "2pp"], "one --regularizer, found 0"),
      (["--regularizer", "l2-sp|lwf", "--max-forgetting", "2pp"], "found 2"),
      (["--regularizer", "l2-sp", "--max-forgetting", "little"], "expected points as 2pp"),
      (["--regularizer", "l2-sp", "--seeds", "0"], "--seeds must be at least 1"),
      (["--regularizer", "none|lwf", "--decoupled"], "--decoupled: none of the regularizers"),
    ]
    for (options, reason) in cases {
      let command = try Command(array: sweep("nowhere", "/tmp/lethe-no-sweep", options))
      #expect(command.status == 64 && command.errors.contains(reason), "\(options): \(command.errors)")
      #expect(!FileManager.default.fileExists(atPath: "/tmp/lethe-no-sweep"))
    }
  }
}
