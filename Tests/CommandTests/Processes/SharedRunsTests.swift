import Checkpoints
import Foundation
import TestSupport
import Testing

/// Runs that several processes share, each trained by one of them: they come to what one process comes to, to the bit.
@Suite(.serialized) struct SharedRunsTests {
  private let data = Repository.fixture("fashion-mnist-small")
  private let folder: TemporaryFolder
  private let source: String
  private let training = ["--lr", "0.05", "--examples", "64", "--threads", "1"]

  init() throws {
    folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    source = folder.file("source")
    try #require(Command("new", "mlp", "--classes", "5", "--hidden", "8", "-o", base).status == 0)
    let trained = try Command(
      array: ["train", base, "--data", data + ":0-4", "--epochs", "1", "--quiet", "-o", source] + training)
    try #require(trained.status == 0, "\(trained.errors)")
  }

  private func sweep(_ output: String, _ more: String...) -> [String] {
    [
      "sweep", source, "--source", data + ":0-4", "--target", data + ":5-9", "--regularizer",
      "none|l2-sp:alpha=1|l2-sp:alpha=100000", "--seeds", "2", "--epochs", "2", "--quiet", "-o", folder.file(output),
    ] + training + more
  }

  private func transfer(_ output: String, _ more: String...) -> [String] {
    [
      "transfer", source, "--target", data + ":5-9", "--epochs", "1", "--seeds", "2", "--quiet", "-o",
      folder.file(output),
    ]
      + training + more
  }

  private func one(_ words: [String]) throws {
    let found = try Command(words, environment: ["OMP_NUM_THREADS": "1"])
    try #require(found.status == 0, "\(found.errors)")
  }

  private func several(_ count: Int, _ words: [String]) throws {
    let all = try ProcessesAtWork(count) { _ in words }.wait()
    #expect(all.allSatisfy { $0.status == 0 && $0.errors.isEmpty }, "\(all)")
    #expect(!all[0].output.isEmpty && all.dropFirst().allSatisfy(\.output.isEmpty), "\(all.map(\.output))")
  }

  /// The finding beside the page, and the bytes of all weights that are kept.
  private func expectSame(_ first: String, _ second: String) throws {
    let (one, other) = (folder.file(first), folder.file(second))
    func finding(_ path: String) throws -> String {
      try String(contentsOfFile: path + "/finding.json", encoding: .utf8).replacing(path, with: "FOLDER")
    }
    #expect(try finding(one) == finding(other))
    let runs = try FileManager.default.contentsOfDirectory(atPath: one + "/runs").sorted()
    #expect(try runs == FileManager.default.contentsOfDirectory(atPath: other + "/runs").sorted())
    for name in runs where !name.hasSuffix(".failed") {
      let pair = try (Run.open("\(one)/runs/\(name)"), Run.open("\(other)/runs/\(name)"))
      #expect(pair.0.record.isFinished && pair.1.record.isFinished)
      for epoch in pair.0.epochs where FileManager.default.fileExists(atPath: pair.0.checkpointPath(epoch: epoch)) {
        let weights = try Checkpoint(contentsOf: pair.0.checkpointPath(epoch: epoch)).parameters
        let others = try Checkpoint(contentsOf: pair.1.checkpointPath(epoch: epoch)).parameters
        #expect(weights.keys == others.keys)
        for (key, tensor) in weights {
          #expect(tensor.array(of: Float.self) == others[key]?.array(of: Float.self), "\(name), \(key)")
        }
      }
    }
  }

  @Test func aSweepIsThatOfOneProcessAndGoesOnWithAnotherNumber() throws {
    try one(sweep("one"))
    try several(3, sweep("three"))
    try expectSame("one", "three")
    let page = try String(contentsOfFile: folder.file("three") + "/report.html", encoding: .utf8)
    #expect(page.contains("l2-sp:alpha=1"))
    // A run that is lost is trained again, by whichever gets it.
    try FileManager.default.removeItem(atPath: folder.file("three") + "/runs/none-seed1")
    try FileManager.default.removeItem(atPath: folder.file("three") + "/finding.json")
    try several(2, sweep("three"))
    try expectSame("one", "three")
    // What is there is replaced once, by the first process.
    try several(2, sweep("three", "--force"))
    try expectSame("one", "three")
    try several(2, sweep("three", "--name-by-time"))
    let beside = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("three-") }
    #expect(beside.count == 1)
    try expectSame("one", try #require(beside.first))
  }

  @Test func aSearchedStrengthIsThatOfOneProcess() throws {
    func words(_ output: String) -> [String] {
      [
        "sweep", source, "--source", data + ":0-4", "--target", data + ":5-9", "--regularizer", "l2-sp",
        "--max-forgetting", "2pp", "--trials", "3", "--epochs", "1", "--seeds", "2", "--quiet", "-o",
        folder.file(output),
      ] + training
    }
    try one(words("one"))
    try several(2, words("two"))
    try expectSame("one", "two")
  }

  @Test func aTransferIsThatOfOneProcess() throws {
    try one(transfer("one"))
    try several(3, transfer("three"))
    try expectSame("one", "three")
  }

  @Test func aTransferMapIsThatOfOneProcess() throws {
    try one(transfer("one", "--map", "--quick", "--amounts", "5,all"))
    try several(2, transfer("two", "--map", "--quick", "--amounts", "5,all"))
    try expectSame("one", "two")
  }

  private func lines(_ all: [(status: Int32, output: String, errors: String)]) -> [String] {
    all.flatMap { $0.errors.split(separator: "\n").map(String.init) }
  }

  @Test func otherRunsAreSaidBeforeThereIsAFolder() throws {
    for (own, words) in [
      (sweep("out", "--seeds", "3"), sweep("out")), (transfer("out", "--no-trials"), transfer("out")),
      (sweep("out", "--lr", "0.1"), sweep("out")),
    ] {
      let all = try ProcessesAtWork(2) { $0 == 1 ? own : words }.wait()
      #expect(all.map(\.status) == [64, 64], "\(all)")
      #expect(lines(all).count == 1 && lines(all)[0].contains("differs from rank 0 in "), "\(all)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
    }
    let jobs = try ProcessesAtWork(2) { _ in sweep("out", "--jobs", "2") }.wait()
    #expect(jobs.map(\.status) == [64, 64], "\(jobs)")
    #expect(lines(jobs) == ["lethe: --jobs starts processes, and 2 were started: leave it out"])
  }

  @Test func aFolderThatOneDoesNotSeeIsSaid() throws {
    let all = try ProcessesAtWork(2) { sweep($0 == 1 ? "elsewhere" : "out") }.wait()
    #expect(all.map(\.status) == [64, 64], "\(all)")
    #expect(lines(all).count == 1, "\(all)")
    #expect(
      lines(all).first?.contains("in the folder of the runs: it does not see the one that rank 0 opened") == true,
      "\(all)")
  }

  @Test func aRunThatFailsIsNamedAndEndsAll() throws {
    // A state to resume from that is none.
    let run = folder.file("out") + "/runs/none-seed0"
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
    try Data("none".utf8).write(to: URL(fileURLWithPath: run + "/resume.h5"))
    let all = try ProcessesAtWork(2) { _ in sweep("out", "--epochs", "20") }.wait()
    #expect(all.allSatisfy { $0.status != 0 } && all[0].status == all[1].status, "\(all)")
    #expect(lines(all).count == 1, "\(all)")
    #expect(lines(all).first?.contains(#/^lethe: (rank 1: )?.*/out/runs/none-seed0: /#) == true, "\(all)")
  }

  /// Starts a sweep of two, and waits until both have a run.
  private func begun(_ words: [String], in output: String) throws -> ProcessesAtWork {
    let all = try ProcessesAtWork(2) { _ in words }
    let runs = folder.file(output) + "/runs"
    for _ in 0..<1200 where ((try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? []).count < 2 {
      usleep(25000)
    }
    return all
  }

  @Test(arguments: [0, 1]) func anInterruptionOfOneEndsAllAndTheSweepGoesOn(rank: Int) throws {
    let more = ["--epochs", "60"]
    let all = try begun(sweep("out") + more, in: "out")
    kill(all.processes[rank].process.processIdentifier, SIGTERM)
    let found = all.wait()
    #expect(found.map(\.status) == [143, 143], "\(found)")
    #expect(
      lines(found).count == 1 && found[0].errors.contains("interrupted; the same command, given again"), "\(found)")
    try several(3, sweep("out") + more)
    try one(sweep("one") + more)
    try expectSame("one", "out")
  }

  @Test func oneThatIsKilledLeavesItsRunToTheOthers() throws {
    let more = ["--epochs", "40"]
    let all = try begun(sweep("out") + more, in: "out")
    kill(all.processes[1].process.processIdentifier, SIGKILL)
    let found = all.wait()
    #expect(found[0].status == 0, "\(found)")
    try one(sweep("one") + more)
    try expectSame("one", "out")
  }
}
