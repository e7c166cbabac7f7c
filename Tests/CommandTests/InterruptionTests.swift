import Checkpoints
import Foundation
import TestSupport
import Testing

/// Runs that end before their time: by Ctrl-C, by a signal that nothing can catch, by a disk that is full.
@Suite(.serialized) struct InterruptionTests {
  private let data = Repository.fixture("fashion-mnist-small")

  private func base(in folder: TemporaryFolder) throws -> String {
    let path = folder.file("base.h5")
    #expect(try Command("new", "cnn", "--classes", "5", "-o", path).status == 0)
    return path
  }

  /// Starts a long run, and sends a signal once its first epoch is stored.
  private func interrupt(_ run: String, base: String, signal number: Int32) throws -> (status: Int32, errors: String) {
    let (process, errors) = try Command.start(
      "train", base, "--data", data + ":0-4", "--epochs", "100000", "--quiet", "-o", run)
    for _ in 0..<600 where !FileManager.default.fileExists(atPath: "\(run)/checkpoints/epoch-0001.h5") {
      usleep(100_000)
    }
    kill(process.processIdentifier, number)
    // A test that waits without end says nothing.
    DispatchQueue.global().asyncAfter(deadline: .now() + 60) {
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func aSignalKeepsEveryFinishedEpoch(number: Int32) throws {
    // The tests themselves may run under nohup, and what it ignores stays ignored.
    if number == SIGHUP { Foundation.signal(SIGHUP, SIG_DFL) }
    let folder = try TemporaryFolder()
    let run = folder.file("run")
    let (status, errors) = try interrupt(run, base: try base(in: folder), signal: number)
    #expect(status == 128 + number)
    let last = try #require(errors.split(separator: "\n").last)
    #expect(last.hasPrefix("lethe: interrupted in epoch"), "\(errors)")
    #expect(last.hasSuffix("; lethe train --resume \(run) goes on"), "\(errors)")
    let verified = try Command("verify", run)
    #expect(verified.status == 0, "\(verified.errors)")
    #expect(verified.output.contains("\(run): an unfinished run, epoch "), "\(verified.output)")
    #expect(try Run.open(run).record.isFinished == false && !FileManager.default.fileExists(atPath: run + "/.lock"))
    let again = try Command("train", folder.file("base.h5"), "--data", data + ":0-4", "-o", run)
    #expect(
      again.status == 73 && again.errors.contains("lethe train --resume \(run) goes on with it"), "\(again.errors)")
    guard number == SIGINT else { return }
    let report = try Command("report", run)
    #expect(report.status == 0, "\(report.errors)")
    let next = try Command(
      "finetune", run, "--source", data + ":0-4", "--target", data + ":5-9", "--epochs", "1", "-o", folder.file("next"))
    #expect(next.status == 0 && next.errors.contains("\(run) is an unfinished run, epoch "), "\(next.errors)")
    // One that came to its end is no such.
    let more = try Command(
      "train", folder.file("next"), "--data", data + ":5-9", "--epochs", "1", "-o", folder.file("m"))
    #expect(more.status == 0 && !more.errors.contains("unfinished"), "\(more.errors)")
  }

  @Test func aRunThatSurvivesItsTerminalIsNotEndedByIt() throws {
    let folder = try TemporaryFolder()
    let arguments = ["train", try base(in: folder), "--data", data + ":0-4", "--epochs", "2", "-o", folder.file("run")]
    // As nohup has it.
    let command = try Command(shell: "trap '' HUP; \"$@\" & sleep 0.5; kill -HUP $!; wait $!", arguments)
    #expect(command.status == 0, "\(command.errors)")
  }

  @Test(arguments: ["\"$@\" | head -1; exit ${PIPESTATUS[0]}", "\"$@\" 2>&-", "\"$@\" >&- 2>&-", "\"$@\" > /dev/full"])
  func aClosedStreamLosesNoRun(script: String) throws {
    let folder = try TemporaryFolder()
    let run = folder.file("run")
    let command = try Command(
      shell: script, ["train", try base(in: folder), "--data", data + ":0-4", "--epochs", "2", "-o", run])
    let isLost = script.contains("full") || script.contains(">&- 2")
    #expect(command.status == (isLost ? 73 : 0), "\(script): \(command.status) \(command.errors)")
    if script.contains("full") {
      #expect(command.errorLines.last == "lethe: standard output: cannot be written: No space left on device")
    }
    #expect(try Run.open(run).record.isFinished)
    #expect(try Command("verify", run).status == 0)
  }

  @Test func whatOnlyShowsEndsWithItsReader() throws {
    let folder = try TemporaryFolder()
    let base = try base(in: folder)
    #expect(try Command(shell: "\"$@\" > /dev/full", ["inspect", base]).status == 73)
    let quiet = try Command(shell: "(sleep 0.3; \"$@\") | true; exit ${PIPESTATUS[0]}", ["inspect", base])
    #expect(quiet.status == 141 && quiet.errors.isEmpty, "\(quiet.status) \(quiet.errors)")
  }

  @Test func aRunHasOneWriterAtATime() throws {
    let folder = try TemporaryFolder()
    let run = folder.file("run")
    let (process, _) = try Command.start(
      "train", try base(in: folder), "--data", data + ":0-4", "--epochs", "100000", "--quiet", "-o", run)
    for _ in 0..<600 where !FileManager.default.fileExists(atPath: "\(run)/checkpoints/epoch-0001.h5") {
      usleep(100_000)
    }
    let second = try Command("train", "--resume", run)
    #expect(second.status == 75 && second.errorLines.count == 1, "\(second.errors)")
    #expect(second.errors.contains("\(run): in use by another process: process \(process.processIdentifier) on "))
    #expect(second.output.isEmpty)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    // The file of the lock is still there; the lock is not.
    #expect(FileManager.default.fileExists(atPath: "\(run)/.lock"))
    let last = try #require(Run.open(run).record.lastEpoch)
    let third = try Command("train", "--resume", run, "--epochs", "\(last + 2)", "--quiet")
    #expect(third.status == 0, "\(third.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(run)/.lock"))
  }

  @Test func outOfDescriptorsIsCalledThat() throws {
    let folder = try TemporaryFolder()
    let base = try base(in: folder)
    // One is free: the file is opened, and cannot be mapped.
    let command = try Command(shell: "exec > /dev/null; ulimit -n 4; exec \"$@\"", ["inspect", base])
    #expect(command.status == 71 && command.errors == "lethe: \(base): cannot be read as HDF5: Too many open files\n")
  }

  @Test func anArgumentThatIsNoTextIsRefused() throws {
    let folder = try TemporaryFolder()
    let base = try base(in: folder)
    let command = try Command(shell: "\"$@\" -o $'\(folder.path)/caf\\xe9'", ["export", base])
    #expect(command.status == 64 && command.errorLines.count == 1, "\(command.errors)")
    #expect(command.errors.contains("argument 4 is not UTF-8"), "\(command.errors)")
    #expect(try folder.names == ["base.h5"])
  }

  @Test func aProcessThatIsKilledLeavesARunThatOpens() throws {
    let folder = try TemporaryFolder()
    let run = folder.file("run")
    let (status, _) = try interrupt(run, base: try base(in: folder), signal: SIGKILL)
    #expect(status == SIGKILL)
    let verified = try Command("verify", run)
    #expect(verified.status == 0, "\(verified.errors)")
    #expect(try Command("report", run).status == 0)
  }

  /// A limit on the size of files stands for a full disk: no privileges are needed for it.
  @Test(arguments: ["train", "export", "new"])
  func aFullDiskIsSaidAndLeavesNothing(command: String) throws {
    let folder = try TemporaryFolder()
    let base = try base(in: folder)
    let output = folder.file(command == "export" ? "out.safetensors" : "out")
    let before = try folder.names
    let arguments =
      switch command {
      case "train": ["train", base, "--data", data + ":0-4", "--epochs", "1", "--quiet", "-o", output]
      case "export": ["export", base, "-o", output]
      default: ["new", "cnn", "--classes", "5", "-o", output]
      }
    let limited = try Command(underFileSizeLimit: 500, arguments)
    #expect(limited.status == 73, "\(limited.errors)")
    let last = try #require(limited.errorLines.last)
    #expect(last.contains(output) && last.contains("cannot be written: File too large"), "\(last)")
    #expect(try folder.names == before)
  }
}
