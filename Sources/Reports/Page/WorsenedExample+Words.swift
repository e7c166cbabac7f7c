import Findings

extension WorsenedExample {
  /// How much of its loss rose, `0.204 → 2.310`.
  var losses: String { "\(NumberText.fixed(lossBefore, 3)) → \(NumberText.fixed(lossAfter, 3))" }
}

extension ExampleChange {
  /// What got worst, in a line: `“the” 41.0 % → 3.0 %, “cat” 12.0 % → 0.2 %`; of masks how many pixels are right, which
  /// may be more; empty where nothing is known to show.
  public var words: String {
    if let masks {
      return "pixels right \(NumberText.percent(masks.rightBefore)) → \(NumberText.percent(masks.rightAfter))"
    }
    if let values { return Self.worst(of: values).map(\.words).joined(separator: ", ") }
    let shown = (tokens ?? []).filter(\.isWorse).sorted { ($0.fall ?? 0) > ($1.fall ?? 0) }
    return shown.prefix(Self.shownCount).map(\.words).joined(separator: ", ")
  }

  /// Parts of an example that a line names.
  private static let shownCount = 3

  private static func worst(of values: [ValueChange]) -> [ValueChange] {
    Array(values.filter { $0.worsening > 0 }.sorted { $0.worsening > $1.worsening }.prefix(shownCount))
  }
}

extension TokenChange {
  /// Whether it is worth showing as one that got worse: of classes one that was right and is not, else a likelihood that
  /// fell.
  var isWorse: Bool {
    guard let label else { return (fall ?? 0) > 0 }
    return before == label && after != label
  }

  /// The token in quotation marks, lines and tabs made visible.
  var quoted: String {
    // After a token's number stands a space that is none of the text.
    let isNumber = text.last == " " && text.dropLast().allSatisfy(\.isNumber) && text.count > 1
    return "“\(Self.visible(isNumber ? String(text.dropLast()) : text))”"
  }

  /// What became of it: `“Paris” B-LOC → O`.
  var words: String { "\(quoted) \(changeWords)" }

  /// The classes where there are any, else the probabilities.
  var changeWords: String {
    if let before, let after { return "\(before) → \(after)" }
    return "\(NumberText.percent(probabilityBefore)) → \(NumberText.percent(probabilityAfter))"
  }

  /// How strongly it is marked: 0 is not at all, by half a nat, one and a half and three.
  var strength: Int { [0.5, 1.5, 3].count { (fall ?? 0) >= $0 } }

  private static func visible(_ text: String) -> String {
    String(
      text.map { character in
        switch character {
        case "\n", "\r\n", "\r": "⏎"
        case "\t": "⇥"
        default: character.unicodeScalars.contains { $0.value < 32 || $0.value == 127 } ? "�" : character
        }
      })
  }
}

extension ValueChange {
  /// What became of it: `dog 95.0 % → 12.0 % (is there)`.
  var words: String { "\(name) \(text(before)) → \(text(after)) (\(isProbability ? rightText : "right \(rightText)"))" }

  /// What is right, in a table.
  var rightText: String { isProbability ? right == 1 ? "is there" : "is not there" : NumberText.significant(right) }

  func text(_ value: Double) -> String {
    isProbability ? NumberText.percent(value) : NumberText.significant(value)
  }
}

extension DiagnosisPage {
  /// The worst examples in short, a row each; nil where none is known.
  ///
  /// - Parameter count: how many, at most.
  public func worsenedTable(_ count: Int = 3) -> TextTable? {
    guard let worsened = finding.worsened, !worsened.isEmpty else { return nil }
    var table = TextTable([.number("example"), .number("loss"), .init("what changed")])
    for example in worsened.prefix(count) {
      table.append(["\(example.index)", example.losses, example.change.words.replacing(" %", with: "\u{A0}%")])
    }
    return table
  }

  /// What the worst examples are, in a sentence.
  public var worsenedTitle: String {
    "Test examples whose own loss rose most"
  }
}
