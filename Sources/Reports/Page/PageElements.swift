/// What the pages are put together from.
enum PageElements {
  /// One HTML file: no scripts, nothing loaded from elsewhere, for light, dark, phone and paper.
  ///
  /// - Parameter footer: markup.
  static func document(title: String, headline: String, sections: [String], footer: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escapedMarkup(title))</title>
    <style>
    \(ChartStyle.variables)\(ChartStyle.rules)\(PageStyle.rules)</style>
    </head>
    <body>
    <main>
    <header>
    <p class="kicker">\(escapedMarkup(title))</p>
    <h1>\(prose(headline))</h1>
    </header>
    \(sections.joined(separator: "\n"))
    <footer>\(footer)</footer>
    </main>
    </body>
    </html>

    """
  }

  /// Text that may be broken into lines, though not between a number and its per cent sign.
  static func prose(_ text: String) -> String { escapedMarkup(text.replacing(" %", with: "\u{A0}%")) }

  static func paragraph(_ text: String) -> String { "<p class=\"note\">\(prose(text))</p>" }

  static func section(_ heading: String, _ content: String) -> String {
    "<section>\n<h2>\(escapedMarkup(heading))</h2>\n\(content)\n</section>"
  }

  static func details(_ summary: String, _ content: String) -> String {
    "<details><summary>\(escapedMarkup(summary))</summary>\n\(content)\n</details>"
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

  static func table(_ table: TextTable, marksRows: Bool = false) -> String {
    let kind = { (index: Int) in table.columns[index].alignment == .right ? " class=\"number\"" : "" }
    let head = table.columns.indices.map {
      "<th scope=\"col\"\(kind($0))>\(escapedMarkup(table.columns[$0].title))</th>"
    }
    let rows = table.rows.map { row in
      "<tr>"
        + row.enumerated().map { index, field in
          index == 0 && marksRows
            ? "<th scope=\"row\">\(escapedMarkup(field))</th>" : "<td\(kind(index))>\(escapedMarkup(field))</td>"
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
