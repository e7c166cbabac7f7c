import Foundation
import TestSupport
import Testing

/// What looks at models, by several processes: the words, the JSON and the files of one.
@Suite(.serialized) struct SharedAnalysisTests {
  private static let data = Repository.fixture("fashion-mnist-small")
  /// A run of two epochs of a tiny network, with its source and target.
  private static let tuned = Result {
    let (folder, source) = try trainedPerceptron(
      hidden: "16,8", on: data, ["--epochs", "4", "--lr", "0.05", "--quiet", "--threads", "1"])
    let run = folder.file("run")
    let found = try Command(
      "finetune", source, "--source", data + ":0-4", "--target", data + ":5-9", "--epochs", "2", "--lr", "0.2",
      "--quiet", "-o", run)
    try #require(found.status == 0, "\(found.errors)")
    return (folder: folder, run: run)
  }

  private static let alone = ["OMP_NUM_THREADS": "1"]

  /// The words of a command, given a run and a folder to write to.
  private static let commands: [[String]] = [
    ["diagnose", "RUN", "--json"],
    ["diagnose", "RUN", "--quiet", "--no-probes", "--shapley", "--every-layer"],
    ["cka", "RUN", "--data", "DATA:0-4", "--json", "--samples", "90", "--batch-size", "20"],
    ["cka", "RUN", "--data", "DATA:0-4", "--json", "--measure", "procrustes", "--samples", "90"],
    ["probe", "RUN", "--data", "DATA:0-4", "--json"],
    ["rewind", "RUN", "--cumulative", "--json"],
    ["evaluate", "RUN", "--data", "DATA:5-9"],
    ["interpolate", "RUN", "--points", "4", "--json"],
  ]

  private static func words(_ command: [String], _ run: String) -> [String] {
    command.map { $0.replacing("RUN", with: run).replacing("DATA", with: data) }
  }

  @Test(arguments: zip(commands, [3, 2, 3, 2, 2, 2, 2, 2])) func severalSayWhatOneSays(command: [String], count: Int)
    throws
  {
    let (_, run) = try Self.tuned.get()
    let words = Self.words(command, run)
    let one = try Command(words, environment: Self.alone)
    try #require(one.status == 0, "\(one.errors)")
    let page = try? String(contentsOfFile: run + "/diagnosis.html", encoding: .utf8)
    let all = try ProcessesAtWork(count) { _ in words }.wait()
    #expect(all.allSatisfy { $0.status == 0 }, "\(all.map(\.errors))")
    #expect(all[0].output == one.output && all[0].errors == one.errors && !one.output.isEmpty)
    #expect(all.dropFirst().allSatisfy { $0.output.isEmpty && $0.errors.isEmpty })
    if command[0] == "diagnose" {
      #expect(try String(contentsOfFile: run + "/diagnosis.html", encoding: .utf8) == page)
    }
    #expect(try Command("verify", run).status == 0)
  }

  @Test func theFirstWritesAndAllEndAlike() throws {
    let (folder, run) = try Self.tuned.get()
    let page = folder.file("page.html")
    let exceeded = try ProcessesAtWork(2) { _ in
      ["diagnose", run, "--quiet", "--no-probes", "--max-forgetting", "0", "-o", page]
    }.wait()
    #expect(exceeded.map(\.status) == [2, 2], "\(exceeded)")
    #expect(FileManager.default.fileExists(atPath: page) && exceeded[1].errors.isEmpty)
    let (one, two) = (folder.file("one.h5"), folder.file("two.h5"))
    func applying(_ output: String) -> [String] { ["diagnose", run, "--apply", "1", "--quiet", "-o", output] }
    let alone = try Command(applying(one), environment: Self.alone)
    #expect(alone.status == 0, "\(alone.errors)")
    let applied = try ProcessesAtWork(2) { _ in applying(two) }.wait()
    #expect(applied.allSatisfy { $0.status == 0 }, "\(applied)")
    func judged(_ path: String) throws -> String {
      try Command("evaluate", path, "--data", Self.data + ":0-4", "--json").output.replacing(path, with: "")
    }
    #expect(try judged(two) == judged(one) && !judged(one).isEmpty)
    // What is there is not replaced.
    let again = try ProcessesAtWork(2) { _ in applying(two) }.wait()
    #expect(again.map(\.status) == [73, 73], "\(again)")
    #expect(again.flatMap { $0.errors.split(separator: "\n") }.count == 1, "\(again)")
  }

  @Test func whatDiffersIsSaid() throws {
    let (folder, run) = try Self.tuned.get()
    let other = folder.file("other")
    let changed = try Command(
      "finetune", folder.file("source"), "--source", Self.data + ":0-4", "--target", Self.data + ":5-9", "--epochs",
      "2",
      "--lr", "0.1", "--quiet", "-o", other)
    try #require(changed.status == 0, "\(changed.errors)")
    let own = ["diagnose", run, "--quiet", "--no-probes"]
    let cases: [([String], [String], String)] = [
      (own, own + ["--samples", "50"], "the options: --samples 50, which is not set there"),
      (own, own + ["--target", Self.data + ":0-4"], "the target data: "),
      (own, ["diagnose", other] + own.dropFirst(2), "the checkpoint after: "),
      (
        ["probe", run, "--data", Self.data + ":0-4"], ["probe", run, "--data", Self.data + ":5-9"], "the data: "
      ),
      (
        ["cka", run, "--data", Self.data], ["cka", run, "--data", Self.data, "--pool", "mean"],
        "the options: --pool mean, which is not set there"
      ),
      (
        ["evaluate", run, "--data", Self.data + ":5-9"], ["evaluate", other, "--data", Self.data + ":5-9"],
        "the checkpoint: "
      ),
    ]
    for (first, second, expected) in cases {
      let all = try ProcessesAtWork(2) { $0 == 0 ? first : second }.wait()
      let said = all.flatMap { $0.errors.split(separator: "\n").map(String.init) }
      #expect(all.map(\.status) == [64, 64] && all.allSatisfy(\.output.isEmpty), "\(all)")
      #expect(said.count == 1 && said[0].contains("differs from rank 0 in \(expected)"), "\(said)")
      #expect(said.first?.hasPrefix("lethe: rank 1 (process ") == true)
    }
    let missing = try ProcessesAtWork(2) { $0 == 1 ? ["diagnose", folder.file("none")] : own }.wait()
    #expect(missing.map(\.status) == [66, 66], "\(missing)")
    #expect(missing[0].errors.isEmpty && missing[1].errors.hasPrefix("lethe: rank 1: "), "\(missing)")
  }

  @Test(arguments: [0, 1]) func oneThatIsKilledEndsAllAndWritesNothing(rank: Int) throws {
    let (folder, run) = try Self.tuned.get()
    let page = folder.file("killed.html")
    let all = try ProcessesAtWork(2) { _ in ["diagnose", run, "--process-timeout", "20", "-o", page] }
    var said = ""
    while !said.contains("measuring") {
      let more = all.processes[0].errors.fileHandleForReading.availableData
      try #require(!more.isEmpty, "\(said)")
      said += String(decoding: more, as: UTF8.self)
    }
    let number = all.processes[rank].process.processIdentifier
    kill(number, SIGKILL)
    let found = all.wait()
    #expect(found[1 - rank].status == 76, "\(found)")
    let lines = found[1 - rank].errors.split(separator: "\n").filter { $0.hasPrefix("lethe: ") }
    #expect(lines.count == 1 && found.allSatisfy(\.output.isEmpty), "\(found)")
    #expect(
      lines.first?.hasPrefix("lethe: rank \(rank) (process \(number) on ") == true
        && lines.first?.hasSuffix("ended without a word; the command can be given again") == true, "\(lines)")
    #expect(!FileManager.default.fileExists(atPath: page))
    #expect(try Command("verify", run).status == 0)
  }
}
