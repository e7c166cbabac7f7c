import Foundation

/// Places in the repository that tests read.
public enum Repository {
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  public static func fixture(_ name: String) -> String { "\(root)/Fixtures/\(name)" }

  /// A text file, by its path from the root.
  public static func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
  }

  /// The lines between the marks `// snippet` and `// end` of a source file, which the documentation shows too.
  public static func snippet(ofFile path: String) throws -> String {
    let source = try String(contentsOfFile: path, encoding: .utf8)
    let rest = source.components(separatedBy: "\n// snippet\n")
    precondition(rest.count == 2, "\(path) has \(rest.count - 1) snippets")
    return rest[1].components(separatedBy: "// end\n")[0]
  }

  /// Lines of code as a documentation comment shows them.
  public static func documentationComment(of snippet: String) -> String {
    snippet.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map { $0.isEmpty ? "///\n" : "/// \($0)\n" }.joined()
  }
}

extension Repository {
  /// That every block of Swift in an article stands in one of the files, indented as a whole perhaps, and that the
  /// blocks leave out none of the lines between a file's marks `// snippet` and `// end`.
  public static func requireShown(inArticle article: String, files: [String]) throws {
    let blocks = try text(article).components(separatedBy: "```swift\n").dropFirst().map {
      lines(of: $0.components(separatedBy: "```")[0])
    }
    let sources = try files.map { lines(of: try String(contentsOfFile: $0, encoding: .utf8)) }
    for block in blocks where !sources.contains(where: { $0.contains(block) }) {
      let text = block.joined(separator: "\n")
      throw NotShown(description: "\(article) shows what stands in none of the files:\n\(text)")
    }
    let shown = Set(blocks.joined())
    for file in files {
      let missing = lines(of: try snippet(ofFile: file)).filter { !shown.contains($0) }
      guard missing.isEmpty else {
        throw NotShown(description: "\(article) leaves out of \(file):\n\(missing.joined(separator: "\n"))")
      }
    }
  }

  private struct NotShown: Error, CustomStringConvertible { let description: String }

  /// Lines without their indentation; empty ones are left out.
  private static func lines(of text: String) -> [String] {
    text.components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }
}

/// A folder that lives as long as this value.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() throws {
    path = NSTemporaryDirectory() + "lethe-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The names of what is in it, in alphabetical order.
  public var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
}

/// The largest difference of two lists, and where it is; nil where their lengths differ.
public func largestDifference(_ left: [Double], _ right: [Double]) -> (value: Double, index: Int)? {
  guard left.count == right.count else { return nil }
  var worst = (value: 0.0, index: 0)
  for index in left.indices {
    let difference = abs(left[index] - right[index])
    if difference > worst.value || difference.isNaN { worst = (difference, index) }
  }
  return worst
}
