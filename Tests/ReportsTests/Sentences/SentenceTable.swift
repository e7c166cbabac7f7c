import Foundation
import TestSupport
import Testing

/// The rows of some of the article's tables, and which of them some finding has said.
///
/// A phrase's evidence is needed wherever a sentence has it.
struct SentenceTable<Finding> {
  /// What a template, told by its beginning, needs.
  typealias Licence = (beginning: String, holds: @Sendable (Finding) -> Bool)

  private let rows: [SentenceRow]
  private let licences: [Licence]
  private var reached: Set<String> = []
  /// The rows that match a sentence: many findings say the same.
  private var known: [String: [SentenceRow]] = [:]

  /// - Parameter headings: of the article's sections.
  init(_ headings: [String], licences: [Licence]) throws {
    let sections = try SentenceRow.sections()
    let own = sections.filter { headings.contains($0.heading) }
    #expect(own.count == headings.count, "sections \(headings)")
    rows = own.flatMap(\.rows)
    self.licences = licences
  }

  /// Each sentence stands in the table, and its evidence holds.
  mutating func check(_ sentences: [String], of finding: Finding) {
    for sentence in sentences {
      let said = known[sentence] ?? rows.filter { $0.matches(sentence) }
      known[sentence] = said
      guard let row = said.filter({ !$0.isPhrase }).max(by: { $0.weight(in: sentence) < $1.weight(in: sentence) })
      else {
        Issue.record("not in the table: \(sentence)")
        continue
      }
      for row in [row] + said.filter(\.isPhrase) {
        reached.insert(row.template)
        for licence in licences where row.template.hasPrefix(licence.beginning) {
          if !licence.holds(finding) { Issue.record("its evidence does not hold: \(row.template): \(sentence)") }
        }
      }
    }
  }

  /// Each row was said by some finding, and each licence is of a row.
  func finish() {
    #expect(!rows.isEmpty)
    for row in rows where !reached.contains(row.template) { Issue.record("never said: \(row.template)") }
    for licence in licences where !rows.contains(where: { $0.template.hasPrefix(licence.beginning) }) {
      Issue.record("a licence of no row: \(licence.beginning)")
    }
  }
}

/// Sentences out of what a reader sees.
enum Sentences {
  /// The headline, the titles of pictures, the lines under them and all paragraphs of a page, sentence by sentence; tables
  /// and commands are left out.
  static func ofPage(_ html: String) -> [String] {
    var text = html.components(separatedBy: "<main>").last ?? ""
    for (mark, end) in [
      ("<p class=\"kicker\">", "</p>"), ("<nav", "</nav>"), ("<footer>", "</footer>"), ("<svg", "</svg>"),
      ("<script>", "</script>"),
      ("<pre>", "</pre>"), ("<table>", "</table>"), ("<summary>", "</summary>"), ("<h2>", "</h2>"),
      ("<ul class=\"files\">", "</ul>"), ("<div class=\"pictures\">", "</div>"),
      ("<ul class=\"sheet\">", "</ul>"), ("<ol class=\"worst\">", "</ol>"),
    ] {
      text = without(text, from: mark, to: end)
    }
    return text.replacing(/<\/(?:h1|h3|p)>/, with: "\n").replacing(/<[^>]*>/, with: "")
      .components(separatedBy: "\n").map(unescaped).flatMap(split)
  }

  /// The headings of a page's sections, and what stands at its foot, sentence by sentence.
  static func framing(_ html: String) -> [String] {
    let headings = html.matches(of: /<h2[^>]*>(?<text>.*?)<\/h2>/).map { String($0.output.text) }
    let foot = html.firstMatch(of: /<footer>(?<text>.*?)<\/footer>/).map { [String($0.output.text)] } ?? []
    return (headings + foot).map { unescaped($0.replacing(/<[^>]*>/, with: "")) }.flatMap(split)
  }

  /// What stands over a page's folded parts.
  static func captions(_ html: String) -> [String] {
    html.matches(of: /<summary>(?<text>.*?)<\/summary>/).map { unescaped(String($0.output.text)) }
  }

  /// A text at the ends of its sentences; what follows one begins with a capital letter or a digit.
  static func split(_ text: String) -> [String] {
    text.replacing(/(?<end>[.]) (?=[A-Z0-9†])/) { "\($0.output.end)\n" }
      .components(separatedBy: "\n").filter { !$0.isEmpty }
  }

  private static func without(_ text: String, from mark: String, to end: String) -> String {
    text.components(separatedBy: mark).enumerated().map { index, part in
      guard index > 0, let place = part.range(of: end) else { return part }
      return String(part[place.upperBound...])
    }.joined()
  }

  private static func unescaped(_ text: String) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("\u{A0}", " "), ("&amp;", "&")]
      .reduce(text) { $0.replacing($1.0, with: $1.1) }
  }
}
