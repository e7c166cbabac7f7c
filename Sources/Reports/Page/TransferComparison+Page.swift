import Findings

/// The page of several targets: how far above or below the target's own network, by cut.
extension TransferComparison {
  /// What all targets are judged by.
  private var score: Score { targets.first?.score ?? .accuracy }

  private var cuts: [TransferResult.Cut] { targets.first?.cuts ?? [] }

  /// What the deepest cut costs each target.
  public var headline: String {
    guard let last = cuts.last else { return "Nothing was cut" }
    let differences = targetsByLoss.map { (target: $0.target, claim: $0.deepestDifference) }
    let isLoss = differences.allSatisfy { ($0.claim?.difference.value ?? .nan) < 0 }
    let parts = differences.map { target, claim in
      let mean = claim?.difference.value
      let isEstablished = claim?.isMore == true || claim?.isLess == true
      return (isLoss ? score.bare(mean.map { -$0 }) : score.signed(mean))
        + " (\(target)\(isEstablished ? "" : ", not established"))"
    }
    return "Frozen up to \(last.name), the copy "
      + (isLoss ? "falls short of the target's own network by " : "differs from the target's own network by ")
      + parts.joined(separator: ", ") + " \(score.differenceTitle)"
  }

  /// The paper's figure 3: a line a target.
  public func chart() -> LineChart {
    var chart = LineChart(
      title: headline,
      subtitle:
        "\(score.noun) of the frozen copy (AnB) less that of the target's own network\(turned), "
        + (targets.first?.schedule.text ?? ""),
      valueTitle: score.chartTitle, decimals: score.chartDecimals,
      series: targetsByLoss.map { row in
        LineChart.Series(
          name: row.target,
          points: [.init(epoch: 0, value: 0)]
            + zip(cuts, row.differences).map { $1.chartPoint(at: $0.blockCount, of: score) })
      })
    chart.countTitle = "blocks copied"
    chart.countNames = TransferResult.countNames(cuts)
    return chart
  }

  /// Where less is better the differences are turned round, so that up is better in every chart.
  private var turned: String { score.direction == .up ? "" : ", its sign turned round: above 0 is better" }

  /// What the numbers are.
  private var reading: String {
    let unit = score.differenceTitle
    return score.direction == .up
      ? unit.prefix(1).uppercased() + unit.dropFirst() + " above or below a network of the target's own."
      : "By how much the copy is better than a network of the target's own (\(score.heading)); below 0 it is worse."
  }

  /// A row a cut, a column a target.
  public func table() -> TextTable {
    var table = TextTable([.number("copied"), .init("up to")] + targetsByLoss.map { .number($0.target) })
    for (index, cut) in cuts.enumerated() {
      table.append(
        ["\(cut.blockCount)", cut.name]
          + targetsByLoss.map { row in
            let differences = row.differences
            guard differences.indices.contains(index) else { return NumberText.missing }
            let difference = differences[index]
            return score.signed(difference.mean) + difference.spread(of: score)
          })
    }
    return table
  }

  /// A line a run.
  public func csv() -> String {
    var table = CommaSeparatedValues(header: ["target", "copied", "cut", "run", "difference"])
    for row in targetsByLoss {
      for (cut, difference) in zip(cuts, row.differences) {
        for (run, value) in difference.values.enumerated() {
          table.append([row.target, "\(cut.blockCount)", cut.name, "\(run)", CommaSeparatedValues.number(value)])
        }
      }
    }
    return table.text
  }

  /// The page.
  ///
  /// - Parameter links: each target's own page, by its name, from this one's folder.
  public func html(title: String, links: [PageLink] = []) -> String {
    let advice = targetsByLoss.map { target in
      let name = links.first { $0.name == target.target }?.markup ?? escapedMarkup(target.target)
      return "<p>\(name): \(PageElements.prose(target.advised))</p>"
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
              "\(reading) Yosinski et al. read it so: targets that fall early "
                + "need layers that the network does not have; those that stay level are near to what it was trained on."
            )),
        PageElements.section("What to do", advice.joined(separator: "\n")),
        PageElements.section("Data", PageElements.files(csvs())),
      ], footer: "Made by Lethe: <code>lethe transfer</code>.")
  }
}
