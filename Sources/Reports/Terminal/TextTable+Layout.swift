extension TextTable {
  /// The table's lines, header first, without spaces at their ends; each ends in a newline.
  ///
  /// What does not fit a terminal's width is set closer: titles and words go over several lines, names are shortened, and
  /// columns of a rank give way, which a line below says. Numbers are never cut: a table that is still too wide stands
  /// in parts below each other, the first column in each.
  ///
  /// - Parameter width: the terminal's width in cells; nil for as wide as it is.
  public func text(width: Int? = nil) -> String {
    guard let width, naturalWidth > width else { return laidOut(columns.indices.map { $0 }, width: nil) }
    let gap = Self.narrowGap.count
    var shown = Array(columns.indices)
    func least(_ shown: [Int]) -> Int { shown.map(leastWidth).reduce(0, +) + gap * (shown.count - 1) }
    while least(shown) > width, let place = shown.filter({ columns[$0].rank > 0 }).max(by: { isKept($0, before: $1) }) {
      shown.removeAll { $0 == place }
    }
    var parts: [[Int]] = [[]]
    for column in shown {
      let part = parts[parts.count - 1]
      if part.count > 1, least(part + [column]) > width { parts.append([0]) }
      parts[parts.count - 1].append(column)
    }
    let hidden = columns.indices.filter { !shown.contains($0) }.map { columns[$0].title }
    let note = "(a wider terminal shows \(hidden.joined(separator: ", ")) too)"
    return parts.map { laidOut($0, width: width) }.joined(separator: "\n")
      + (hidden.isEmpty ? "" : Self.wrapped(note, to: width).joined(separator: "\n") + "\n")
  }

  /// How many cells the table takes where nothing limits it.
  public var naturalWidth: Int {
    columns.indices.map(fullWidth).reduce(0, +) + Self.gap.count * (columns.count - 1)
  }

  private static let gap = "   "
  private static let narrowGap = "  "
  /// Below these words are not wrapped and names not shortened, unless they are as short by themselves.
  private static let leastWords = 14
  private static let leastName = 16

  /// Of two columns that may give way, the one of the lower rank is kept, or the one further left.
  private func isKept(_ column: Int, before other: Int) -> Bool {
    (columns[column].rank, column) < (columns[other].rank, other)
  }

  private func cellWidth(_ column: Int) -> Int { rows.map { displayWidth(Self.singleLine($0[column])) }.max() ?? 0 }
  private func fullWidth(_ column: Int) -> Int { max(cellWidth(column), displayWidth(columns[column].title)) }

  private func leastWidth(_ column: Int) -> Int {
    let title = Self.longestWord(columns[column].title)
    guard columns[column].alignment == .left else { return max(cellWidth(column), title) }
    if column == 0 { return max(min(cellWidth(0), Self.leastName), title) }
    let words = rows.map { Self.longestWord(Self.singleLine($0[column])) }.max() ?? 0
    return max(min(cellWidth(column), max(Self.leastWords, min(words, 2 * Self.leastWords))), title)
  }

  private static func longestWord(_ text: String) -> Int {
    text.split(separator: " ").map { displayWidth(String($0)) }.max() ?? 0
  }

  /// Some columns, within a width where there is one.
  private func laidOut(_ shown: [Int], width: Int?) -> String {
    var widths = shown.map { width == nil ? fullWidth($0) : leastWidth($0) }
    let gap = width == nil ? Self.gap : Self.narrowGap
    if let width {
      // What is left goes to the names, then to the words, then to the titles.
      var left = width - widths.reduce(0, +) - gap.count * (shown.count - 1)
      for place in shown.indices where columns[shown[place]].alignment == .left {
        let more = min(max(0, cellWidth(shown[place]) - widths[place]), max(0, left))
        widths[place] += more
        left -= more
      }
      for place in shown.indices {
        let more = max(0, fullWidth(shown[place]) - widths[place])
        guard more <= left else { continue }
        widths[place] += more
        left -= more
      }
    }
    var cells = shown.map { column in rows.map { [Self.singleLine($0[column])] } }
    for (place, column) in shown.enumerated() where columns[column].alignment == .left && width != nil {
      if column == 0 {
        let names = shortenedNames(cells[place].map { $0[0] }, to: Double(widths[place])) { Double(displayWidth($0)) }
        cells[place] = names.map { [$0] }
      } else {
        cells[place] = cells[place].map { Self.wrapped($0[0], to: widths[place]) }
      }
    }
    var titles = zip(shown, widths).map { Self.wrapped(Self.singleLine(columns[$0].title), to: $1) }
    // Titles stand on the line above the rows.
    let height = titles.map(\.count).max() ?? 1
    titles = titles.map { Array(repeating: "", count: height - $0.count) + $0 }
    let lines = [titles] + rows.indices.map { row in cells.map { $0[row] } }
    return lines.map { fields in
      (0..<(fields.map(\.count).max() ?? 1)).map { line in
        shown.indices.map { place in
          let field = fields[place].indices.contains(line) ? fields[place][line] : ""
          let padding = String(repeating: " ", count: max(0, widths[place] - displayWidth(field)))
          return columns[shown[place]].alignment == .left ? field + padding : padding + field
        }.joined(separator: gap).trimmingTrailingSpaces() + "\n"
      }.joined()
    }.joined()
  }

  /// Control characters would break the alignment, or command the terminal.
  private static func singleLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }

  /// Lines of whole words; a word that is too long is broken.
  private static func wrapped(_ text: String, to width: Int) -> [String] {
    guard displayWidth(text) > width else { return [text] }
    var lines: [String] = []
    for word in text.split(separator: " ").map(String.init) {
      if let last = lines.last, displayWidth(last + " " + word) <= width || word == "%" {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(word)
      }
    }
    return lines.flatMap { line -> [String] in
      var (rest, pieces) = (Substring(line), [String]())
      while displayWidth(String(rest)) > width, rest.count > 1 {
        var piece = rest
        while piece.count > 1, displayWidth(String(piece)) > width { piece.removeLast() }
        pieces.append(String(piece))
        rest = rest.dropFirst(piece.count)
      }
      return pieces + [String(rest)]
    }
  }
}

extension String {
  fileprivate func trimmingTrailingSpaces() -> String {
    guard let last = lastIndex(where: { $0 != " " }) else { return "" }
    return String(self[...last])
  }
}
