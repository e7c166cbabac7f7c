import Checkpoints
import Foundation
import TestSupport
import Testing

/// What becomes of several processes where one is not like the others, does not come, ends or hangs.
@Suite(.serialized) struct SharedTrainingFaultTests {
  private let data = Repository.fixture("fashion-mnist-small")
  private let folder: TemporaryFolder
  private let base: String

  init() throws {
    folder = try TemporaryFolder()
    base = folder.file("base.h5")
    try #require(Command("new", "mlp", "--classes", "5", "--hidden", "8", "-o", base).status == 0)
  }

  private func words(_ more: String..., data other: String? = nil, epochs: String = "2") -> [String] {
    [
      "train", base, "--data", other ?? data + ":0-4", "--epochs", epochs, "--quiet", "--process-timeout", "5", "-o",
      folder.file("run"),
    ] + more
  }

  /// The lines on standard error of all processes.
  private func lines(_ all: [(status: Int32, output: String, errors: String)]) -> [String] {
    all.flatMap { $0.errors.split(separator: "\n").map(String.init) }
  }

  @Test func otherOptionsDataAndCheckpointsAreSaid() throws {
    let other = folder.file("other.h5")
    try #require(Command("new", "mlp", "--classes", "5", "--hidden", "8", "--seed", "1", "-o", other).status == 0)
    let cases: [([String], String)] = [
      (words("--lr", "0.5"), "differs from rank 0 in the training's options: learningRate 0.5, not 0.01"),
      (words(data: data + ":5-9"), "differs from rank 0 in the target data: "),
      ([words()[0], other] + words().dropFirst(2), "differs from rank 0 in the checkpoint: "),
    ]
    for (own, expected) in cases {
      let all = try ProcessesAtWork(2) { $0 == 1 ? own : words() }.wait()
      #expect(all.map(\.status) == [64, 64], "\(all)")
      let said = lines(all)
      #expect(said.count == 1 && said[0].hasPrefix("lethe: rank 1 (process ") && said[0].contains(expected), "\(said)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("run")))
    }
  }

  @Test func aFaultOfAllIsSaidOnce() throws {
    let missing = try ProcessesAtWork(2) { _ in words(data: "/no/such/data") }.wait()
    #expect(missing.map(\.status) == [66, 66] && lines(missing).count == 1, "\(missing)")
    let small = try ProcessesAtWork(3) { _ in words("--batch-size", "2") }.wait()
    #expect(small.map(\.status) == [64, 64, 64] && lines(small).count == 1, "\(small)")
    #expect(lines(small)[0].contains("3 processes share a batch of 2: each needs an example of it (--batch-size)"))
    let unknown = try ProcessesAtWork(2) { _ in words("--no-such-option") }.wait()
    #expect(unknown.map(\.status) == [64, 64] && unknown[1].errors.isEmpty, "\(unknown)")
    let high = try ProcessesAtWork(2) { _ in words("--lr", "1e30") }.wait()
    #expect(high.map(\.status) == [65, 65] && lines(high).count == 1, "\(high)")
    #expect(lines(high)[0].contains("loss is not a number") || lines(high)[0].contains("loss is infinite"))
  }

  @Test func aFaultOfOneIsSaidByIt() throws {
    let all = try ProcessesAtWork(2) { words(data: $0 == 1 ? "/no/such/data" : nil) }.wait()
    #expect(all.map(\.status) == [66, 66], "\(all)")
    #expect(lines(all).count == 1 && lines(all)[0].hasPrefix("lethe: rank 1: /no/such/data"), "\(lines(all))")
  }

  @Test func whoDoesNotComeIsSaid() throws {
    let alone = try ProcessesAtWork(3, ranks: [0, 2]) { _ in words("--process-timeout", "2") }.wait()
    #expect(alone.map(\.status) == [76, 76], "\(alone)")
    #expect(lines(alone).allSatisfy { $0.contains("rank 1 of 3 processes did not come to 127.0.0.1:") }, "\(alone)")
    let nobody = try ProcessesAtWork(2, ranks: [1]) { _ in words("--process-timeout", "2") }.wait()
    #expect(nobody.map(\.status) == [76], "\(nobody)")
    #expect(
      lines(nobody).count == 1 && lines(nobody)[0].contains("the other processes could not be met at 127.0.0.1:"),
      "\(nobody)")
  }

  @Test func otherCommandsRefuse() throws {
    let all = try ProcessesAtWork(2) { _ in ["inspect", base] }.wait()
    #expect(all.map(\.status) == [64, 64], "\(all)")
    #expect(
      lines(all) == [
        "lethe: lethe inspect is for one process, and 2 were started; for several are train, finetune, sweep, transfer, "
          + "evaluate, diagnose, cka, probe, rewind and interpolate"
      ])
    let wrong = try Command(["inspect", base], environment: ["RANK": "x", "WORLD_SIZE": "2"])
    #expect(wrong.status == 64 && wrong.errors.contains("environment variable MASTER_ADDR"), "\(wrong.errors)")
  }

  /// Starts a long run of two, and waits until its first epoch is stored.
  private func longRun() throws -> ProcessesAtWork {
    let all = try ProcessesAtWork(2) { _ in words(epochs: "100000") }
    for _ in 0..<600 where !FileManager.default.fileExists(atPath: "\(folder.file("run"))/checkpoints/epoch-0001.h5") {
      usleep(50000)
    }
    return all
  }

  private func expectResumable(by count: Int) throws {
    let run = folder.file("run")
    let verified = try Command("verify", run)
    #expect(verified.status == 0, "\(verified.errors)")
    let done = try #require(Run.open(run).record.lastEpoch)
    let more = ["train", "--resume", run, "--epochs", "\(done + 1)", "--quiet"]
    if count == 1 {
      let resumed = try Command(more, environment: ["OMP_NUM_THREADS": "1"])
      #expect(resumed.status == 0, "\(resumed.errors)")
    } else {
      let resumed = try ProcessesAtWork(count) { _ in more }.wait()
      #expect(resumed.allSatisfy { $0.status == 0 && $0.errors.isEmpty }, "\(resumed)")
    }
    let record = try Run.open(run).record
    #expect(record.isFinished && record.lastEpoch == done + 1)
  }

  @Test(arguments: [0, 1]) func oneThatIsKilledEndsAllAndTheRunGoesOn(rank: Int) throws {
    let all = try longRun()
    let number = all.processes[rank].process.processIdentifier
    kill(number, SIGKILL)
    let found = all.wait()
    #expect(found[1 - rank].status == 76, "\(found)")
    let said = lines(found)
    #expect(said.count == 1, "\(said)")
    #expect(said.first?.hasPrefix("lethe: rank \(rank) (process \(number) on ") == true, "\(said)")
    #expect(said.first?.contains("ended without a word; a run that was begun holds its finished epochs") == true)
    try expectResumable(by: rank == 0 ? 1 : 3)
  }

  @Test func oneThatHangsIsWaitedForSoLong() throws {
    let all = try longRun()
    let number = all.processes[1].process.processIdentifier
    kill(number, SIGSTOP)
    let first = all.processes[0]
    first.process.waitUntilExit()
    kill(number, SIGKILL)
    let found = all.wait()
    #expect(found[0].status == 76)
    #expect(lines(found).count == 1 && lines(found)[0].contains("rank 1 (process \(number) on "), "\(found)")
    #expect(lines(found).first?.contains("did not answer for 5 s") == true, "\(found)")
    try expectResumable(by: 2)
  }

  @Test(arguments: [0, 1]) func anInterruptionOfOneEndsAllAfterTheStep(rank: Int) throws {
    let all = try longRun()
    kill(all.processes[rank].process.processIdentifier, SIGTERM)
    let found = all.wait()
    #expect(found[0].errors.contains("lethe: interrupted in epoch"), "\(found)")
    #expect(found[0].errors.contains("; lethe train --resume \(folder.file("run")) goes on"), "\(found)")
    #expect(lines(found).count == 1 && found[rank].status == 143, "\(found)")
    try expectResumable(by: 2)
  }
}
