/// A table for the terminal: aligned columns, widths as the terminal shows them, no lines.
public struct TextTable: Sendable, Equatable {
  /// The side on which a column's fields stand.
  public enum Alignment: Sendable { case left, right }

  /// A column's title and side; numbers stand right.
  public struct Column: Sendable, Equatable {
    /// What stands above the column.
    public var title: String
    /// The side on which its fields and title stand.
    public var alignment: Alignment

    /// A column, of words unless told otherwise.
    public init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }

    /// A column of numbers, which stand on the right.
    public static func number(_ title: String) -> Column { Column(title, .right) }
  }

  /// The columns, from left to right.
  public let columns: [Column]
  /// The rows added so far, a field for each column.
  public private(set) var rows: [[String]] = []

  /// A table without rows.
  public init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row; missing fields at the end stay empty.
  public mutating func append(_ fields: [String]) {
    precondition(fields.count <= columns.count, "\(fields.count) fields in a table of \(columns.count) columns")
    rows.append(fields + Array(repeating: "", count: columns.count - fields.count))
  }

  /// The table's lines, header first, without spaces at their ends; each ends in a newline.
  public func text() -> String {
    let lines = ([columns.map(\.title)] + rows).map { $0.map(Self.singleLine) }
    let widths = columns.indices.map { index in lines.map { displayWidth($0[index]) }.max() ?? 0 }
    return lines.map { fields in
      let line = columns.indices.map { index in
        let padding = String(repeating: " ", count: widths[index] - displayWidth(fields[index]))
        return columns[index].alignment == .left ? fields[index] + padding : padding + fields[index]
      }.joined(separator: "   ")
      return line.trimmingTrailingSpaces() + "\n"
    }.joined()
  }

  /// Control characters would break the alignment, or command the terminal.
  private static func singleLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}

/// How many terminal cells the text takes: two for East Asian wide characters and emoji, none for combining marks.
public func displayWidth(_ text: String) -> Int {
  text.reduce(0) { $0 + cellCount($1) }
}

private func cellCount(_ character: Character) -> Int {
  guard let first = character.unicodeScalars.first else { return 0 }
  switch first.properties.generalCategory {
  case .nonspacingMark, .enclosingMark, .format, .control: return 0
  default: break
  }
  // An emoji is wide by default, or made so by the variation selector.
  if first.properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}") { return 2 }
  switch first.value {
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
    0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
    return 2
  default: return 1
  }
}

extension String {
  func trimmingTrailingSpaces() -> String {
    guard let last = lastIndex(where: { $0 != " " }) else { return "" }
    return String(self[...last])
  }
}
