/// Widths of texts as DejaVu Sans sets them, the widest of the fonts that a picture may be seen in: what fits in it fits in
/// the reader's.
enum TextMetrics {
  /// How much wider a title is, which is bold.
  static let bold = 1.13

  /// Advances in em, rounded up.
  private static let advances: [Character: Double] = {
    let groups: [(Double, String)] = [
      (0.28, "'ijl"), (0.3, "IJ"), (0.32, " ,.·"), (0.34, "/:;\\|"), (0.36, "f-"), (0.4, "()[]t!"), (0.42, "r"),
      (0.46, "\""), (0.5, "*_`‖†–"), (0.53, "sz?"), (0.56, "cL"), (0.58, "Fk"), (0.6, "vxyP"), (0.62, "TYaoe"),
      (0.64, "ESbdghnpqu$0123456789{}"), (0.66, "K"), (0.69, "ABVXRZ"), (0.7, "C"), (0.74, "U"), (0.76, "HN"),
      (0.78, "DG&"), (0.79, "OQ"), (0.84, "w#+<=>^~−→×≥≤∞"), (0.87, "M"), (0.96, "%"), (0.98, "m"), (0.99, "W"),
      (1, "@…"),
    ]
    return Dictionary(uniqueKeysWithValues: groups.flatMap { width, characters in characters.map { ($0, width) } })
  }()

  static func width(_ text: String, size: Double) -> Double {
    text.reduce(0) { total, character in
      total + (advances[character] ?? [0, 0.79, 1][min(displayWidth(String(character)), 2)])
    } * size
  }

  /// The text cut at its end to a width.
  static func shortened(_ text: String, to limit: Double, size: Double) -> String {
    guard width(text, size: size) > limit else { return text }
    var rest = Substring(text)
    while !rest.isEmpty, width(rest + "…", size: size) > limit { rest.removeLast() }
    return rest + "…"
  }

  /// Layers' names cut to a width; see ``shortenedNames(_:to:width:)``.
  static func shortened(names: [String], to limit: Double, size: Double) -> [String] {
    shortenedNames(names, to: limit) { width($0, size: size) }
  }

  private static func width(_ text: Substring, size: Double) -> Double { width(String(text), size: size) }

  /// Lines of whole words within a width; a per cent sign stays beside its number.
  static func wrapped(_ text: String, to limit: Double, size: Double) -> [String] {
    var words: [String] = []
    for word in text.split(separator: " ") {
      if let last = words.last, word.hasPrefix("%") {
        words[words.count - 1] = last + " " + word
      } else {
        words.append(String(word))
      }
    }
    var lines: [String] = []
    for word in words {
      if let last = lines.last, width(last + " " + word, size: size) <= limit {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(word)
      }
    }
    return lines
  }
}
