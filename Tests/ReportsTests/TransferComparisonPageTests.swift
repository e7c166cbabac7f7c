import Findings
import Testing

@testable import Reports

@Suite struct TransferComparisonPageTests {
  /// Targets whose own network has 0.8 in every seed, and frozen copies of it.
  private func comparison(near: [[Double]], far: [[Double]]) -> TransferComparison {
    TransferComparison(
      targets: [("far", far), ("near", near)].map { name, values in
        let cuts = [TransferResult.Cut(name: "conv", blockCount: 1), .init(name: "linear", blockCount: 2)]
        return TransferResult(
          target: name, cuts: cuts, schedule: TransferSchedule(epochCount: 2, learningRate: 0.03, seedCount: 2),
          exampleCount: 10, availableCount: 10, testCount: 100, base: RepeatedScore(.accuracy, [0.8, 0.8]),
          curves: [
            .init(
              kind: .transfer,
              points: zip(cuts, values).map { .init(copied: $0.blockCount, cut: $0.name, RepeatedScore(.accuracy, $1)) }
            )
          ])
      })
  }

  private var comparison: TransferComparison {
    comparison(near: [[0.81, 0.83], [0.805]], far: [[0.79], [0.666]])
  }

  @Test func theHeadlineSaysWhatTheDeepestCutCosts() {
    #expect(
      comparison.headline
        == "Frozen up to linear, the copy differs from the target's own network by +0.5 (near, not established), −13.4 (far, not "
        + "established) points")
    let losses = comparison(near: [[0.81, 0.83], [0.78]], far: [[0.79], [0.666]])
    #expect(
      losses.headline
        == "Frozen up to linear, the copy falls short of the target's own network by 2.0 (near, not established), 13.4 (far, "
        + "not established) points")
  }

  @Test func curvesBeginAtTheTargetsOwnNetwork() {
    let chart = comparison.chart()
    #expect(chart.series.map(\.name) == ["near", "far"])
    #expect(chart.series.allSatisfy { $0.points[0].value == 0 && $0.points.map(\.epoch) == [0, 1, 2] })
    #expect(abs(chart.series[1].points[2].value + 13.4) < 1e-9)
    #expect(chart.svg().contains(">linear<"))
  }

  @Test func theTableHasSignsAndIntervals() {
    #expect(
      comparison.table().rows == [["1", "conv", "+2.0 ± 12.7", "−1.0"], ["2", "linear", "+0.5", "−13.4"]])
    let page = comparison.html(title: "both", links: [PageLink("near", path: "near/<report>.html")])
    #expect(page.contains("<a href=\"near/%3Creport%3E.html\">near</a>: How far to freeze was not measured"))
  }

  @Test func pageTableAndJSONGiveTheSameNumbers() throws {
    let text = try FindingEncoder.encode(comparison).serialized()
    let read = try FindingDecoder.decode(TransferComparison.self, from: text)
    #expect(try FindingEncoder.encode(read).serialized() == text)
    #expect(read.table() == comparison.table() && read.headline == comparison.headline)
    #expect(read.html(title: "b") == comparison.html(title: "b"))
  }
}
