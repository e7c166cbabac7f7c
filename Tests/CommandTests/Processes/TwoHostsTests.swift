import Checkpoints
import Foundation
import TestSupport
import Testing

/// Two hosts of a network of their own, which are there for as long as the process that made them: see `two-hosts.sh`.
@Suite(.serialized) struct TwoHostsTests {
  /// Whether this user can make hosts here.
  static let canBeMade: Bool = {
    guard Python.path != nil, geteuid() == 0 else { return false }
    let words = ["--net", "--uts", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return
      (try? run("/usr/bin/unshare", words + ["ip", "link", "add", "one", "type", "veth", "peer", "name", "other"])) == 0
  }()

  @discardableResult private static func run(_ program: String, _ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  @Test(.enabled(if: canBeMade)) func aCutLinkIsSaidOnBothSidesAndTheRunGoesOn() throws {
    let folder = try TemporaryFolder()
    let data = Repository.fixture("fashion-mnist-small") + ":0-4"
    try #require(Command("new", "mlp", "--classes", "5", "--hidden", "8", "-o", folder.file("base.h5")).status == 0)
    let python = try #require(Python.path)
    let status = try Self.run(
      "/usr/bin/timeout",
      [
        "--signal=KILL", "200", "unshare", "--net", "--uts", "--mount", "--pid", "--fork", "--kill-child",
        "--mount-proc", "bash", Repository.fixture("processes/two-hosts.sh"), folder.path, python,
        Command.executable.path, data,
      ])
    func text(_ name: String) throws -> String {
      try String(contentsOfFile: folder.file(name), encoding: .utf8)
    }
    func said(_ name: String) throws -> [Substring] {
      try text(name).split(separator: "\n").filter { $0.hasPrefix("lethe: ") }
    }
    let left = try said("cut-left.err")
    #expect(left.count == 1, "\(left)")
    #expect(
      left.first?.contains(#/^lethe: rank 1 \(process \d+ on right\) did not answer for 5 s; /#) == true, "\(left)")
    let right = try said("cut-right.err")
    #expect(right.count == 1, "\(right)")
    #expect(
      right.first?.contains(#/^lethe: rank 0 \(process \d+ on left\) did not answer for 5 s; /#) == true, "\(right)")
    #expect(status == 0)
    // What the run held when the link was cut is whole, and both hosts went on with it.
    #expect(try text("verified") == "0\n")
    #expect(try said("again-left.err").isEmpty && said("again-right.err").isEmpty)
    let before = try #require(Int(text("epochs").trimmingCharacters(in: .whitespacesAndNewlines)))
    let record = try Run.open(folder.file("run")).record
    #expect(record.isFinished && record.lastEpoch == before + 2)
    #expect(record.state.processCount == 2)
  }
}
