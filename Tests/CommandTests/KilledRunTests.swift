import Checkpoints
import Foundation
import TestSupport
import Testing

private enum CompilerOfC {
  static let path = ["/usr/bin/cc", "/usr/bin/clang"].first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// A run that is killed at an operation on a file: what is left is sound, and goes on to the bits of one that was not.
///
/// `Fixtures/kill/kill_at.c` counts the operations and kills. A few are tried of each kind of run; `LETHE_KILLS=all` tries
/// every one, and `LETHE_KILLS=200` so many, evenly spread.
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

  /// A run that is small, and has every kind of file.
  enum Asked: String, CaseIterable {
    case training
    case fineTuning = "fine-tuning"
    case sequence

    var subcommand: String { self == .training ? "train" : "finetune" }

    /// How many kills the ordinary tests try, evenly spread; of the first, one of each kind of operation.
    fileprivate var fewKills: Int? { self == .training ? nil : 3 }
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

  private func command(_ asked: Asked, at run: String) -> [String] {
    let data = Repository.fixture("fashion-mnist-small")
    let own =
      switch asked {
      case .training: [base, "--data", data + ":0-4", "--epochs", "2", "--patience", "2", "--optimizer", "adam"]
      case .fineTuning:
        [
          folder.file("source"), "--source", data + ":0-4", "--target", data + ":5-9", "--epochs", "1", "--best",
          "target", "--regularizer", "ewc", "--regularizer", "lwf",
        ]
      case .sequence:
        [
          base, "--task", "a=\(data):0-1", "--task", "b=\(data):2-3", "--epochs", "1", "--regularizer", "ewc",
          "--regularizer", "si",
        ]
      }
    return [asked.subcommand] + own + ["--batch-size", "64", "--threads", "1", "--quiet", "-o", run]
  }

  @Test(arguments: Asked.allCases)
  func aRunKilledAtAnyOperationGoesOnToTheSameBits(asked: Asked) throws {
    if asked == .fineTuning {
      let source = try Command(array: command(.training, at: folder.file("source")))
      #expect(source.status == 0, "\(source.errors)")
    }
    let whole = folder.file("whole/run")
    try makeFolder("whole")
    #expect(try Command(array: command(asked, at: whole)).status == 0)

    try makeFolder("counted")
    let log = folder.file("log")
    let counted = try Command(
      command(asked, at: folder.file("counted/run")),
      environment: ["LD_PRELOAD": library, "LETHE_KILL_UNDER": folder.file("counted"), "LETHE_KILL_LOG": log])
    #expect(counted.status == 0, "\(counted.errors)")
    try expectSame(folder.file("counted/run"), whole, "counted")
    let operations = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").compactMap(Operation.init)
    // Of each kind there are some: the library sees what it should.
    for kind in ["mkdir", "create", "write", "fsync", "close", "rename", "unlink"] {
      #expect(operations.contains { $0.kind == kind }, "no \(kind) among \(operations.count) operations")
    }
    var counts = (killed: 0, absent: 0)
    for operation in chosen(of: operations, asked) {
      let wasThere = try kill(asked, at: operation, whole)
      counts.killed += 1
      counts.absent += wasThere ? 0 : 1
    }
    print(
      "\(asked.rawValue): \(operations.count) operations; killed at \(counts.killed), "
        + "\(counts.absent) of them before the run's folder was there")
  }

  /// Kills a run at an operation and goes on with what is left.
  ///
  /// - Returns: whether anything was left to go on with.
  private func kill(_ asked: Asked, at operation: Operation, _ whole: String) throws -> Bool {
    let name = "killed-\(operation.number)"
    let run = folder.file("\(name)/run")
    let place = "\(asked.rawValue), operation \(operation.number): \(operation.kind) \(operation.path)"
    try makeFolder(name)
    let killed = try Command(
      command(asked, at: run),
      environment: [
        "LD_PRELOAD": library, "LETHE_KILL_UNDER": folder.file(name), "LETHE_KILL_AT": "\(operation.number)",
      ])
    #expect(killed.status == SIGKILL, "\(place): \(killed.status) \(killed.errors)")
    let isThere = FileManager.default.fileExists(atPath: run)
    if isThere {
      let verified = try Command("verify", run)
      #expect(verified.status == 0 && verified.errors.isEmpty, "\(place): \(verified.errors)")
    }
    let again = try Command(
      array: isThere ? [asked.subcommand, "--resume", run, "--quiet"] : command(asked, at: run))
    #expect(again.status == 0, "\(place): \(again.errors)")
    try expectSame(run, whole, place)
    let names = FileManager.default.enumerator(atPath: folder.file(name))?.compactMap { $0 as? String } ?? []
    #expect(!names.contains { $0.contains(".partial-") || $0.hasSuffix(".lock") }, "\(place): \(names)")
    try FileManager.default.removeItem(atPath: folder.file(name))
    return isThere
  }

  private func chosen(of operations: [Operation], _ asked: Asked) -> [Operation] {
    let wanted = ProcessInfo.processInfo.environment["LETHE_KILLS"]
    if wanted == "all" { return operations }
    if let count = wanted.flatMap({ Int($0) }) ?? asked.fewKills, count > 0 {
      let spread = (0..<min(count, operations.count)).map { operations[(2 * $0 + 1) * operations.count / (2 * count)] }
      return spread + (asked == .sequence ? behindCheckpoints(operations) : [])
    }
    // One of each kind, drawn anew each time: the message names it.
    return Dictionary(grouping: operations, by: \.kind).values.compactMap { $0.randomElement() }
      .sorted { $0.number < $1.number }
  }

  /// Those that follow a task's checkpoint of which no record speaks yet.
  private func behindCheckpoints(_ operations: [Operation]) -> [Operation] {
    zip(operations, operations.dropFirst())
      .filter { $0.0.kind == "rename" && $0.0.path.contains(/run\/checkpoints\/epoch-000[12]\.h5$/) }.map(\.1)
  }

  private func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
  }

  // MARK: The same bits

  /// A run, and those of the tasks below it.
  private func expectSame(_ path: String, _ whole: String, _ place: String) throws {
    let (files, expected) = (Self.files(in: path), Self.files(in: whole))
    #expect(files == expected, "\(place)")
    for record in expected where record.hasSuffix("run.h5") {
      let folder = String(record.dropLast("/run.h5".count))
      try expectSameRun(path + folder, whole + folder, place + folder)
    }
    for state in expected where state.hasSuffix("/resume.h5") || state.hasSuffix("/memory.h5") {
      let (one, other) = try (ResumeState(contentsOf: whole + state), ResumeState(contentsOf: path + state))
      #expect(one.epoch == other.epoch && one.progress == other.progress, "\(place), \(state): \(other.progress)")
      #expect(one.tensors == other.tensors, "\(place): \(state)")
    }
  }

  private static func files(in folder: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
      .filter { $0.hasSuffix(".h5") }.map { "/" + $0 }.sorted()
  }

  private func expectSameRun(_ path: String, _ whole: String, _ place: String) throws {
    let (first, second) = (try Run.open(whole), try Run.open(path))
    #expect(first.epochs.count > 1 && second.epochs == first.epochs, "\(place): \(second.epochs)")
    for epoch in first.epochs {
      let (one, other) = try (
        Checkpoint(contentsOf: first.checkpointPath(epoch: epoch)),
        Checkpoint(contentsOf: second.checkpointPath(epoch: epoch))
      )
      #expect(try one.fingerprint == other.fingerprint, "\(place): epoch \(epoch)")
    }
    for name in first.record.metrics.names where name != "seconds" {
      let rows = 0..<first.record.metrics.rowCount
      let left: [Double] = rows.map { first.record.metrics.value(name, row: $0) }
      let right: [Double] = rows.map { second.record.metrics.value(name, row: $0) }
      #expect(zip(left, right).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }, "\(place): \(name) \(left) \(right)")
    }
    #expect(second.record.metrics.names == first.record.metrics.names, "\(place)")
    #expect(second.record.predictions == first.record.predictions && second.record.labels == first.record.labels)
    #expect(second.record.state == first.record.state && second.record.state.isFinished, "\(place)")
    // As text: what was not measured is NaN, which equals nothing.
    let numbers = [first, second].map { run in
      run.record.analysis.mapValues { "\($0.numbers.sorted { $0.key < $1.key })" }
    }
    #expect(numbers[0] == numbers[1], "\(place)")
    let links = [path, whole].map {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "\($0)/checkpoints/best.h5")
    }
    #expect(links[0] == links[1], "\(place)")
  }
}
