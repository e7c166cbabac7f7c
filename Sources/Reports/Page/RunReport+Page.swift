extension RunReport {
  /// The report as one HTML file: no scripts, nothing loaded from elsewhere, for light, dark, phone and paper.
  public func html() -> String {
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
    <h1>\(escapedMarkup(verdict))</h1>
    </header>
    \(sections().joined(separator: "\n"))
    <footer>Made by Lethe. Every number here is in the CSV files that <code>lethe report</code> writes.</footer>
    </main>
    </body>
    </html>

    """
  }

  private func sections() -> [String] {
    guard !runs.isEmpty else { return [] }
    let note =
      hasSource
      ? "Forgotten: points of source accuracy lost from epoch 0 to the last epoch; interval: paired bootstrap; "
        + "p: McNemar’s exact test on the same examples; lost and gained: examples that became wrong and right."
      : "Before is epoch 0, after the last epoch measured."
    var sections = [
      section("Summary", table(summaryTable(), marksRows: true) + "<p class=\"note\">\(escapedMarkup(note))</p>")
    ]
    let epochs = runs.map { details("Every epoch of \($0.name)", table(epochTable($0))) }.joined(separator: "\n")
    let charts = accuracyCharts()
    let width = charts.count > 1 ? 450.0 : 720
    sections.append(section("Accuracy by epoch", grid(charts.map { figure($0, width: width) }) + epochs))
    if let chart = proxyChart() {
      let epochs = details("Agreement of every epoch", table(proxyTable()))
      sections.append(
        section("On other examples", figure(chart, width: 720) + paragraph(Self.proxyNote) + epochs))
    }
    if let chart = doseChart() {
      let doses = details("Dose of every epoch", table(doseTable()))
      sections.append(
        section("What held it back", figure(chart, width: 720) + paragraph(Self.doseNote) + doses))
    }
    if let chart = driftChart() {
      let drift = details("Drift of every layer", table(driftTable()))
      sections.append(section("Weight drift by layer", figure(chart, width: 720) + drift))
    }
    if let chart = ckaChart() {
      let caution =
        "<p class=\"note\">CKA near 1 means the layer still represents these examples alike, whatever the "
        + "weights did. A low CKA alone does not prove forgetting.</p>"
      let cka = details("CKA of every layer", table(ckaTable()))
      sections.append(section("Similarity of features by layer", figure(chart, width: 720) + caution + cka))
    }
    let maps = heatMaps().map(\.chart)
    if !maps.isEmpty {
      let areSmall = maps.count > 1 && maps.allSatisfy { $0.columns.count <= 10 }
      let figures = maps.map { figure($0, width: areSmall ? 450 : 720, isLarge: $0.columns.count > 20) }
      sections.append(section("Similarity of every pair of layers", areSmall ? grid(figures) : figures.joined()))
    }
    let configured = runs.filter { !$0.configuration.isEmpty }
    if !configured.isEmpty {
      let differences = differenceTable()
      let difference = runs.count > 1 && !differences.rows.isEmpty ? table(differences, marksRows: true) : ""
      let all = configured.map {
        details("Configuration of \($0.name)", table(configurationTable($0), marksRows: true))
      }
      sections.append(
        section(difference.isEmpty ? "Configuration" : "What differs between the runs", difference + all.joined()))
    }
    return sections
  }

  private func paragraph(_ text: String) -> String { "<p class=\"note\">\(escapedMarkup(text))</p>" }

  private func section(_ heading: String, _ content: String) -> String {
    "<section>\n<h2>\(escapedMarkup(heading))</h2>\n\(content)\n</section>"
  }

  private func details(_ summary: String, _ content: String) -> String {
    "<details><summary>\(escapedMarkup(summary))</summary>\n\(content)\n</details>"
  }

  private func grid(_ figures: [String]) -> String {
    figures.count > 1 ? "<div class=\"pair\">\n\(figures.joined(separator: "\n"))\n</div>" : figures.joined()
  }

  /// A chart drawn twice, for a wide and for a narrow screen, so that its words keep their size.
  ///
  /// A large matrix is drawn once and scrolls: twice would double a big page for nothing.
  private func figure(_ chart: some Chart, width: Double, isLarge: Bool = false) -> String {
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
      <figcaption><h3>\(escapedMarkup(chart.title))</h3><p>\(escapedMarkup(chart.subtitle))</p></figcaption>
      \(picture)
      </figure>
      """
  }

  private func table(_ table: TextTable, marksRows: Bool = false) -> String {
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

private enum PageStyle {
  static let rules = """
    *{box-sizing:border-box}
    body{margin:0;background:var(--surface);color:var(--ink);line-height:1.5;
    font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
    main{max-width:980px;margin:0 auto;padding:32px 24px 48px}
    .kicker{margin:0;color:var(--muted);font-size:.95rem}
    h1{font-size:clamp(1.35rem,1rem + 1.6vw,1.9rem);line-height:1.25;margin:.3rem 0 0;font-weight:650;overflow-wrap:anywhere}
    h2{font-size:1.15rem;margin:2.6rem 0 .8rem;padding-top:.9rem;border-top:1px solid var(--grid)}
    h3{font-size:1rem;margin:0;line-height:1.35;font-weight:650;overflow-wrap:anywhere}
    figure{margin:0 0 1.4rem;min-width:0;break-inside:avoid}
    figcaption{margin-bottom:.7rem}
    figcaption p,.note{margin:.15rem 0 0;font-size:.85rem;color:var(--muted);overflow-wrap:anywhere}
    .note{margin:.6rem 0 1rem;max-width:75ch}
    .chart{display:block;max-width:100%;height:auto}
    .narrow{display:none}
    .pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:8px 28px}
    .pair>figure{display:grid;grid-template-rows:subgrid;grid-row:span 2;gap:0}
    .scroll{overflow-x:auto}
    .large .chart{max-width:none}
    table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
    th,td{padding:.35rem .9rem .35rem 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--grid)}
    th{font-weight:600}
    thead th{color:var(--muted);font-weight:500;white-space:nowrap}
    tbody th{overflow-wrap:break-word;max-width:18rem}
    .number{text-align:right;white-space:nowrap}
    details{margin:.4rem 0}
    details .scroll{margin:.4rem 0 1rem}
    summary{cursor:pointer;color:var(--muted);font-size:.9rem;padding:.2rem 0}
    summary:hover{color:var(--ink)}
    summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--c0);outline-offset:2px}
    footer{margin-top:3rem;color:var(--muted);font-size:.85rem}
    @media (max-width:860px){.pair{grid-template-columns:minmax(0,1fr)}}
    @media screen and (max-width:640px){main{padding:20px 16px 32px}.wide{display:none}.narrow{display:block}}
    @media print{main{max-width:none;padding:0}h2,h3{break-after:avoid}tr{break-inside:avoid}
    .pair{grid-template-columns:repeat(2,minmax(0,1fr))}.large .chart{max-width:100%}.scroll{overflow:visible}
    details::details-content{content-visibility:visible;height:auto}*{print-color-adjust:exact}}

    """
}
