/// How far up one network can be reused for several targets: figure 3 of Yosinski et al. 2014.
public struct TransferComparison: Sendable {
  public struct Row: Sendable {
    public var target: String
    /// What the frozen copy (AnB) has more than the target's own network, by cut: a fraction, below 0 for a loss.
    public var differences: [MeanValue]
    public var recommendation: String
    /// The target's own page, from this one's folder.
    public var page: String

    public init(target: String, differences: [MeanValue], recommendation: String, page: String) {
      self.target = target
      self.differences = differences
      self.recommendation = recommendation
      self.page = page
    }
  }

  public var title: String
  public var cuts: [TransferReport.Cut]
  /// The target that loses least with everything frozen first.
  public var rows: [Row]
  public var protocolText: String

  public init(title: String, cuts: [TransferReport.Cut], rows: [Row], protocolText: String) {
    self.title = title
    self.cuts = cuts
    self.rows = rows
    self.protocolText = protocolText
  }

  /// What the deepest cut costs each target.
  public var headline: String {
    guard let last = cuts.last else { return "Nothing was cut" }
    let differences = rows.map { (target: $0.target, mean: $0.differences.last?.mean ?? .nan) }
    let isLoss = differences.allSatisfy { $0.mean < 0 }
    let parts = differences.map { target, mean in
      (isLoss ? NumberText.points(-mean) : (mean > 0 ? "+" : "") + NumberText.points(mean)) + " (\(target))"
    }
    return "Frozen up to \(last.name), the copy "
      + (isLoss ? "falls short of the target's own network by " : "differs from the target's own network by ")
      + parts.joined(separator: ", ") + " points"
  }

  public func chart() -> LineChart {
    var chart = LineChart(
      title: headline,
      subtitle: "accuracy of the frozen copy (AnB) less that of the target's own network, \(protocolText)",
      valueTitle: "points", decimals: 1,
      series: rows.map { row in
        LineChart.Series(
          name: row.target,
          points: [.init(epoch: 0, value: 0)] + zip(cuts, row.differences).map { $1.chartPoint(at: $0.blockCount) })
      })
    chart.countTitle = "blocks copied"
    chart.countNames = TransferReport.countNames(cuts)
    return chart
  }

  public func table() -> TextTable {
    var table = TextTable([.number("copied"), .init("up to")] + rows.map { .number($0.target) })
    for (index, cut) in cuts.enumerated() {
      table.append(
        ["\(cut.blockCount)", cut.name]
          + rows.map { row in
            let difference = row.differences[index]
            return (difference.mean > 0 ? "+" : "") + NumberText.points(difference.mean) + difference.spread
          })
    }
    return table
  }

  public func html() -> String {
    let links = rows.map { row in
      "<p><a href=\"\(escapedMarkup(row.page))\">\(escapedMarkup(row.target))</a>: \(escapedMarkup(row.recommendation))</p>"
    }
    var picture = chart()
    // The page begins with the finding.
    picture.title = "Where the targets part"
    return PageElements.document(
      title: title, headline: headline,
      sections: [
        PageElements.section(
          "How far up, for whom",
          PageElements.figure(picture, width: 860) + PageElements.table(table())
            + PageElements.paragraph(
              "Points above or below a network of the target's own. Targets that fall early need layers that the network "
                + "does not have; those that stay level are near to what it was trained on.")),
        PageElements.section("What to do", links.joined(separator: "\n")),
      ], footer: "Made by Lethe: <code>lethe transfer</code>.")
  }
}
