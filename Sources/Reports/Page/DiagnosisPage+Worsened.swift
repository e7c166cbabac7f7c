import Findings

// The worst examples of tasks whose examples are no answers: texts, masks, labels, numbers.
extension DiagnosisPage {
  /// Their section; nil where none is known.
  var worsenedSection: PageSection? {
    guard let worsened = finding.worsened, !worsened.isEmpty else { return nil }
    let items = worsened.map { example in
      "<li><h3>Test example \(example.index)</h3><p class=\"note\">\(PageElements.prose(caption(of: example)))</p>"
        + Self.markup(of: example) + "</li>"
    }
    return PageElements.section(
      "Which examples",
      PageElements.paragraph(worsenedNote(worsened)) + "<ol class=\"worst\">\(items.joined(separator: "\n"))</ol>")
  }

  private func caption(of example: WorsenedExample) -> String {
    let words = example.change.words
    return "loss \(example.losses)" + (words.isEmpty ? "" : "; \(words)")
  }

  private func worsenedNote(_ worsened: [WorsenedExample]) -> String {
    let among = finding.isJudgedOnFewer ? " of the \(NumberText.grouped(finding.measuredOn.source)) looked at" : ""
    let first = "\(worsenedTitle)\(among), the worst first."
    guard let change = worsened.first?.change else { return first }
    if change.masks != nil {
      return first
        + " The image, then the right classes, what was said before, and what is said now; white does not count."
    }
    if change.values != nil { return first + " What is right, what was said before, and what is said now." }
    guard let tokens = change.tokens else { return first }
    if tokens.contains(where: { $0.label != nil }) {
      return first
        + " Below a token whose class changed stands what was said before and what is said now; marked are those "
        + "that were right and are not."
    }
    return first
      + " Marked are tokens that became less likely, from half a nat on, more strongly from one and a half and from "
      + "three; what is grey does not count."
  }

  /// What is shown of one.
  private static func markup(of example: WorsenedExample) -> String {
    let change = example.change
    var parts: [String] = []
    if let tokens = change.tokens { parts.append("<div class=\"reading\">\(tokens.map(markup).joined())</div>") }
    let picture = example.picture.map { [figure($0, "image", of: example)] } ?? []
    if let masks = change.masks {
      let drawn = [("right", masks.right), ("before", masks.before), ("now", masks.after)].compactMap { name, classes in
        masks.picture(of: classes).map { figure($0, name, of: example) }
      }
      parts.append("<div class=\"masks\">\((picture + drawn).joined())</div>" + masks.legend)
    } else if !picture.isEmpty {
      parts.append("<div class=\"masks\">\(picture.joined())</div>")
    }
    if let values = change.values { parts.append(PageElements.table(table(of: values), noun: "value")) }
    return parts.joined()
  }

  private static func figure(_ picture: Picture, _ name: String, of example: WorsenedExample) -> String {
    "<figure>\(picture.image(alternative: "test example \(example.index), \(name)"))"
      + "<figcaption>\(name)</figcaption></figure>"
  }

  private static func markup(of token: TokenChange) -> String {
    let text = escapedMarkup(token.text)
    guard token.fall != nil else { return "<span class=\"given\">\(text)</span>" }
    guard token.label != nil else {
      guard token.strength > 0 else { return text }
      return "<mark class=\"fell\(token.strength)\" title=\"\(escapedMarkup(token.changeWords))\">\(text)</mark>"
    }
    guard token.before != token.after else { return text }
    let tag = token.isWorse ? "mark class=\"fell2\"" : "span"
    let end = token.isWorse ? "mark" : "span"
    return "<ruby><\(tag)>\(text)</\(end)><rt>\(escapedMarkup(token.changeWords))</rt></ruby>"
  }

  private static func table(of values: [ValueChange]) -> TextTable {
    var table = TextTable([.init("of"), .number("right"), .number("before"), .number("now")])
    for value in values {
      table.append(
        [value.name, value.rightText, value.text(value.before), value.text(value.after)], weight: value.worsening)
    }
    return table
  }

  /// How they look.
  static let worsenedStyle = """
    .worst{margin:0;padding:0;list-style:none}
    .worst>li{margin:0 0 1.6rem;break-inside:avoid}
    .worst .note{margin:.1rem 0 .5rem}
    .reading{white-space:pre-wrap;overflow-wrap:anywhere;max-height:22rem;overflow-y:auto;border:1px solid var(--grid);
    border-radius:4px;padding:.5rem .7rem;font-size:.9rem;line-height:1.55}
    .reading:has(ruby){line-height:2.3}
    .given{color:var(--muted)}
    mark{color:inherit;border-radius:2px;background:color-mix(in srgb,var(--c1) 18%,transparent);border-bottom:1px solid var(--c1)}
    mark.fell2{background:color-mix(in srgb,var(--c1) 36%,transparent);border-bottom-width:2px}
    mark.fell3{background:color-mix(in srgb,var(--c1) 60%,transparent);border-bottom-width:3px}
    ruby{ruby-position:under;margin:0 .15em}
    rt{font-size:.68rem;color:var(--muted);line-height:1.1;padding-top:3px}
    .masks{display:flex;flex-wrap:wrap;gap:12px}
    .masks figure{margin:0}
    .masks img{display:block;width:132px;height:132px;object-fit:contain;image-rendering:pixelated;border:1px solid var(--grid)}
    .masks figcaption{font-size:.8rem;color:var(--muted);margin:.2rem 0 0}
    .key{display:flex;flex-wrap:wrap;gap:.2rem .9rem;margin:.4rem 0 0;font-size:.8rem;color:var(--muted)}
    .key i{display:inline-block;width:.8em;height:.8em;margin-right:.35em;border:1px solid var(--grid)}
    @media print{.reading{max-height:none;overflow:visible}}

    """
}

extension MaskChange {
  /// Colours that the colour-blind tell apart (Okabe and Ito's, and grey), again lighter for further classes.
  private static let colors: [(Int, Int, Int)] = [
    (120, 120, 120), (0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (213, 94, 0),
    (240, 228, 66),
  ]

  private static func color(of number: UInt8) -> [UInt8] {
    guard number != none else { return [255, 255, 255] }
    let (red, green, blue) = colors[Int(number) % colors.count]
    let lightness = min(3, Int(number) / colors.count)
    return [red, green, blue].map { UInt8($0 + (255 - $0) * lightness / 4) }
  }

  /// Classes as a picture.
  func picture(of classes: [UInt8]) -> Picture? {
    let planes = (0..<3).flatMap { channel in classes.map { Self.color(of: $0)[channel] } }
    return Picture(planes: planes, channels: 3, height: height, width: width)
  }

  /// What colour stands for which of the classes that are shown.
  var legend: String {
    let shown = Set(right + before + after).subtracting([Self.none]).sorted()
    let items = shown.map { number in
      let color = Self.color(of: number).map { "\($0)" }.joined(separator: ",")
      let name = classes.indices.contains(Int(number)) ? classes[Int(number)] : "\(number)"
      return "<span><i style=\"background:rgb(\(color))\"></i>\(escapedMarkup(name))</span>"
    }
    return "<div class=\"key\">\(items.joined())</div>"
  }
}
