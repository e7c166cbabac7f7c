import Checkpoints
import Foundation
import TestSupport
import Testing

private enum CompilerOfC {
  static let path = ["/usr/bin/cc", "/usr/bin/clang"].first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// A run that is killed at an operation on a file: what is left is sound, and goes on to the bits of one that was not.
///
/// `Fixtures/kill/kill_at.c` counts the operations and kills. A few are tried; `LETHE_KILLS=all` tries every one, and
/// `LETHE_KILLS=200` so many, evenly spread.
@Suite(.serialized, .enabled(if: CompilerOfC.path != nil)) struct KilledRunTests {
  /// An operation on a file, as the log has it.
  private struct Operation {
    let number: Int
    let kind: String
    let path: String

    init?(_ line: Substring) {
      let parts = line.split(separator: " ", maxSplits: 2)
      guard parts.count == 3, let number = Int(parts[0]) else { return nil }
      (self.number, kind, path) = (number, String(parts[1]), String(parts[2]))
    }
  }

  private let folder: TemporaryFolder
  private let library: String
  private let base: String

  init() throws {
    folder = try TemporaryFolder()
    library = folder.file("kill_at.so")
    base = folder.file("base.h5")
    let compilation = Process()
    compilation.executableURL = URL(fileURLWithPath: try #require(CompilerOfC.path))
    compilation.arguments = [
      "-shared", "-fPIC", "-o", library, Repository.fixture("kill/kill_at.c"), "-ldl", "-lpthread",
    ]
    try compilation.run()
    compilation.waitUntilExit()
    #expect(compilation.terminationStatus == 0)
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
  }

  private func command(at run: String) -> [String] {
    [
      "train", base, "--data", Repository.fixture("fashion-mnist-small") + ":0-4", "--epochs", "2", "--patience", "2",
      "--optimizer", "adam", "--batch-size", "64", "--threads", "1", "--quiet", "-o", run,
    ]
  }

  @Test func aRunKilledAtAnyOperationGoesOnToTheSameBits() throws {
    let whole = folder.file("whole/run")
    try makeFolder("whole")
    #expect(try Command(array: command(at: whole)).status == 0)

    try makeFolder("counted")
    let log = folder.file("log")
    let counted = try Command(
      command(at: folder.file("counted/run")),
      environment: ["LD_PRELOAD": library, "LETHE_KILL_UNDER": folder.file("counted"), "LETHE_KILL_LOG": log])
    #expect(counted.status == 0, "\(counted.errors)")
    try expectSame(folder.file("counted/run"), whole, "counted")
    let operations = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").compactMap(Operation.init)
    // Of each kind there are some: the library sees what it should.
    for kind in ["mkdir", "create", "write", "fsync", "close", "rename", "unlink", "symlink"] {
      #expect(operations.contains { $0.kind == kind }, "no \(kind) among \(operations.count) operations")
    }
    var counts = (killed: 0, absent: 0)
    for operation in chosen(of: operations) {
      let wasThere = try kill(at: operation, whole)
      counts.killed += 1
      counts.absent += wasThere ? 0 : 1
    }
    print(
      "\(operations.count) operations; killed at \(counts.killed), "
        + "\(counts.absent) of them before the run's folder was there")
  }

  /// Kills a run at an operation and goes on with what is left.
  ///
  /// - Returns: whether anything was left to go on with.
  private func kill(at operation: Operation, _ whole: String) throws -> Bool {
    let name = "killed-\(operation.number)"
    let run = folder.file("\(name)/run")
    let place = "operation \(operation.number): \(operation.kind) \(operation.path)"
    try makeFolder(name)
    let killed = try Command(
      command(at: run),
      environment: [
        "LD_PRELOAD": library, "LETHE_KILL_UNDER": folder.file(name), "LETHE_KILL_AT": "\(operation.number)",
      ])
    #expect(killed.status == SIGKILL, "\(place): \(killed.status) \(killed.errors)")
    let isThere = FileManager.default.fileExists(atPath: run)
    if isThere {
      let verified = try Command("verify", run)
      #expect(verified.status == 0 && verified.errors.isEmpty, "\(place): \(verified.errors)")
    }
    let again = try Command(array: isThere ? ["train", "--resume", run, "--quiet"] : command(at: run))
    #expect(again.status == 0, "\(place): \(again.errors)")
    try expectSame(run, whole, place)
    let names = FileManager.default.enumerator(atPath: folder.file(name))?.compactMap { $0 as? String } ?? []
    #expect(!names.contains { $0.contains(".partial-") || $0.hasSuffix(".lock") }, "\(place): \(names)")
    try FileManager.default.removeItem(atPath: folder.file(name))
    return isThere
  }

  private func chosen(of operations: [Operation]) -> [Operation] {
    let wanted = ProcessInfo.processInfo.environment["LETHE_KILLS"]
    if wanted == "all" { return operations }
    if let count = wanted.flatMap({ Int($0) }), count > 0 {
      return stride(from: 0, to: operations.count, by: max(1, operations.count / count)).map { operations[$0] }
    }
    // One of each kind, drawn anew each time: the message names it.
    return Dictionary(grouping: operations, by: \.kind).values.compactMap { $0.randomElement() }
      .sorted { $0.number < $1.number }
  }

  private func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
  }

  private func expectSame(_ path: String, _ whole: String, _ place: String) throws {
    let (first, second) = (try Run.open(whole), try Run.open(path))
    #expect(first.epochs == [0, 1, 2] && second.epochs == first.epochs, "\(place): \(second.epochs)")
    for epoch in first.epochs {
      let (one, other) = try (
        Checkpoint(contentsOf: first.checkpointPath(epoch: epoch)),
        Checkpoint(contentsOf: second.checkpointPath(epoch: epoch))
      )
      #expect(try one.fingerprint == other.fingerprint, "\(place): epoch \(epoch)")
    }
    let (one, other) = try (ResumeState(contentsOf: first.resumePath), ResumeState(contentsOf: second.resumePath))
    #expect(one.epoch == other.epoch && one.progress == other.progress, "\(place): \(other.progress)")
    #expect(one.tensors == other.tensors, "\(place): the state to resume from")
    for name in first.record.metrics.names where name != "seconds" {
      let rows = 0..<first.record.metrics.rowCount
      let left: [Double] = rows.map { first.record.metrics.value(name, row: $0) }
      let right: [Double] = rows.map { second.record.metrics.value(name, row: $0) }
      #expect(zip(left, right).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }, "\(place): \(name) \(left) \(right)")
    }
    #expect(second.record.metrics.names == first.record.metrics.names, "\(place)")
    #expect(second.record.predictions == first.record.predictions && second.record.labels == first.record.labels)
    #expect(second.record.state == first.record.state && second.record.state.isFinished, "\(place)")
    #expect(second.record.analysis.keys.sorted() == first.record.analysis.keys.sorted(), "\(place)")
    let best = try FileManager.default.destinationOfSymbolicLink(atPath: "\(path)/checkpoints/best.h5")
    let expected = try FileManager.default.destinationOfSymbolicLink(atPath: "\(whole)/checkpoints/best.h5")
    #expect(best == expected, "\(place)")
  }
}
