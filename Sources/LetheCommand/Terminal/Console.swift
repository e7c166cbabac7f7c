import Findings
import Foundation
import Reports

/// Where words go: results to standard output, everything else to standard error.
enum Console {
  /// What takes text with its line ends.
  struct Streams: Sendable {
    var output: @Sendable (String) -> Void
    var errors: @Sendable (String) -> Void

    static let standard = Streams(
      output: { try? FileHandle.standardOutput.write(contentsOf: Data($0.utf8)) },
      errors: { try? FileHandle.standardError.write(contentsOf: Data($0.utf8)) })
  }

  /// The process's own, unless a caller within it listens.
  @TaskLocal static var streams = Streams.standard

  static func say(_ line: String) { streams.errors(line + "\n") }

  static func error(_ message: String) { say("lethe: \(message)") }

  /// One line of results, at once even into a pipe.
  static func result(_ line: String) { streams.output(line + "\n") }

  static func result(_ json: JSONValue) { result(json.serialized()) }

  /// A table as wide as the terminal has room.
  static func table(_ table: TextTable) {
    result(String(table.text(width: TerminalWidth.output).dropLast()))
  }

  /// A long table: the rows that matter most, and how many more there are, unless all are asked for.
  static func table(_ table: TextTable, of noun: String, all: Bool) {
    guard !all, let parts = table.folded() else { return self.table(table) }
    self.table(parts.shown)
    let rest = NumberText.plural(parts.rest.rows.count, "more \(noun)")
    result("… and \(rest), which matter less: --all shows every one")
  }
}

/// Some of many names.
func listed(_ names: [String], first: Int = 8) -> String {
  names.prefix(first).joined(separator: ", ") + (names.count > first ? " and \(names.count - first) more" : "")
}
