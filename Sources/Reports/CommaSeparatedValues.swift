/// A table as RFC 4180 has it: lines end in CR LF, and a field with a comma, quote or line break is quoted.
struct CommaSeparatedValues: Sendable {
  /// The whole table, the header first.
  private(set) var text = ""
  private let columnCount: Int

  /// A table without rows; the header says how many fields each has.
  init(header: [String]) {
    columnCount = header.count
    append(header)
  }

  /// Adds a row, which must have as many fields as the header.
  mutating func append(_ fields: [String]) {
    precondition(fields.count == columnCount, "\(fields.count) fields in a table of \(columnCount) columns: \(fields)")
    text += fields.map(Self.field).joined(separator: ",") + "\r\n"
  }

  /// A number with all its digits, zero without a sign; empty where it was not measured.
  static func number(_ value: Double?) -> String {
    guard let value, !value.isNaN else { return "" }
    // Adding zero makes −0.0 plain.
    return "\(value + 0)"
  }

  static func field(_ text: String) -> String {
    // A carriage return and a line feed are one Character, so the scalars are looked at.
    guard text.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) }) else { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { quoted += "\"" }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }
}
