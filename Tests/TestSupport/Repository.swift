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
