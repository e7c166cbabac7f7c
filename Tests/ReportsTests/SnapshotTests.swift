import Foundation
import TestSupport
import Testing

@Suite struct SnapshotTests {
  @Test func whatIsRecordedFailsOnceAndIsThenTheSame() throws {
    let folder = try TemporaryFolder()
    let first = Snapshot.difference(of: "one\n", from: "a.txt", in: folder.path, isRecording: true)
    #expect(first == "a.txt was recorded anew: look at it, then run the tests again")
    #expect(try String(contentsOfFile: folder.file("a.txt"), encoding: .utf8) == "one\n")
    for isRecording in [true, false] {
      #expect(Snapshot.difference(of: "one\n", from: "a.txt", in: folder.path, isRecording: isRecording) == nil)
    }
    // Recorded over what is there, it fails again.
    #expect(Snapshot.difference(of: "two\n", from: "a.txt", in: folder.path, isRecording: true) == first)
    #expect(try String(contentsOfFile: folder.file("a.txt"), encoding: .utf8) == "two\n")
  }

  @Test func aDifferenceNamesFileAndLineAndChangesNothing() throws {
    let folder = try TemporaryFolder()
    func difference(_ text: String) -> String? {
      Snapshot.difference(of: text, from: "a.csv", in: folder.path, isRecording: false)
    }
    #expect(difference("x") == "no a.csv: LETHE_RECORD=1 records it")
    #expect(try folder.names == [])
    _ = Snapshot.difference(of: "a,b\r\n1,2\r\n3,4\r\n", from: "a.csv", in: folder.path, isRecording: true)
    let last = "if that is meant, LETHE_RECORD=1 records it"
    #expect(difference("a,b\r\n1,2\r\n3,5\r\n") == "a.csv, line 3: expected '3,4\r', found '3,5\r'; \(last)")
    #expect(difference("a,b\r\n1,2\r\n") == "a.csv, line 3: expected '3,4\r', found ''; \(last)")
    #expect(difference("a,b\r\n1,2\r\n3,4\r\nmore") == "a.csv, line 4: expected '', found 'more'; \(last)")
    #expect(difference("a,b\n1,2\r\n3,4\r\n") == "a.csv, line 1: expected 'a,b\r', found 'a,b'; \(last)")
    #expect(difference("a,b\r\n1,2\r\n3,4\r\n") == nil)
  }

  @Test func whatOnlyLooksTheSameDiffers() throws {
    let folder = try TemporaryFolder()
    _ = Snapshot.difference(of: "\u{E9}", from: "a", in: folder.path, isRecording: true)
    // Equal as strings, e with an accent of its own.
    let difference = Snapshot.difference(of: "e\u{301}", from: "a", in: folder.path, isRecording: false)
    #expect(difference?.hasPrefix("a, line 1: ") == true)
  }

  @Test func ofALongLineWhatIsAroundTheDifferenceIsShown() throws {
    let folder = try TemporaryFolder()
    let line = String(repeating: "0123456789", count: 40)
    _ = Snapshot.difference(of: "first\n\(line)", from: "a", in: folder.path, isRecording: true)
    let changed = line.prefix(200) + "X" + line.dropFirst(201)
    let difference = try #require(
      Snapshot.difference(of: "first\n\(changed)", from: "a", in: folder.path, isRecording: false))
    #expect(difference.hasPrefix("a, line 2: expected '…0123456789") && difference.contains("X123456789"))
    #expect(difference.count < 400, "\(difference)")
  }

  @Test func aFolderThatCannotBeWrittenIsSaid() throws {
    let folder = try TemporaryFolder()
    try Data().write(to: URL(fileURLWithPath: folder.file("file")))
    let difference = Snapshot.difference(of: "x", from: "a", in: folder.file("file"), isRecording: true)
    #expect(difference?.hasPrefix("a could not be recorded: ") == true)
  }

  @Test func everySnapshotIsLookedAtBySomeTest() throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let sources = try FileManager.default.contentsOfDirectory(atPath: tests.path)
      .filter { $0.hasSuffix("SnapshotTests.swift") }
      .map { try String(contentsOf: tests.appendingPathComponent($0), encoding: .utf8) }.joined()
    let snapshots = try FileManager.default.contentsOfDirectory(
      atPath: tests.appendingPathComponent("Snapshots").path)
    #expect(!snapshots.isEmpty)
    for name in snapshots {
      // Of several files at once the first part of the name stands in the test: `runs.metrics.csv`.
      let common = name.split(separator: ".").count > 2 ? name.split(separator: ".")[0] : name[...]
      #expect(sources.contains("\"\(common)\""), "nothing looks at \(name)")
    }
  }
}
