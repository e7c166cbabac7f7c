import Reports

/// Words in lines of a width.
enum HelpText {
  /// A paragraph, its lines indented; a word that is longer than a line stands in one of its own.
  static func wrapped(_ text: String, width: Int, indent: Int = 0) -> [String] {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, indent + displayWidth(line) + 1 + displayWidth(String(word)) > width {
        lines.append(margin + line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return lines + (line.isEmpty ? [] : [margin + line])
  }

  /// Paragraphs, one a line; what begins with a space is to be pasted, and stays as it is.
  static func paragraphs(_ text: String, width: Int) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      if line.isEmpty { return [""] }
      return line.hasPrefix(" ") ? [String(line)] : wrapped(String(line), width: width)
    }
  }

  /// Lines under a name, each keeping its own indentation.
  static func list(_ text: String, width: Int, indent: Int) -> [String] {
    text.split(separator: "\n").flatMap { line in
      wrapped(String(line), width: width, indent: indent + line.prefix { $0 == " " }.count)
    }
  }

  /// A name and what it means, beside it where there is room.
  static func item(_ name: String, _ meaning: String, width: Int, column: Int) -> [String] {
    var lines = wrapped(meaning, width: width, indent: column)
    let label = "  " + name
    guard displayWidth(label) + 2 <= column, let first = lines.first else { return [label] + lines }
    lines[0] = label + first.dropFirst(displayWidth(label))
    return lines
  }
}
