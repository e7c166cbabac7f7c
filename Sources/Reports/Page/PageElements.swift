/// What the pages are put together from.
enum PageElements {
  /// One HTML file, nothing loaded from elsewhere, for light, dark, phone and paper; of scripts it has the one that shows a
  /// chart's values at the pointer.
  ///
  /// - Parameters:
  ///   - headline: its first sentence is the heading, what follows stands under it.
  ///   - links: other pages, from this one's folder.
  ///   - footer: markup.
  ///   - style: rules of this kind of page alone.
  static func document(
    title: String, headline: String, sections: [PageSection], links: [PageLink] = [], footer: String,
    style: String = ""
  ) -> String {
    let sections = PageSection.distinct(sections)
    let end = headline.firstRange(of: ". ")
    let lead = end.map { "<p class=\"lead\">\(prose(String(headline[$0.upperBound...])))</p>\n" } ?? ""
    let heading = end.map { headline[..<$0.lowerBound] + "." } ?? headline
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(escapedMarkup(title))</title>
      <style>
      \(ChartStyle.variables)\(ChartStyle.rules)\(PageStyle.rules)\(PagePointer.style)\(style)</style>
      </head>
      <body>
      <main>
      <header>
      <p class="kicker">\(prose(title))</p>
      <h1>\(prose(heading))</h1>
      \(lead)\(contents(sections, links))</header>
      \(sections.map(\.markup).joined(separator: "\n"))
      <footer>\(footer)</footer>
      </main>
      \(PagePointer.script)
      </body>
      </html>

      """
  }

  /// Text that may be broken into lines, though not between a number and its per cent sign, before `±`, or within
  /// `p < 0.001`.
  static func prose(_ text: String) -> String {
    var text = text.replacing(" %", with: "\u{A0}%").replacing(" ± ", with: "\u{A0}±\u{A0}")
    for sign in ["<", "="] { text = text.replacing(" p \(sign) ", with: " p\u{A0}\(sign)\u{A0}") }
    return escapedMarkup(text)
  }

  static func paragraph(_ text: String) -> String { "<p class=\"note\">\(prose(text))</p>" }

  /// Where to go from here: the page's own sections, and other pages.
  private static func contents(_ sections: [PageSection], _ links: [PageLink]) -> String {
    let own = sections.compactMap { section in
      section.heading.map { "<a href=\"#\(escapedMarkup(section.anchor))\">\(prose($0))</a>" }
    }
    let lists = [(own.count > 2 ? own : [], "This page"), (links.map(\.markup), "Other pages")]
    return lists.filter { !$0.0.isEmpty }.map { items, label in
      "<nav aria-label=\"\(label)\">\(items.joined(separator: " · "))</nav>\n"
    }.joined()
  }

  static func section(_ heading: String, _ content: String, anchor: String? = nil) -> PageSection {
    PageSection(heading, content, anchor: anchor)
  }

  /// What is folded on a screen; on paper it is open, unless it stays folded there too.
  static func details(_ summary: String, _ content: String, staysFolded: Bool = false) -> String {
    "<details\(staysFolded ? " class=\"folded\"" : "")><summary>\(prose(summary))</summary>\n\(content)\n</details>"
  }

  /// A command to type: it wraps between words, not at their hyphens, and a click selects all of it.
  static func command(_ text: String) -> String {
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map { word in
      word.contains("-") ? "<span>\(escapedMarkup(String(word)))</span>" : escapedMarkup(String(word))
    }
    return "<pre><code>\(words.joined(separator: " "))</code></pre>"
  }

  static func grid(_ figures: [String]) -> String {
    figures.count > 1 ? "<div class=\"pair\">\n\(figures.joined(separator: "\n"))\n</div>" : figures.joined()
  }

  /// A chart drawn twice, for a wide and for a narrow screen, so that its words keep their size.
  ///
  /// A large matrix is drawn once and scrolls: twice would double a big page for nothing.
  static func figure(_ chart: some Chart, width: Double, isLarge: Bool = false) -> String {
    let picture: String
    if isLarge {
      picture = "<div class=\"scroll large\">\(chart.inlineSVG(width: width).text)</div>"
    } else {
      picture = """
        <div class="wide">\(chart.inlineSVG(width: width).text)</div>
        <div class="narrow">\(chart.inlineSVG(width: 340).text)</div>
        """
    }
    return """
      <figure>
      <figcaption><h3>\(prose(chart.title))</h3><p>\(prose(chart.subtitle))</p></figcaption>
      \(picture)
      </figure>
      """
  }

  /// A table; of a long one the rows that matter most, with the rest folded below.
  ///
  /// - Parameter noun: what a row is, for the words over the rest.
  static func table(_ table: TextTable, marksRows: Bool = false, noun: String = "row") -> String {
    guard let parts = table.folded() else { return plainTable(table, marksRows: marksRows) }
    return plainTable(parts.shown, marksRows: marksRows)
      + details(
        NumberText.plural(parts.rest.rows.count, "more \(noun)"),
        plainTable(parts.rest, marksRows: marksRows))
  }

  /// A name in markup that may be broken after its points and signs, unless it is short.
  private static func breakable(_ name: String) -> String {
    guard name.count > 16, !name.contains(" ") else { return name }
    return [".", ":", "=", ","].reduce(name) { $0.replacing($1, with: $1 + "<wbr>") }
  }

  private static func plainTable(_ table: TextTable, marksRows: Bool) -> String {
    let kinds = table.columns.indices.map { index in
      if table.columns[index].alignment == .right { return " class=\"number\"" }
      // Beside many numbers, a sentence would be squeezed to a word a line.
      let isSqueezed = table.columns.count > 3 && table.rows.contains { $0[index].count > 24 }
      return isSqueezed ? " class=\"words\"" : ""
    }
    let head = table.columns.indices.map {
      "<th scope=\"col\"\(kinds[$0])>\(prose(table.columns[$0].title))</th>"
    }
    let rows = table.rows.map { row in
      "<tr>"
        + row.enumerated().map { index, field in
          // Numbers are not wrapped.
          let text = table.columns[index].alignment == .right ? escapedMarkup(field) : prose(field)
          return index == 0 && marksRows
            ? "<th scope=\"row\">\(breakable(text))</th>" : "<td\(kinds[index])>\(text)</td>"
        }.joined() + "</tr>"
    }
    return """
      <div class="scroll"><table>
      <thead><tr>\(head.joined())</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table></div>
      """
  }
}
