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
      output: { StandardOutput.write($0) },
      errors: { try? FileHandle.standardError.write(contentsOf: Data($0.utf8)) })

    static let silent = Streams(output: { _ in }, errors: { _ in })
  }

  /// The process's own, unless a caller within it listens.
  @TaskLocal static var streams = Streams.standard

  /// One line. Names in it may come from files: what would begin another one, or command the terminal, is shown as
  /// ``printable(_:)`` has it.
  static func say(_ line: String) { streams.errors(printable(line) + "\n") }

  static func error(_ message: String) { say("lethe: \(message)") }

  /// One line of results, at once even into a pipe.
  static func result(_ line: String) { text(printable(line)) }

  /// A line of results after an empty one.
  static func paragraph(_ line: String) { text("\n" + printable(line)) }

  static func result(_ json: JSONValue) { text(json.serialized()) }

  /// A table as wide as the terminal has room.
  static func table(_ table: TextTable) {
    text(String(table.text(width: TerminalWidth.output).dropLast()))
  }

  /// A long table: the rows that matter most, and how many more there are, unless all are asked for.
  static func table(_ table: TextTable, of noun: String, all: Bool) {
    guard !all, let parts = table.folded() else { return self.table(table) }
    self.table(parts.shown)
    let rest = NumberText.plural(parts.rest.rows.count, "more \(noun)")
    result("… and \(rest), which matter less: --all shows every one")
  }

  /// Results of several lines, as they are.
  static func text(_ text: String) { streams.output(text + "\n") }

  /// A text with its control characters escaped, `\n` and `\u{1B}`, and those that turn the direction of writing.
  static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnprintable) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      if isUnprintable(scalar) {
        result += scalar.escaped(asASCII: true)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }

  private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x202A...0x202E, 0x2066...0x2069, 0x2028, 0x2029: true
    default: scalar.properties.generalCategory == .control
    }
  }
}

/// Some of many names.
func listed(_ names: [String], first: Int = 8) -> String {
  names.prefix(first).joined(separator: ", ") + (names.count > first ? " and \(names.count - first) more" : "")
}
