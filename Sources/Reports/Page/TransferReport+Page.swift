extension TransferReport {
  /// The paper's figure 2 for this network: accuracy by how many blocks are copied, the target's own network at 0.
  public func chart() -> LineChart {
    var chart = LineChart(
      title: findings.first ?? "Copied layers do as well as the target's own, wherever the network is cut",
      subtitle: "accuracy on \(target), \(protocolText)", valueTitle: "accuracy (%)", decimals: 1,
      series: curves.enumerated().map { index, curve in
        // The networks at the beginning are the same for all.
        let start = index == 0 ? base : MeanValue(mean: base.mean)
        return LineChart.Series(
          name: curve.name,
          points: [start.chartPoint(at: 0)] + curve.points.map { $0.accuracy.chartPoint(at: $0.copied) })
      })
    chart.countTitle = "blocks copied"
    chart.countNames = Self.countNames(cuts)
    return chart
  }

  /// The blocks' names along the axis, where every one has a cut.
  static func countNames(_ cuts: [Cut]) -> [String] {
    cuts.map(\.blockCount) == Array(1...max(1, cuts.count)) ? ["none"] + cuts.map(\.name) : []
  }

  public func table() -> TextTable {
    var table = TextTable([.number("copied"), .init("up to")] + curves.map { .number($0.name) })
    table.append(["0", "nothing"] + curves.map { _ in base.text })
    for cut in cuts {
      table.append(
        ["\(cut.blockCount)", cut.name]
          + curves.map { curve in
            curve.points.first { $0.copied == cut.blockCount }?.accuracy.text ?? NumberText.missing
          })
    }
    return table
  }

  /// Every score at every cut, and how it ranks them.
  public func scoreTable() -> TextTable {
    var table = TextTable([.init("up to")] + scores.map { .number($0.name) })
    for (index, cut) in cuts.enumerated() {
      table.append(
        [cut.name]
          + scores.map {
            $0.isFraction ? NumberText.percent($0.values[index]) : NumberText.fixed($0.values[index], 3)
          })
    }
    table.append(["rank correlation with AnB"] + scores.map { NumberText.fixed($0.frozenCorrelation, 2) })
    table.append(["rank correlation with AnB+"] + scores.map { NumberText.fixed($0.tunedCorrelation, 2) })
    return table
  }

  /// The rates that were tried.
  public func trialTable() -> TextTable {
    let isMeasured = trials.contains { $0.forgetting != nil }
    var table = TextTable(
      [.init("rate of the layers that move"), .number("target")] + (isMeasured ? [.number("forgotten")] : [])
        + [.init("")])
    for (index, trial) in trials.enumerated() {
      table.append(
        [trial.rate, trial.target.text]
          + (isMeasured ? [trial.forgetting.map { "\(NumberText.points($0.mean)) points" } ?? NumberText.missing] : [])
          + [index == choice ? "recommended" : ""])
    }
    return table
  }

  public func csv() -> String {
    var table = CommaSeparatedValues(header: ["curve", "copied", "cut", "run", "accuracy"])
    func append(_ name: String, copied: Int, cut: String, _ accuracy: MeanValue) {
      for (run, value) in accuracy.values.enumerated() {
        table.append([name, "\(copied)", cut, "\(run)", CommaSeparatedValues.number(value)])
      }
    }
    append("base", copied: 0, cut: "", base)
    for curve in curves {
      for point in curve.points { append(curve.name, copied: point.copied, cut: name(point), point.accuracy) }
    }
    return table.text
  }

  public func html() -> String {
    var sections = [
      PageElements.section(
        "How far up",
        PageElements.figure(chart(), width: 860)
          + findings.dropFirst().map { PageElements.paragraph($0) }.joined()
          + PageElements.paragraph(
            "AnB: the base network's layers up to the cut, frozen; AnB+: trained on. BnB and BnB+: the same of a network "
              + "trained on the target itself. What lies above the cut is drawn anew.")),
      PageElements.section("The numbers", PageElements.table(table())),
    ]
    if !trials.isEmpty || command != nil {
      let note =
        "The whole network with a new head, the layers above frozen as recommended, trained by the same schedule at the "
        + "rates of the table; the head has the full rate."
      let text = command.map { "<div class=\"scroll\"><pre><code>\(escapedMarkup($0))</code></pre></div>" } ?? ""
      sections.append(
        PageElements.section(
          "What to do",
          (trials.isEmpty ? "" : PageElements.table(trialTable()) + PageElements.paragraph(note)) + text))
    }
    if !scores.isEmpty {
      sections.append(
        PageElements.section(
          "What cheaper scores would have said",
          PageElements.table(scoreTable()) + scoreNotes.map { PageElements.paragraph($0) }.joined()))
    }
    return PageElements.document(
      title: title, headline: recommendation, sections: sections, footer: "Made by Lethe: <code>lethe transfer</code>.")
  }
}
