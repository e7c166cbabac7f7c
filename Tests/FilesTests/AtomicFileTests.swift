import Files
import Foundation
import TestSupport
import Testing

/// Several files, and folders, that are there whole or not at all.
@Suite struct AtomicFileTests {
  private struct Stopped: Error {}

  private func names(in folder: borrowing TemporaryFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  private func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  @Test func severalFilesGetTheirNamesTogetherOrNone() throws {
    let folder = try TemporaryFolder()
    let paths = ["a", "b"].map(folder.file)
    #expect(throws: Stopped.self) {
      try AtomicFile.write(toAll: paths) { place, temporary in
        try write("half", temporary)
        if place == 1 { throw Stopped() }
      }
    }
    #expect(try names(in: folder).isEmpty)
    try AtomicFile.write(toAll: paths) { place, temporary in
      try write("\(place)", temporary)
      #expect(!FileManager.default.fileExists(atPath: paths[0]))
    }
    #expect(try names(in: folder) == ["a", "b"] && String(contentsOfFile: paths[1], encoding: .utf8) == "1")
    // The second cannot be renamed onto a folder: the first is removed again.
    let others = ["c", "d"].map(folder.file)
    try FileManager.default.createDirectory(atPath: others[1], withIntermediateDirectories: false)
    #expect(throws: FileError.self) { try AtomicFile.write(toAll: others) { try write("\($0)", $1) } }
    #expect(try names(in: folder) == ["a", "b", "d"])
  }

  @Test func aFolderIsThereWholeOrNotAtAll() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("whole")
    #expect(throws: Stopped.self) {
      try AtomicFile.writeFolder(to: path) { temporary in
        try write("half", "\(temporary)/file")
        throw Stopped()
      }
    }
    #expect(try names(in: folder).isEmpty)
    let result = try AtomicFile.writeFolder(to: path) { temporary in
      try write("all", "\(temporary)/file")
      return 3
    }
    #expect(result == 3 && FileManager.default.fileExists(atPath: "\(path)/file"))
    #expect(try names(in: folder) == ["whole"])
    #expect(throws: FileError.self) { try AtomicFile.writeFolder(to: path) { try write("other", "\($0)/file") } }
    #expect(try String(contentsOfFile: "\(path)/file", encoding: .utf8) == "all")
    #expect(try names(in: folder) == ["whole"])
    #expect(throws: FileError.unwritable(path: "/none/such/folder", reason: "No such file or directory")) {
      try AtomicFile.writeFolder(to: "/none/such/folder") { _ in }
    }
  }
}
