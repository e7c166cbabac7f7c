import Findings
import Testing

@testable import Reports

@Suite struct DoseReportTests {
  private func run(_ name: String, _ doses: [[RegularizerDose]]) -> RunFinding {
    RunFinding(
      run: name, sourceTask: "a", targetTask: "b",
      epochs: doses.enumerated().map { EpochFinding(epoch: $0.offset, penalty: 0, regularizers: $0.element) })
  }

  private func dose(_ name: String, _ ratio: Double, pulledBack: Double = .nan) -> RegularizerDose {
    RegularizerDose(
      name: name, penalty: 0.25, lossShare: 0.125, gradientRatio: ratio, pulledBack: pulledBack)
  }

  @Test func theTitleNamesTheLargestRatioAndItsEpoch() throws {
    let one = run("one", [[], [dose("l2-sp", 0.2), dose("lwf", 0.1)], [dose("l2-sp", 0.1), dose("lwf", 0.5)]])
    let chart = try #require(RunReport(runs: [one], title: "t").doseChart())
    #expect(chart.title == "lwf pulled at most 0.500 times as hard as the task (epoch 2)")
    #expect(chart.series.map(\.name) == ["l2-sp", "lwf"])
    #expect(chart.series[0].points.map(\.epoch) == [1, 2])
    let two = try #require(RunReport(runs: [one, run("two", [[dose("l2", 2)]])], title: "t").doseChart())
    #expect(two.series.map(\.name) == ["one: l2-sp", "one: lwf", "two: l2"])
  }

  @Test func aRunWithoutRegularizersHasNeitherChartNorFile() {
    let report = RunReport(runs: [run("plain", [[], []])], title: "t")
    #expect(report.doseChart() == nil && report.doseFile() == nil)
    #expect(!report.html().contains("Dose of regularization"))
    #expect(!report.csvs().contains { $0.fileName == "dose.csv" })
  }

  @Test func theFileHasFractionsAndLeavesOutWhatWasNotMeasured() throws {
    let report = RunReport(
      runs: [run("r", [[], [dose("lwf", 0.5), dose("l2-sp", 0.25, pulledBack: 0.75)]])], title: "t")
    let lines = try #require(report.doseFile()).split(whereSeparator: \.isNewline)
    #expect(lines.dropFirst() == ["r,1,lwf,0.25,0.125,0.5,", "r,1,l2-sp,0.25,0.125,0.25,0.75"])
  }
}
