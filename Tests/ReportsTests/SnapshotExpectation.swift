import Findings
import Reports
import TestSupport
import Testing

/// Expects what was last looked at, in the folder `Snapshots` beside the test.
func expectSnapshot(
  _ text: String, _ name: String, beside file: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let difference = Snapshot.difference(of: text, from: name, beside: file) else { return }
  Issue.record(Comment(rawValue: difference), sourceLocation: sourceLocation)
}

/// Expects each of several files, whose names are put behind a common one: `sweep` and `table.csv` to `sweep.table.csv`.
func expectSnapshots(
  _ files: [(fileName: String, content: String)], _ name: String, beside file: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  for entry in files {
    expectSnapshot(entry.content, "\(name).\(entry.fileName)", beside: file, sourceLocation: sourceLocation)
  }
}

/// What the terminal shows, each part under its name; a sentence that is not said is a dash.
func terminal(_ parts: KeyValuePairs<String, any TerminalText>) -> String {
  parts.map { "# \($0.key)\n\($0.value.shown)\n" }.joined(separator: "\n")
}

/// A table, a sentence, or several.
protocol TerminalText {
  var shown: String { get }
}

extension TextTable: TerminalText {
  var shown: String { String(text().dropLast()) }
}

extension String: TerminalText {
  var shown: String { self }
}

extension Optional: TerminalText where Wrapped: TerminalText {
  var shown: String { self?.shown ?? "—" }
}

extension Array: TerminalText where Element == String {
  var shown: String { isEmpty ? "—" : joined(separator: "\n") }
}
