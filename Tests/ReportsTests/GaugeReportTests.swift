import Findings
import Foundation
import Testing

@testable import Reports

/// How far the old head's answers moved on the target's inputs, in words, picture and files.
@Suite struct GaugeReportTests {
  static func run(_ name: String = "plain", places: String? = nil, hasSource: Bool = false, last: Double = 0.31)
    -> RunFinding
  {
    RunFinding(
      run: name, sourceTask: hasSource ? "photos" : nil, targetTask: "flowers",
      epochs: [0, last].enumerated().map { epoch, value in
        EpochFinding(
          epoch: epoch, source: hasSource ? ScoredTask(0.9) : nil,
          gauge: OutputDivergence(
            value: value, low: max(0, value - 0.03), high: value + 0.03, count: 500, places: places),
          target: ScoredTask(0.5 + 0.1 * Double(epoch)))
      }, gaugedHead: "photos")
  }

  private let line =
    "on the target's inputs, what head 'photos' says moved by 0.310 nats from what it said before (95 % interval 0.280 to "
    + "0.340), a gauge of forgetting and no measure of it"

  @Test func itStandsWhereNothingElseIsKnownOfTheSource() throws {
    #expect(Self.run().closingLines == [line])
    let report = RunReport(runs: [Self.run()], title: "t")
    #expect(report.verdict.hasSuffix("; \(line)."))
    #expect(Self.run(places: "tokens").closingLines[0].contains("moved by 0.310 nats a token from"))
    // Where the source is measured, that is what is said.
    #expect(!Self.run(hasSource: true).closingLines.contains { $0.contains("gauge") })
    #expect(RunReport(runs: [Self.run(hasSource: true)], title: "t").html().contains("Without the source’s data"))
  }

  @Test func itIsDrawnAndInTheFiles() throws {
    let report = RunReport(runs: [Self.run(), Self.run("l2-sp", last: 0.12)], title: "t")
    let chart = try #require(report.gaugeChart())
    #expect(
      chart.title
        == "On the target's inputs, what the old head says moved by 0.310 nats in plain and 0.120 nats in l2-sp")
    #expect(chart.subtitle.hasPrefix("head 'photos', mean divergence"))
    #expect(chart.series.map { $0.points.map(\.high) } == [[0.03, 0.31 + 0.03], [0.03, 0.12 + 0.03]])
    #expect(report.gaugeTable().rows[1] == ["plain", "1", "0.310", "0.280 to 0.340", "500"])
    let metrics = try #require(report.csvs().first { $0.fileName == "metrics.csv" }).content
    #expect(metrics.contains("gauge_divergence,gauge_low,gauge_high"))
    #expect(metrics.contains("plain,1,,,0.6,,,,,,,,,,,0.31,0.28,0.3"))
    let json = try FindingEncoder.encode(Self.run()).serialized()
    #expect(json.contains("\"gaugedHead\"") && json.contains("\"nats\""), "\(json)")
  }

  @Test func aRunWithoutOneSaysNothingOfIt() {
    let report = RunReport(runs: [SampleFindings.withoutSource], title: "t")
    #expect(report.gaugeChart() == nil && !report.html().contains("Without the source’s data"))
  }
}
