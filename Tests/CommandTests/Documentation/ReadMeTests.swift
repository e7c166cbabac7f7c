import Foundation
import TestSupport
import Testing

/// The README's own blocks, run on a small sample, for one epoch, with a diagnosis of few examples.
@Suite struct ReadMeTests {
  @Test func itsUsesRunFromTheTopDown() throws {
    let page = try Page("README.md")
    func lines(from start: String, to end: String) throws -> [String] {
      let first = try #require(page.lines.firstIndex { $0.hasPrefix("**\(start)") })
      let last = try #require(page.lines.firstIndex { $0.hasPrefix("**\(end)") })
      return Array(page.shellLines[first..<last])
    }
    // What lies between needs another's weights; what follows takes minutes.
    let uses =
      try lines(from: "Ask where the accuracy went", to: "The lesson's code")
      + lines(from: "Add classes", to: "How far up")
    let small = uses.joined(separator: "\n")
      .replacingOccurrences(of: "fashion-mnist:", with: Repository.fixture("fashion-mnist-small") + ":")
      .replacingOccurrences(of: "--epochs 2", with: "--epochs 1")
      .replacingOccurrences(of: "lethe diagnose plain", with: "lethe diagnose plain --no-probes --samples 200")
    let folder = try TemporaryFolder()
    let run = try Command(script: "set -e\n" + small, in: folder.path)
    #expect(run.status == 0, "\(run.errors.suffix(2000))")
    #expect(try Set(["source", "plain", "l2-sp", "report.html", "eight", "ten"]).isSubset(of: folder.names))
    #expect(run.output.contains("\nWhat helps") && run.output.contains("next: lethe diagnose plain --apply"))
  }
}
