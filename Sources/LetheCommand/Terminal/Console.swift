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

  static func table(_ table: TextTable) {
    result(String(table.text().dropLast()))
  }
}

/// Numbers as results show them.
enum Show {
  static func percent(_ fraction: Double) -> String { String(format: "%.1f %%", 100 * fraction) }
  static func points(_ fraction: Double) -> String { String(format: "%.1f", 100 * fraction) }
  static func number(_ value: Double, _ digits: Int = 3) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : "–"
  }

  /// Seconds as a person would say them: `40 s`, `3 min`, `1 h 10 min`.
  static func duration(_ seconds: Double) -> String {
    guard seconds >= 90 else { return "\(Int(max(1, seconds.rounded(.up)))) s" }
    let minutes = Int((seconds / 60).rounded(.up))
    return minutes < 60 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
  }

  static func count(_ value: Int) -> String {
    let formatter = NumberFormatter()
    formatter.locale = Locale(identifier: "en_US")
    formatter.numberStyle = .decimal
    return formatter.string(from: NSNumber(value: value)) ?? "\(value)"
  }

  static func probability(_ value: Double) -> String {
    value < 0.001 ? "p < 0.001" : String(format: "p = %.3f", value)
  }

  /// Some of many names.
  static func list(_ names: [String], first: Int = 8) -> String {
    names.prefix(first).joined(separator: ", ") + (names.count > first ? " and \(names.count - first) more" : "")
  }

  static func shape(_ sizes: [Int]) -> String {
    sizes.isEmpty ? "scalar" : sizes.map { $0 < 0 ? "?" : String($0) }.joined(separator: "×")
  }
}
