import Foundation

/// Comma-separated values as RFC 4180 has them: fields may be quoted, and then have commas and line ends in them.
enum CSVText {
  /// Rows of fields; those without quotes without the white space around them.
  static func rows(of text: String) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var field = ""
    var isQuoted = false
    var wasQuoted = false
    func trimmed() -> String { wasQuoted ? field : field.trimmingCharacters(in: .whitespaces) }
    for character in text {
      if isQuoted, character != "\"" {
        field.append(character)
      } else if character == "\"" {
        // Two within quotes are one.
        if !isQuoted, wasQuoted { field.append(character) }
        isQuoted.toggle()
        wasQuoted = true
      } else if character == "," || character.isNewline {
        row.append(trimmed())
        (field, wasQuoted) = ("", false)
        if character.isNewline {
          if row != [""] { rows.append(row) }
          row = []
        }
      } else {
        field.append(character)
      }
    }
    if !field.isEmpty || !row.isEmpty { rows.append(row + [trimmed()]) }
    return rows
  }
}
