import Checkpoints
import Foundation
import TestSupport
import Testing

/// Sequences of tasks by several processes: each task is trained as a run of one task is.
@Suite(.serialized) struct SharedSequenceTests {
  private let data = Repository.fixture("fashion-mnist-small")
  private let folder: TemporaryFolder
  private let base: String

  init() throws {
    folder = try TemporaryFolder()
    base = folder.file("base.h5")
    try #require(Command("new", "mlp", "--classes", "2", "--hidden", "8", "-o", base).status == 0)
  }

  private func words(_ run: String, _ more: String..., epochs: String = "2") -> [String] {
    [
      "finetune", base, "--task", "a=\(data):0-1", "--task", "b=\(data):2-3", "--task", "c=\(data):5,9", "--lr", "0.01",
      "--batch-size", "16", "--epochs", epochs, "--quiet", "--process-timeout", "20", "-o", folder.file(run),
    ] + more
  }

  private static let tasks = ["1-a", "2-b", "3-c"]

  /// All tasks of two sequences, and what these came to together.
  private func expectSameSequences(_ one: String, _ other: String, epochCount: Int = 2) throws {
    for task in Self.tasks {
      try expectSameRuns(
        folder.file("\(one)/tasks/\(task)"), folder.file("\(other)/tasks/\(task)"), within: 1e-5,
        epochCount: epochCount,
        beginsAlike: task == "1-a")
    }
    func matrix(_ run: String) throws -> [Double] {
      let report = try Command("report", folder.file(run), "--json")
      let object = try JSONSerialization.jsonObject(with: Data(report.output.utf8)) as? [String: Any]
      return try #require(object?["matrix"] as? [[Any]]).flatMap { $0.map { $0 as? Double ?? .nan } }
    }
    let (first, second) = (try matrix(one), try matrix(other))
    #expect(first.count == 9 && second.count == 9)
    for (a, b) in zip(first, second) { #expect(abs(a - b) < 1e-5 || a.isNaN && b.isNaN, "\(first), \(second)") }
    let verified = try Command("verify", folder.file(other))
    #expect(verified.status == 0, "\(verified.errors)")
  }

  @Test(arguments: [
    [], ["--regularizer", "lwf", "--regularizer", "ewc:samples=20", "--regularizer", "si"],
    ["--shared-head", "--regularizer", "der++"],
  ]) func severalProcessesDoWhatOneDoes(own: [String]) throws {
    let one = try Command(words("one") + own, environment: ["OMP_NUM_THREADS": "1"])
    try #require(one.status == 0, "\(one.errors)")
    for count in own.isEmpty ? [2, 3] : [2] {
      let run = "by-\(count)"
      let all = try ProcessesAtWork(count) { _ in words(run) + own }.wait()
      #expect(all.allSatisfy { $0.status == 0 && $0.errors.isEmpty }, "\(all.map(\.errors))")
      #expect(all[0].output.contains("in each of \(count) processes") && all.dropFirst().allSatisfy(\.output.isEmpty))
      try expectSameSequences("one", run)
      for file in ["report.html", "accuracy-matrix.csv"] {
        #expect(FileManager.default.fileExists(atPath: folder.file("\(run)/\(file)")))
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.file(run)).sorted()
          == FileManager.default.contentsOfDirectory(atPath: folder.file("one")).sorted())
    }
  }

  /// Two tasks of two named classes each, for a head that grows.
  private static let named = """
    import sys, h5py, numpy as np
    rng = np.random.default_rng(3)
    for name, classes in (("first", ["ape", "bee"]), ("second", ["cat", "dog"])):
        centres = rng.normal(size=(2, 6))
        with h5py.File(f"{sys.argv[1]}/{name}.h5", "w") as file:
            for part, count in (("train", 80), ("test", 60)):
                labels = np.arange(count) % 2
                values = centres[labels] + 0.5 * rng.normal(size=(count, 6))
                file[f"{part}/inputs/input"] = values.astype(np.float32).reshape(count, 1, 2, 3)
                file[f"{part}/labels"] = labels
            file.create_dataset("class_names", data=classes, dtype=h5py.string_dtype())
    """

  @Test(.enabled(if: Python.path != nil)) func aHeadGrowsAsByOne() throws {
    _ = try Python.run(Self.named, folder.path)
    let small = folder.file("small.h5")
    let made = try Command("new", "mlp", "--classes", "2", "--input", "1x2x3", "--hidden", "8", "-o", small)
    try #require(made.status == 0, "\(made.errors)")
    func words(_ run: String) -> [String] {
      [
        "finetune", small, "--task", "1-a=" + folder.file("first.h5"), "--task", "2-b=" + folder.file("second.h5"),
        "--target-head", "grow", "--regularizer", "lwf", "--lr", "0.01", "--epochs", "2", "--batch-size", "16",
        "--quiet",
        "-o", folder.file(run),
      ]
    }
    let one = try Command(words("one"), environment: ["OMP_NUM_THREADS": "1"])
    try #require(one.status == 0, "\(one.errors)")
    let all = try ProcessesAtWork(2) { _ in words("two") }.wait()
    #expect(all.allSatisfy { $0.status == 0 && $0.errors == one.errors || $0.output.isEmpty }, "\(all)")
    for task in ["1-1-a", "2-2-b"] {
      try expectSameRuns(
        folder.file("one/tasks/\(task)"), folder.file("two/tasks/\(task)"), within: 1e-5, beginsAlike: task == "1-1-a")
    }
  }

  /// Ends all of a sequence by two processes within its second task; it goes on with three, with one.
  @Test(arguments: [3, 1]) func anInterruptedSequenceGoesOnWithOthers(count: Int) throws {
    let one = try Command(words("one", epochs: "30"), environment: ["OMP_NUM_THREADS": "1"])
    try #require(one.status == 0, "\(one.errors)")
    let all = try ProcessesAtWork(2) { _ in words("stopped", epochs: "30") }
    for _ in 0..<3000
    where !FileManager.default.fileExists(atPath: folder.file("stopped/tasks/2-b/checkpoints/epoch-0002.h5")) {
      usleep(10000)
    }
    kill(all.processes[1].process.processIdentifier, SIGTERM)
    let found = all.wait()
    #expect(found[1].status == 143, "\(found)")
    let said = found.flatMap { $0.errors.split(separator: "\n") }
    #expect(said.count == 1 && said[0].contains("--resume \(folder.file("stopped")) goes on"), "\(said)")
    let resume = ["finetune", "--resume", folder.file("stopped"), "--quiet"]
    if count == 1 {
      let resumed = try Command(resume, environment: ["OMP_NUM_THREADS": "1"])
      #expect(resumed.status == 0, "\(resumed.errors)")
    } else {
      let resumed = try ProcessesAtWork(count) { _ in resume }.wait()
      #expect(resumed.allSatisfy { $0.status == 0 && $0.errors.isEmpty }, "\(resumed)")
    }
    try expectSameSequences("one", "stopped", epochCount: 30)
  }

  @Test func whatDiffersIsSaidAndNothingIsWritten() throws {
    let cases: [([String], String)] = [
      (words("run", "--lr", "0.5"), "the training's options: learningRate 0.5, not 0.01"),
      (words("run").map { $0.replacing("c=\(data):5,9", with: "c=\(data):4,6") }, "the data of task c: "),
      (words("run", "--shared-head"), "what the tasks share: a head, not no head"),
    ]
    for (own, expected) in cases {
      let all = try ProcessesAtWork(2) { $0 == 1 ? own : words("run") }.wait()
      let said = all.flatMap { $0.errors.split(separator: "\n").map(String.init) }
      #expect(all.map(\.status) == [64, 64] && said.count == 1, "\(all)")
      #expect(said.first?.contains("differs from rank 0 in \(expected)") == true, "\(said)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("run")))
    }
    let elsewhere = try ProcessesAtWork(2) { words("run-\($0)") }.wait()
    #expect(elsewhere.map(\.status) == [64, 64], "\(elsewhere)")
    #expect(elsewhere[0].errors.contains("the folder of the run: it does not see the one that rank 0 opened"))
    let sharded = try ProcessesAtWork(2) { _ in words("run", "--shard") }.wait()
    #expect(sharded.map(\.status) == [64, 64] && sharded[0].errors.contains("--shard is of one task"), "\(sharded)")
  }
}
