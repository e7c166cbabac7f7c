import Findings
import Testing

@testable import Reports

@Suite struct ProxyReportTests {
  private func run(_ name: String, agreements: [Double?], places: String? = nil) -> RunFinding {
    RunFinding(
      run: name, proxyTask: "photos", targetTask: "flowers",
      epochs: agreements.enumerated().map { epoch, agreement in
        EpochFinding(
          epoch: epoch,
          proxy: agreement.map { ProxyAgreement(agreement: $0, divergence: 1 - $0, count: 10, places: places) },
          target: ScoredTask(0.5 + 0.1 * Double(epoch)))
      })
  }

  @Test func agreementIsDrawnAndNamedAsWhatItIs() throws {
    let runs = [run("plain", agreements: [1, 0.4]), run("l2-sp", agreements: [1, 0.75])]
    let report = RunReport(runs: runs, title: "t")
    let chart = try #require(report.proxyChart())
    #expect(chart.title.contains("40.0 % in plain and 75.0 % in l2-sp"))
    #expect(chart.subtitle.contains("proxy examples photos, not accuracy"))
    #expect(chart.series.map(\.points.count) == [2, 2])
    #expect(report.verdict.contains("(agreeing with the original on 75.0 %"))
    #expect(report.html().contains("On other examples"))
    let metrics = try #require(report.csvs().first { $0.fileName == "metrics.csv" }).content
    #expect(metrics.contains("plain,1,,,0.6,,0.4,0.6"))
  }

  @Test func agreementOfTokensSaysThatItIs() throws {
    let finding = run("plain", agreements: [1, 0.4], places: "tokens")
    #expect(
      finding.closingLines[0]
        == "with the source's head, the model still says of 40.0 % of the tokens of the proxy examples "
        + "what it said before (agreement, not accuracy)")
    let report = RunReport(runs: [finding], title: "t")
    #expect(report.verdict.contains("(agreeing with the original on 40.0 % of the tokens of the proxy examples)"))
    #expect(
      try #require(report.proxyChart()).subtitle.hasPrefix("top-1 agreement on the tokens of the proxy examples photos")
    )
    #expect(report.html().contains("Both are over the tokens of these examples that count"))
    #expect(!RunReport(runs: [run("plain", agreements: [1, 0.4])], title: "t").html().contains("Both are over"))
  }

  @Test func runsWithoutAProxyHaveNoChart() {
    let report = RunReport(runs: [run("plain", agreements: [nil, nil])], title: "t")
    #expect(report.proxyChart() == nil)
    #expect(!report.verdict.contains("agreeing"))
    #expect(!report.html().contains("On other examples"))
  }
}
