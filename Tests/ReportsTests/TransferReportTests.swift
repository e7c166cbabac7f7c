import Foundation
import TestSupport
import Testing

@testable import Reports

/// The original study's accuracies, drawn by us: the paper's figure 2.
@Suite struct TransferReportTests {
  private func study() throws -> TransferReport {
    let data = try Data(
      contentsOf: URL(fileURLWithPath: Repository.fixture("yosinski/final_validation_accuracy.json")))
    let runs = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [Double]])
    func values(_ matches: (String) -> Bool) -> [Double] {
      runs.keys.filter(matches).sorted().compactMap { runs[$0]?.last }
    }
    func point(_ copied: Int, _ values: [Double]) -> TransferReport.Point {
      let mean = values.reduce(0, +) / Double(values.count)
      return .init(copied: copied, MeanValue(values: values, mean: mean))
    }
    /// `transfer0A0B_1_5`: digits and halves of both networks.
    func curve(_ name: String, _ prefix: String, sameHalf: Bool) -> TransferReport.Curve {
      .init(
        name: name,
        points: (1...7).map { copied in
          point(
            copied,
            values { key in
              guard key.hasPrefix(prefix), key.hasSuffix("_1_\(copied)") else { return false }
              let pair = Array(key.dropFirst(prefix.count).prefix(4))
              return pair.count == 4 && pair[0].isNumber && pair[0] == pair[2] && (pair[1] == pair[3]) == sameHalf
            })
        })
    }
    let halves = values { $0.hasPrefix("half") && !$0.contains("natman") }
    return TransferReport(
      title: "Yosinski et al. 2014", target: "half of ImageNet", base: point(0, halves).accuracy,
      cuts: (1...7).map { .init(name: "layer \($0)", blockCount: $0) },
      curves: [
        curve("BnB", "transfer", sameHalf: true), curve("BnB+", "transfer-ft", sameHalf: true),
        curve("AnB", "transfer", sameHalf: false), curve("AnB+", "transfer-ft", sameHalf: false),
      ], recommendation: "", protocolText: "450,000 iterations")
  }

  @Test func theOriginalStudyLooksLikeItsFigure() throws {
    let report = try study()
    func mean(_ name: String, _ copied: Int) throws -> Double {
      100 * (try #require(report.curves.first { $0.name == name }?.points[copied - 1].accuracy.mean))
    }
    // The values of the paper's text and figure: base 62.5, the dip of BnB at 5, its recovery, the fall of AnB.
    #expect(abs(100 * report.base.mean - 62.45) < 0.1, "\(report.base.mean)")
    for (name, copied, value) in [("BnB", 5, 59.3), ("BnB", 7, 62.3), ("AnB", 7, 54.2), ("AnB+", 7, 64.6)] {
      let found = try mean(name, copied)
      #expect(abs(found - value) < 0.6, "\(name) \(copied): \(found)")
    }
    let findings = report.findings
    #expect(findings.count == 3)
    #expect(findings[0].contains("layer 5 breaks fragile co-adaptation"), "\(findings)")
    #expect(findings[1].contains("up to layer 7 are specific"), "\(findings)")
    // BnB has recovered at 7: nothing of the fall is co-adaptation but 62.45 − 62.29.
    #expect(findings[1].hasSuffix("of which the cut alone costs 0.2 (BnB)."), "\(findings)")
    #expect(findings[2].contains("AnB+ gains"), "\(findings)")
    let chart = report.chart()
    #expect(chart.series.map(\.name) == ["BnB", "BnB+", "AnB", "AnB+"])
    #expect(chart.series.allSatisfy { $0.points.count == 8 && $0.points[0].value == 100 * report.base.mean })
    #expect(chart.svg().contains("blocks copied") && report.html().contains("AnB+ gains"))
  }

  @Test func someCutsStandWhereTheyAre() throws {
    var report = try study()
    report.cuts = [report.cuts[1], report.cuts[4]]
    for index in report.curves.indices {
      report.curves[index].points = [2, 5].map { report.curves[index].points[$0 - 1] }
    }
    #expect(
      report.table().rows.map { Array($0.prefix(2)) } == [["0", "nothing"], ["2", "layer 2"], ["5", "layer 5"]])
    #expect(report.chart().series[0].points.map(\.epoch) == [0, 2, 5] && report.chart().countNames.isEmpty)
    #expect(report.findings[0].contains("Cutting after layer 5"))
  }

  @Test func everyRunIsADotAndEveryCutIsNamed() throws {
    let report = try study()
    let svg = report.chart().svg()
    let runs = report.curves.flatMap(\.points).filter { $0.accuracy.values.count > 1 }.reduce(0) {
      $0 + $1.accuracy.values.count
    }
    // The base networks, where all curves begin, are there once.
    let expected = runs + report.base.values.count
    #expect(svg.components(separatedBy: " single\"").count - 1 == expected, "\(expected)")
    #expect(svg.contains(">layer 7<") && svg.contains(">none<"))
  }

  @Test func scoresAndTrialsAreShownWithTheirRanks() throws {
    var report = try study()
    #expect(report.bestScore == nil)
    report.scores = [
      .init(
        name: "linear probe", values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], isFraction: true, frozenCorrelation: -0.9,
        tunedCorrelation: 0.5),
      .init(
        name: "LogME", values: [-1, -2, .nan, -3, -4, -5, -6], frozenCorrelation: 0.75, tunedCorrelation: .nan),
    ]
    report.trials = [
      .init(rate: "0.01", target: MeanValue(values: [0.9], mean: 0.9), forgetting: nil),
      .init(
        rate: "0.003", target: MeanValue(values: [0.91], mean: 0.91),
        forgetting: MeanValue(values: [0.014], mean: 0.014)),
    ]
    report.choice = 1
    #expect(!report.findings.contains { $0.contains("drawn anew") })
    // AnB+ has 64.6 % at layer 7.
    for index in report.trials.indices { report.trials[index].target.mean = 0.5 - 0.1 * Double(index) }
    #expect(report.findings.last?.hasPrefix("Fine-tuning the whole copy stays 14.6 points below AnB+") == true)
    report.trials[0].target.mean = 0.9
    report.trials[1].target.mean = 0.91
    let scores = report.scoreTable()
    #expect(scores.rows[0] == ["layer 1", "10.0 %", "−1.000"] && scores.rows[2][2] == "–")
    #expect(scores.rows[7] == ["rank correlation with AnB", "−0.90", "0.75"])
    #expect(scores.rows[8] == ["rank correlation with AnB+", "0.50", "–"])
    #expect(
      report.trialTable().rows == [["0.01", "90.0 %", "–", ""], ["0.003", "91.0 %", "1.4 points", "recommended"]])
    #expect(try #require(report.bestScore).contains("LogME ranks the 7 cuts"))
    report.scores.removeLast()
    #expect(try #require(report.bestScore).hasPrefix("None of these ranks the 7 cuts"))
    let page = report.html()
    #expect(page.contains("What cheaper scores would have said") && page.contains("1.4 points"))
  }

  @Test func everyRunIsARowOfTheFile() throws {
    let report = try study()
    let rows = report.csv().split(separator: "\r\n")
    let runs = report.base.values.count + report.curves.flatMap(\.points).reduce(0) { $0 + $1.accuracy.values.count }
    #expect(rows.count == runs + 1 && rows[0] == "curve,copied,cut,run,accuracy")
  }

  @Test func whatFewTestExamplesCannotTellIsNotClaimed() throws {
    var report = try study()
    // ImageNet's halves have 25,000 validation images: all three effects stand. On 500, 3.1 points are noise.
    report.testCount = 25_000
    #expect(report.findings.count == 3)
    report.testCount = 500
    #expect(report.findings.count == 1 && report.findings[0].contains("AnB falls"), "\(report.findings)")
  }

  @Test func withoutADifferenceNothingIsClaimed() {
    let flat = (1...3).map { TransferReport.Point(copied: $0, MeanValue(values: [0.9], mean: 0.9)) }
    let report = TransferReport(
      title: "", target: "t", base: MeanValue(values: [0.9], mean: 0.9),
      cuts: (1...3).map { .init(name: "block \($0)", blockCount: $0) },
      curves: ["BnB", "AnB", "AnB+"].map { .init(name: $0, points: flat) }, recommendation: "", protocolText: "")
    #expect(report.findings.isEmpty && report.chart().title.contains("as well as"))
  }
}
