import Foundation

/// Comma-separated values as RFC 4180 has them: fields may be quoted, and then have commas and line ends in them.
public enum CSVText {
  /// Rows of fields; those without quotes without the white space around them. A byte order mark is no text.
  public static func rows(of text: String) -> [[String]] {
    var text = text
    return text.withUTF8 { bytes in
      let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
      return rows(of: UnsafeBufferPointer(rebasing: bytes[(hasMark ? 3 : 0)...]))
    }
  }

  private static let (comma, quote, lineFeed, carriageReturn) = (
    UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")
  )

  private static func rows(of bytes: UnsafeBufferPointer<UInt8>) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var start = 0
    var hasQuotes = false
    var isQuoted = false
    func field(to end: Int) -> String {
      let own = UnsafeBufferPointer(rebasing: bytes[start..<end])
      return hasQuotes ? unquoted(own) : trimmed(own)
    }
    for place in bytes.indices {
      let byte = bytes[place]
      if byte == quote {
        isQuoted.toggle()
        hasQuotes = true
      } else if !isQuoted, byte == comma || byte == lineFeed || byte == carriageReturn {
        row.append(field(to: place))
        (start, hasQuotes) = (place + 1, false)
        if byte != comma {
          if row != [""] { rows.append(row) }
          row.removeAll(keepingCapacity: true)
        }
      }
    }
    if start < bytes.count || !row.isEmpty { rows.append(row + [field(to: bytes.count)]) }
    return rows
  }

  private static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    // White space beyond ASCII begins and ends with bytes from 0x80 on.
    guard let first = bytes.first, let last = bytes.last, first <= 0x20 || last <= 0x20 || first | last > 0x7F else {
      return text
    }
    return text.trimmingCharacters(in: .whitespaces)
  }

  /// The text between quotes and beside them, two quotes within quotes being one.
  private static func unquoted(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    var own: [UInt8] = []
    var (isQuoted, wasQuoted) = (false, false)
    for byte in bytes {
      if byte != quote {
        own.append(byte)
      } else {
        if !isQuoted, wasQuoted { own.append(quote) }
        isQuoted.toggle()
        wasQuoted = true
      }
    }
    return String(decoding: own, as: UTF8.self)
  }
}
