import Foundation
import TestSupport
import Testing

@testable import LetheCommand

/// The first minute: everything on data that the command carries.
@Suite struct DemoCommandTests {
  @Test func aFirstRunEndsWithAPage() throws {
    let folder = try TemporaryFolder()
    let result = try Command("demo", "-o", folder.file("first"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("forgot ") && result.output.contains("next: lethe diagnose"))
    #expect(
      result.output.split(separator: "\n").last?.hasPrefix(
        "\(folder.file("first"))/report.html and \(folder.file("first"))/plain/diagnosis.html, after ") == true)
    for name in ["digits.h5", "report.html", "plain/diagnosis.html", "l2-sp/run.h5"] {
      #expect(FileManager.default.fileExists(atPath: folder.file("first/\(name)")), "\(name)")
    }
    // What is shown can be typed.
    let shown = result.errors.split(separator: "\n").filter { $0.hasPrefix("$ lethe ") }
    #expect(shown.count == 6)
    for line in shown {
      #expect(throws: Never.self) { try Lethe.parseAsRoot(line.split(separator: " ").dropFirst(2).map(String.init)) }
    }
    let again = try Command("demo", "-o", folder.file("first"))
    #expect(again.status == 73 && again.errors.hasPrefix("lethe: \(folder.file("first")): "), "\(again.errors)")
  }
}
