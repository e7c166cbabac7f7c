import Findings

extension TransferResult {
  /// The paper's figure 2 for this network: the score by how many blocks are copied, the target's own network at 0.
  public func chart() -> LineChart {
    var chart = LineChart(
      title: finding,
      subtitle: "\(score.noun) on \(target), \(schedule.text)", valueTitle: score.directedAxisTitle,
      limits: score.axisLimits, decimals: score.chartDecimals,
      series: curves.enumerated().map { index, curve in
        // The networks at the beginning are the same for all.
        let start = index == 0 ? base.over : RepeatedMean(mean: base.mean)
        return LineChart.Series(
          name: curve.kind.rawValue,
          points: [start.chartPoint(at: 0, of: score)]
            + curve.points.map { $0.result.over.chartPoint(at: $0.copied, of: score) })
      })
    chart.countTitle = "blocks copied"
    chart.countNames = Self.countNames(cuts)
    return chart
  }

  /// The blocks' names along the axis, where every one has a cut.
  static func countNames(_ cuts: [Cut]) -> [String] {
    cuts.map(\.blockCount) == Array(1...max(1, cuts.count)) ? ["none"] + cuts.map(\.name) : []
  }

  /// Every treatment at every cut.
  public func table() -> TextTable {
    var table = TextTable([.number("copied"), .init("up to")] + curves.map { .number($0.kind.rawValue) })
    table.append(["0", "nothing"] + curves.map { _ in base.plain })
    for cut in cuts {
      table.append(
        ["\(cut.blockCount)", cut.name]
          + curves.map { curve in
            curve.points.first { $0.copied == cut.blockCount }?.result.plain ?? NumberText.missing
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
            $0.score?.plain($0.values[index])
              ?? ($0.isFraction ? NumberText.percent($0.values[index]) : NumberText.fixed($0.values[index], 3))
          })
    }
    for (name, values) in [
      ("AnB", scores.map(\.rankCorrelation.frozen)), ("AnB+", scores.map(\.rankCorrelation.tuned)),
    ] where values.contains(where: \.isFinite) {
      table.append(
        ["rank correlation with \(name)"]
          + zip(values, scores).map { NumberText.correlation($0, count: $1.rankedCutCount) })
    }
    return table
  }

  /// The rates that were tried.
  public func trialTable() -> TextTable {
    let isMeasured = trials.contains { $0.forgetting != nil }
    var table = TextTable(
      [.init("rate of the layers that move"), .number("target")] + (isMeasured ? [.number("forgotten")] : [])
        + [.init("")])
    for trial in trials {
      table.append(
        [trial.rateText, trial.target.plain]
          + (isMeasured
            ? [trial.forgetting.map { $0.amount(of: trial.sourceScore) } ?? NumberText.missing] : [])
          + [trial.isRecommended ? "recommended" : ""])
    }
    return table
  }

  /// A line a run.
  public func csv() -> String {
    var table = CommaSeparatedValues(header: ["curve", "copied", "cut", "run", score.name])
    func append(_ name: String, copied: Int, cut: String, _ score: RepeatedScore) {
      for (run, value) in score.values.enumerated() {
        table.append([name, "\(copied)", cut, "\(run)", CommaSeparatedValues.number(value)])
      }
    }
    append("base", copied: 0, cut: "", base)
    for curve in curves {
      for point in curve.points { append(curve.kind.rawValue, copied: point.copied, cut: point.cut, point.result) }
    }
    return table.text
  }

  /// The report as one HTML file.
  ///
  /// - Parameter links: other pages, from this one's folder.
  public func html(title: String, links: [PageLink] = []) -> String {
    var sections = [
      PageElements.section(
        "How far up",
        PageElements.figure(chart(), width: 860)
          + sentences.dropFirst().map { PageElements.paragraph($0) }.joined()
          + PageElements.paragraph(
            "AnB: the base network's layers up to the cut, frozen; AnB+: trained on. BnB and BnB+: the same of a network "
              + "trained on the target itself. What lies above the cut is drawn anew.")),
      PageElements.section("The numbers", PageElements.table(table())),
    ]
    if !trials.isEmpty || command != nil {
      let text = command.map(PageElements.command) ?? ""
      sections.append(
        PageElements.section(
          "What to do",
          (trials.isEmpty ? "" : PageElements.table(trialTable()) + PageElements.paragraph(trialNote)) + text))
    }
    if !scores.isEmpty {
      sections.append(
        PageElements.section(
          "What cheaper scores would have said",
          PageElements.table(scoreTable()) + scoreNotes.map { PageElements.paragraph($0) }.joined()))
    }
    sections.append(PageElements.section("Data", PageElements.files(csvs())))
    return PageElements.document(
      title: title, headline: advised, sections: sections, links: links,
      footer: "Made by Lethe: <code>lethe transfer</code>.")
  }
}

extension TransferTrial {
  /// `0.003, 0.3 × the head's`.
  fileprivate var rateText: String {
    NumberText.rate(learningRate) + (factor == 1 ? "" : ", \(NumberText.rate(factor)) × the head's")
  }
}
