import Synchronization
import TestSupport
import Testing

@testable import LetheCommand

/// A command's lines, and the table in which each has to stand.
extension OwnLinesTests {
  private static let heading = "The command's own lines"

  /// The table's rows.
  static func rows() throws -> [SentenceRow] {
    try SentenceRow.sections().filter { $0.heading == heading }.flatMap(\.rows)
  }

  /// The lines of a command, without tables, empty lines, rows of epochs and pictures of text.
  func lines(_ arguments: [String]) -> (status: Int32, lines: [String]) {
    let heard = Mutex<[String]>([])
    let hear: @Sendable (String) -> Void = { text in heard.withLock { $0.append(text) } }
    let status = Console.$streams.withValue(Console.Streams(output: hear, errors: hear)) {
      CommandLineTool.run(arguments)
    }
    let texts = heard.withLock { $0 }.map { $0.trimmingCharacters(in: .newlines) }
    return (
      status,
      texts.filter { text in
        !text.isEmpty && !text.contains("\n") && text.firstMatch(of: #/^ *[0-9]+ {2}/#) == nil
          && !text.allSatisfy { " .:-=+*#%@".contains($0) }
      }.map { $0.trimmingCharacters(in: .whitespaces) }
    )
  }

  /// The command's own rows that are said, by their templates; what is a finding's sentence has a row elsewhere.
  func said(
    _ arguments: [String], except known: [String] = [], status: Int32 = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Set<String> {
    let own = try Self.rows()
    let others = try SentenceRow.sections().filter { $0.heading != Self.heading }.flatMap(\.rows).filter {
      !$0.isPhrase
    }
    let heard = lines(arguments)
    #expect(heard.status == status, "\(arguments): \(heard.lines)", sourceLocation: sourceLocation)
    var found: Set<String> = []
    for line in heard.lines where !known.contains(where: { line == $0 || line.hasPrefix($0 + " ") }) {
      let matching = own.filter { $0.matches(line) }
      let weight = matching.map { $0.weight(in: line) }.max() ?? 0
      // A line may have several sentences, each of which is of a finding.
      let isOfFinding = others.contains { $0.matches(line) && $0.weight(in: line) > weight }
      if isOfFinding { continue }
      guard let row = matching.filter({ !$0.isPhrase }).max(by: { $0.weight(in: line) < $1.weight(in: line) })
      else {
        if matching.isEmpty, !Self.isOfSeveral(line, others) {
          Issue.record("not in the table: \(line)", sourceLocation: sourceLocation)
        }
        found.formUnion(matching.map(\.template))
        continue
      }
      found.insert(row.template)
      found.formUnion(matching.filter(\.isPhrase).map(\.template))
    }
    Self.reached.withLock { $0.formUnion(found) }
    return found
  }

  /// Whether a line is sentences of findings, one after the other.
  private static func isOfSeveral(_ line: String, _ rows: [SentenceRow]) -> Bool {
    let sentences = line.replacing(/(?<end>[.]) (?=[A-Z0-9])/) { "\($0.output.end)\n" }.components(separatedBy: "\n")
    return sentences.allSatisfy { sentence in rows.contains { $0.matches(sentence) } }
  }

  static let reached = Mutex<Set<String>>([])

  /// Runs a command, and compares what it says with the beginnings of the rows that it should.
  func check(
    _ arguments: [String], says beginnings: [String], except known: [String] = [], status: Int32 = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try said(arguments, except: known, status: status, sourceLocation: sourceLocation)
    let missing = beginnings.filter { beginning in !found.contains { $0.hasPrefix(beginning) } }
    let surplus = found.filter { template in !beginnings.contains(where: template.hasPrefix) }
    #expect(
      missing.isEmpty && surplus.isEmpty, "\(arguments): not said \(missing), said too \(surplus)",
      sourceLocation: sourceLocation)
  }
}
