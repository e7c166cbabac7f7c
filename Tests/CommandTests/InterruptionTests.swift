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

  @Test func controlCKeepsEveryFinishedEpoch() throws {
    let folder = try TemporaryFolder()
    let run = folder.file("run")
    let (status, errors) = try interrupt(run, base: try base(in: folder), signal: SIGINT)
    #expect(status == 130)
    #expect(errors.split(separator: "\n").count { $0.hasPrefix("lethe: interrupted in epoch") } == 1, "\(errors)")
    let verified = try Command("verify", run)
    #expect(verified.status == 0, "\(verified.errors)")
    let report = try Command("report", run)
    #expect(report.status == 0, "\(report.errors)")
    #expect(
      try Command(
        "finetune", run, "--source", data + ":0-4", "--target", data + ":5-9", "--epochs", "1", "-o",
        folder.file("next")
      ).status == 0)
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
    let limited = try Command(underFileSizeLimit: 1000, arguments)
    #expect(limited.status == 73, "\(limited.errors)")
    let last = try #require(limited.errorLines.last)
    #expect(last.contains(output) && last.contains("cannot be written: File too large"), "\(last)")
    #expect(try folder.names == before)
  }
}
