import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct SequenceCommandTests {
  private let data = Repository.fixture("fashion-mnist-small")

  private func base(in folder: TemporaryFolder) throws -> String {
    let path = folder.file("base.h5")
    #expect(try Command("new", "mlp", "--classes", "2", "-o", path).status == 0)
    return path
  }

  private func start(_ base: String, _ output: String) -> [String] {
    [
      "finetune", base, "--task", "a=\(data):0-1", "--task", "b=\(data):2-3", "--task", "c=\(data):5,9", "--lr", "0.05",
      "--epochs", "3", "--regularizer", "lwf", "--regularizer", "si", "--json", "-o", output,
    ]
  }

  private func object(_ output: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
  }

  @Test func everyTaskIsJudgedAfterEveryTask() throws {
    let folder = try TemporaryFolder()
    let run = folder.file("run")
    let command = try Command(array: start(try base(in: folder), run))
    #expect(command.status == 0, "\(command.errors)")
    let result = try object(command.output)
    let matrix = try #require(result["matrix"] as? [[Any]]).map { $0.map { $0 as? Double } }
    #expect(matrix.map { $0.map { $0 != nil } } == [[true, false, false], [true, true, false], [true, true, true]])
    func value(_ row: Int, _ column: Int) throws -> Double { try #require(matrix[row][column]) }
    let backward = try (value(2, 0) - value(0, 0) + value(2, 1) - value(1, 1)) / 2
    #expect(abs(try #require(result["backwardTransfer"] as? Double) - backward) < 1e-12)
    #expect(result["forwardTransfer"] is NSNull)
    // What is stored for the run says the same as the models that are stored.
    let judged = try Command(
      "evaluate", run + "/checkpoints/epoch-0003.h5", "--data", data + ":0-1", "--head", "a", "--json")
    #expect(try object(judged.output)["accuracy"] as? Double == (try value(2, 0)))
    // Avalanche: right after learning, minus the last.
    let report = try Command("report", run, "--compat", "avalanche", "--json")
    #expect(abs(try #require(object(report.output)["forgetting"] as? Double) + backward) < 1e-12)
    // A run of version 0.1 has only the arrays.
    let old = try Command(
      "report", Repository.fixture("runs-0.1/sequence"), "--json", "-o", folder.file("old.html"))
    #expect(try object(old.output)["tasks"] as? [String] == ["a", "b"], "\(old.errors)")
    #expect(try Command("verify", run).status == 0)
  }

  @Test func aSequenceWithATaskThatCannotBeLeavesNothing() throws {
    let folder = try TemporaryFolder()
    let (base, other) = (try base(in: folder), folder.file("other.csv"))
    // Three numbers an example, for a network of images.
    try Data("a,b,c,label\n1,2,3,x\n4,5,6,y\n1,2,4,x\n4,5,7,y\n".utf8).write(to: URL(fileURLWithPath: other))
    let before = try folder.names
    let command = try Command(
      "finetune", base, "--task", "a=\(data):0-1", "--task", "b=\(other)", "--epochs", "1", "-o", folder.file("run"))
    #expect(command.status == 65 && command.errorLines.count == 1, "\(command.errors)")
    #expect(command.output.isEmpty && command.errors.contains("other"), "\(command.output)\(command.errors)")
    #expect(try folder.names == before)
  }

  @Test func aNetworkThatWasNeverTrainedForgetsNothing() throws {
    let folder = try TemporaryFolder()
    let base = try base(in: folder)
    let command = try Command(
      "finetune", base, "--source", data + ":0-1", "--target", data + ":2-3", "-o", folder.file("run"))
    #expect(command.status == 65 && command.output.isEmpty && command.errorLines.count == 1, "\(command.errors)")
    #expect(command.errors.contains("\(base): it was never trained") && command.errors.contains("lethe train \(base)"))
    #expect(try folder.names == ["base.h5"])
  }

  @Test func aKilledSequenceGoesOn() throws {
    let folder = try TemporaryFolder()
    let base = try base(in: folder)
    let whole = try Command(array: start(base, folder.file("run")))
    let stopped = folder.file("stopped")
    let (process, _) = try Command.start(array: start(base, stopped))
    for _ in 0..<3000 where !FileManager.default.fileExists(atPath: stopped + "/tasks/2-b/checkpoints/epoch-0001.h5") {
      usleep(5000)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let resumed = try Command("finetune", "--resume", stopped, "--json")
    #expect(resumed.status == 0, "\(resumed.errors)")
    let (first, second) = (try object(whole.output), try object(resumed.output))
    #expect(first["matrix"] as? NSArray == second["matrix"] as? NSArray)
  }

  @Test func aSharedHeadIsJudgedBeforeItsTasksAreLearnt() throws {
    let folder = try TemporaryFolder()
    let command = try Command(
      array: start(try base(in: folder), folder.file("run")).filter { !["lwf", "si", "--regularizer"].contains($0) }
        + ["--shared-head"])
    #expect(command.status == 0, "\(command.errors)")
    let result = try object(command.output)
    #expect((result["baseline"] as? [Double])?.count == 3)
    let matrix = try #require(result["matrix"] as? [[Double]])
    let baseline = try #require(result["baseline"] as? [Double])
    let forward = (matrix[0][1] - baseline[1] + matrix[1][2] - baseline[2]) / 2
    #expect(abs(try #require(result["forwardTransfer"] as? Double) - forward) < 1e-12)
  }

  @Test func whatIsNoSequenceIsRefused() throws {
    let cases: [([String], String)] = [
      (["--task", "a=\(data):0-1"], "needs two tasks"), (["--task", "a"], "expected NAME=DATA"),
      (["--task", "a=\(data):0-1", "--task", "a=\(data):2-3"], "stands twice"),
      (["--task", "a=\(data):0-1", "--task", "b=\(data):2-4", "--shared-head"], "has 3 classes"),
      (["--task", "a=\(data):0-1", "--source", data], "in place of --source"),
      (["--shared-head"], "--shared-head is for"),
      ([], "give --target DATA"),
    ]
    let folder = try TemporaryFolder()
    let base = try base(in: folder)
    for (options, reason) in cases {
      let command = try Command(array: ["finetune", base, "-o", folder.file("run")] + options)
      #expect(command.status == 64 && command.errors.contains(reason), "\(options): \(command.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("run")))
    }
  }
}
