import Testing

@testable import Reports

@Suite struct TransferComparisonTests {
  private var comparison: TransferComparison {
    TransferComparison(
      title: "both", cuts: [.init(name: "conv", blockCount: 1), .init(name: "linear", blockCount: 2)],
      rows: [
        .init(
          target: "near",
          differences: [MeanValue(values: [0.01, 0.03], mean: 0.02, low: -0.1, high: 0.14), MeanValue(mean: 0.005)],
          recommendation: "Freeze <all>.", page: "near/report.html"),
        .init(
          target: "far", differences: [MeanValue(mean: -0.01), MeanValue(mean: -0.134)], recommendation: "Tune.",
          page: "far/report.html"),
      ], protocolText: "2 epochs")
  }

  @Test func theHeadlineSaysWhatTheDeepestCutCosts() {
    #expect(
      comparison.headline
        == "Frozen up to linear, the copy differs from the target's own network by +0.5 (near), −13.4 (far) points")
    var losses = comparison
    losses.rows[0].differences[1].mean = -0.02
    #expect(
      losses.headline
        == "Frozen up to linear, the copy falls short of the target's own network by 2.0 (near), 13.4 (far) points")
  }

  @Test func curvesBeginAtTheTargetsOwnNetwork() {
    let chart = comparison.chart()
    #expect(chart.series.map(\.name) == ["near", "far"])
    #expect(chart.series.allSatisfy { $0.points[0].value == 0 && $0.points.map(\.epoch) == [0, 1, 2] })
    #expect(chart.series[1].points[2].value == -13.4 && chart.series[0].points[1].singles == [1, 3])
    #expect(chart.svg().contains(">linear<"))
  }

  @Test func theTableHasSignsAndIntervals() {
    #expect(
      comparison.table().rows == [["1", "conv", "+2.0 ± 12.0", "−1.0"], ["2", "linear", "+0.5", "−13.4"]])
    let page = comparison.html()
    #expect(page.contains("<a href=\"near/report.html\">near</a>: Freeze &lt;all&gt;."))
  }
}
