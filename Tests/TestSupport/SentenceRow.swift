import Foundation

/// A row of the article of all sentences: one with places for names and numbers.
///
/// In a template `{…}` stands for names and numbers, and for nothing at all where it ends in an ellipsis; `{number}` is
/// digits alone, `{change}` a difference of a score in its unit: `2.3 points`, `0.310 nats a token`, `0.42`. A template that begins with an ellipsis is a phrase, which sentences have within.
public struct SentenceRow: Sendable {
  public let template: String
  public let isPhrase: Bool
  private let ownCount: Int
  private let pattern: NSRegularExpression

  init(_ template: String) throws {
    self.template = template
    isPhrase = template.hasPrefix("… ")
    ownCount = template.replacing(/{[^}]*}/, with: "").count
    let parts = (isPhrase ? String(template.dropFirst(2)) : template).components(separatedBy: "{").enumerated()
    let text = parts.map { index, part in
      guard index > 0 else { return NSRegularExpression.escapedPattern(for: part) }
      let halves = part.components(separatedBy: "}")
      return (Self.patterns[halves[0]] ?? (halves[0].hasSuffix("…") ? "(?:.*?)" : "(?:.+?)"))
        + NSRegularExpression.escapedPattern(for: halves.dropFirst().joined(separator: "}"))
    }.joined()
    pattern = try NSRegularExpression(pattern: isPhrase ? text : "^\(text)\\.?$", options: [.caseInsensitive])
  }

  /// Of places that take no names.
  private static let patterns = [
    "number": "[−0-9.]+", "change": "[−0-9.]+(?: points| nats a token| nats| bits)?",
  ]

  /// How much the template says itself: of several rows that match, the one that says most is meant, and of two that differ
  /// in a capital letter the one that has it.
  public func weight(in sentence: String) -> Int { 2 * ownCount + (sentence.first == template.first ? 1 : 0) }

  public func matches(_ sentence: String) -> Bool {
    pattern.firstMatch(in: sentence, range: NSRange(sentence.startIndex..., in: sentence)) != nil
  }

  /// The rows of the article, by its sections.
  public static func sections() throws -> [(heading: String, rows: [SentenceRow])] {
    try Repository.text("Sources/Reports/Reports.docc/What-is-said-and-why.md").components(separatedBy: "\n## ").map {
      section in
      let lines = section.split(separator: "\n")
      return (
        String(lines.first ?? ""),
        try lines.filter { $0.hasPrefix("| ") && !$0.hasPrefix("| sentence") }
          .map { try SentenceRow($0.dropFirst(2).components(separatedBy: " | ")[0]) }
      )
    }
  }
}
