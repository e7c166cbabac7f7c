import Files
import Foundation

/// Documents of a file of text: `.jsonl`, an object a line; `.csv`, a row each; any other, plain text.
public struct TextFile: Sendable {
  /// What stands between documents of plain text.
  public enum Separation: String, Sendable, CaseIterable {
    /// Lines of a single `%`, as in Debian's fortunes.
    case percent
    /// Empty lines.
    case blank
    /// Each line is a document.
    case line
  }

  /// Where a document stands in a record.
  public struct Columns: Sendable {
    /// Of the text.
    public var text: String
    /// Of what is given, and of what is to be said then; nil where documents are no such pairs.
    public var pair: (prompt: String, response: String)?

    /// - Parameters: see the properties.
    public init(text: String = "text", pair: (prompt: String, response: String)? = nil) {
      self.text = text
      self.pair = pair
    }
  }

  /// The documents, empty ones too, in order.
  public let documents: [TextDocument]
  /// By what documents of plain text were told apart; nil of records.
  public let separation: Separation?

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - separation: of plain text; when nil by `%` where the file has such a line, else by empty lines where it has one
  ///     between others, else by lines.
  /// - Throws: ``DatasetError/malformed(file:reason:)``.
  public init(_ path: String, columns: Columns = Columns(), separation: Separation? = nil) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw DatasetError.notFound(path: path, advice: "give a file of text: .jsonl, .csv or .txt")
    }
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw DatasetError.malformed(file: path, reason: "it is not text in UTF-8")
    }
    switch (path as NSString).pathExtension.lowercased() {
    case "jsonl", "ndjson":
      documents = try Self.records(of: text, path).map {
        try columns.document(of: $0.record, "\(path): line \($0.line)")
      }
      self.separation = nil
    case "csv":
      documents = try Self.rows(of: text, path).map { try columns.document(of: $0.record, "\(path): row \($0.line)") }
      self.separation = nil
    default:
      let lines = Self.lines(of: text)
      let own = separation ?? Self.separation(of: lines)
      documents = Self.documents(of: lines, separation: own)
      self.separation = own
    }
  }

  /// Not at Unicode's other line ends, which may stand within a text.
  private static func lines(of text: String) -> [Substring] {
    text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
  }

  private static func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }

  private static func separation(of lines: [Substring]) -> Separation {
    if lines.contains("%") { return .percent }
    guard let first = lines.firstIndex(where: { !isBlank($0) }), let last = lines.lastIndex(where: { !isBlank($0) })
    else { return .line }
    return lines[first...last].contains(where: isBlank) ? .blank : .line
  }

  private static func documents(of lines: [Substring], separation: Separation) -> [TextDocument] {
    func joined(_ lines: ArraySlice<Substring>) -> TextDocument { TextDocument(lines.joined(separator: "\n")) }
    switch separation {
    case .line:
      // What follows the last line end is no line.
      return (lines.last == "" ? lines.dropLast() : lines[...]).map { TextDocument(String($0)) }
    case .blank: return lines.split(whereSeparator: isBlank).map(joined)
    case .percent:
      let texts = lines.split(omittingEmptySubsequences: false) { $0 == "%" }
      // What stands behind the last separator is a document only where something does.
      return (texts.last?.allSatisfy(isBlank) == true ? texts.dropLast() : texts[...]).map {
        joined($0.last == "" ? $0.dropLast() : $0)
      }
    }
  }

  private static func records(of text: String, _ path: String) throws -> [(record: [String: Any], line: Int)] {
    try lines(of: text).enumerated().compactMap { number, line in
      guard !isBlank(line) else { return nil }
      guard let record = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
        throw DatasetError.malformed(file: path, reason: "line \(number + 1): expected a JSON object")
      }
      return (record, number + 1)
    }
  }

  private static func rows(of text: String, _ path: String) throws -> [(record: [String: Any], line: Int)] {
    let rows = CSVText.rows(of: text)
    guard let header = rows.first else {
      throw DatasetError.malformed(file: path, reason: "expected a line of column names")
    }
    guard Set(header).count == header.count else {
      throw DatasetError.malformed(file: path, reason: "two columns have one name")
    }
    return try rows.enumerated().dropFirst().map { number, row in
      guard row.count == header.count else {
        throw DatasetError.malformed(
          file: path, reason: "row \(number + 1): expected \(header.count) fields, found \(row.count)")
      }
      return (Dictionary(uniqueKeysWithValues: zip(header, row as [Any])), number + 1)
    }
  }
}

extension TextFile.Columns {
  private static let chat = "messages"

  /// A record's document: the pair where one is asked for, else the text, else the chat in `messages`.
  fileprivate func document(of record: [String: Any], _ place: String) throws -> TextDocument {
    func text(_ column: String) throws -> String {
      guard let text = record[column] as? String else {
        throw DatasetError.malformed(
          file: place,
          reason: record[column] == nil
            ? "no '\(column)'; it has \(record.keys.sorted().joined(separator: ", "))"
            : "'\(column)': expected a text")
      }
      return text
    }
    if let pair {
      return TextDocument(parts: [.init(try text(pair.prompt), isPrompt: true), .init(try text(pair.response))])
    }
    if record[self.text] == nil, let messages = record[Self.chat] { return try Self.chat(messages, place) }
    return TextDocument(try text(self.text))
  }

  /// A line `role: content` each; what the assistant says is to be said, all else is given.
  private static func chat(_ messages: Any, _ place: String) throws -> TextDocument {
    guard let messages = messages as? [[String: Any]] else {
      throw DatasetError.malformed(file: place, reason: "'\(chat)': expected a list of objects")
    }
    return TextDocument(
      parts: try messages.flatMap { message -> [TextDocument.Part] in
        guard let role = message["role"] as? String, let content = message["content"] as? String else {
          throw DatasetError.malformed(
            file: place, reason: "'\(chat)': expected objects with role and content, both texts")
        }
        guard role == "assistant" else { return [.init("\(role): \(content)\n", isPrompt: true)] }
        return [.init("\(role): ", isPrompt: true), .init("\(content)\n")]
      })
  }
}
