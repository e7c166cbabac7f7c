import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct FileDigestTests {
  @Test func checksumIsThatOfXxhsum() throws {
    let folder = try TemporaryFolder()
    // XXH3_128bits of no bytes and of "abc", from `xxhsum -H2`.
    for (text, expected) in [("", "99aa06d3014798d86001c324468d497f"), ("abc", "06b05ab6733a618578af5f94892f3950")] {
      let path = folder.file("file")
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      #expect(try FileDigest.compare(path) == nil)
      try FileDigest.append(to: path)
      #expect(try FileDigest.compare(path)?.text == expected)
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(whole.count == text.utf8.count + FileDigest.byteCount)
      #expect(Array(whole.prefix(text.utf8.count)) == Array(text.utf8))
    }
  }

  @Test func everyTurnedBitIsFoundOrTheMarkIsGone() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("file")
    try Data("what is written".utf8).write(to: URL(fileURLWithPath: path))
    try FileDigest.append(to: path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    var goneCount = 0
    for bit in 0..<whole.count * 8 {
      var damaged = whole
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      try damaged.write(to: URL(fileURLWithPath: path))
      do {
        #expect(try FileDigest.compare(path) == nil, "bit \(bit)")
        goneCount += 1
      } catch FileError.damaged {}
    }
    // The 16 bytes of the mark.
    #expect(goneCount == 128)
  }

  @Test func whatIsNoFileIsNamed() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    let expected: [(String, String)] = [
      (pipe, "it is a named pipe, expected a file"), (folder.path, "it is a folder, expected a file"),
      ("/dev/null", "it is a device, expected a file"),
    ]
    for (path, reason) in expected {
      #expect(throws: FileError.unreadable(path: path, reason: reason)) { try MappedFile(path) }
    }
  }
}
