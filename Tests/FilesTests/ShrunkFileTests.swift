import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct ShrunkFileTests {
  @Test func fileThatBecomesShorterWhileItIsReadEndsInOneLine() async throws {
    let result = await #expect(processExitsWith: .exitCode(65), observing: [\.standardErrorContent]) {
      ShrunkFile.endsProcess(status: 65, command: "lethe")
      let folder = try TemporaryFolder()
      let path = folder.file("weights")
      try Data(repeating: 1, count: 100_000).write(to: URL(fileURLWithPath: path))
      let file = try MappedFile(path)
      guard truncate(path, 10) == 0, file.withUnsafeBytes({ $0[90_000] }) == 1 else { exit(1) }
      exit(0)
    }
    let words = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(words.hasPrefix("lethe: ") && words.hasSuffix(": it became shorter while it was read\n"), "\(words)")
    #expect(words.contains("/weights: ") && words.count { $0 == "\n" } == 1, "\(words)")
  }
}
