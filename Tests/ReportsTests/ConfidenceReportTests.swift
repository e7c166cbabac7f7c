import Findings
import Foundation
import Testing

@testable import Reports

/// What confidence is worth, in words, picture and files.
@Suite struct ConfidenceReportTests {
  @Test func itIsSaidWhereItChangedBeyondItsInterval() throws {
    let line = SampleFindings.withConfidence().closingLines.first { $0.hasPrefix("confidence on ") }
    let said = try #require(line)
    #expect(said.contains(" is worth less: calibration error 0.0 → 9.9 % (95 % interval of the change "))
    #expect(said.hasSuffix("negative log-likelihood 0.325 → 0.692"), "\(said)")
    #expect(!SampleFindings.plain.closingLines.contains { $0.contains("confidence") })
    let same = SampleFindings.withConfidence(SampleFindings.confidences[2])
    #expect(!same.closingLines.contains { $0.hasPrefix("confidence on ") })
    // The same of too few examples.
    let few = SampleFindings.withConfidence(SampleFindings.confidence(from: 0.9, to: 0.999, count: 40))
    #expect(!few.closingLines.contains { $0.hasPrefix("confidence on ") })
  }

  @Test func itIsDrawnAndInTheFiles() throws {
    let run = SampleFindings.withConfidence()
    let report = RunReport(runs: [run], title: "t")
    let chart = try #require(report.confidenceChart())
    #expect(chart.title == "Calibration error on the source came to 9.9 %")
    #expect(chart.series.count == 1 && chart.series[0].points.count == run.epochs.count)
    #expect(report.confidenceTable().rows.count == 6)
    #expect(report.confidenceTable().rows[0].prefix(5) == [run.name, "source", "calibration error", "0.0 %", "9.9 %"])
    let metrics = try #require(report.csvs().first { $0.fileName == "metrics.csv" }).content
    let header = try #require(metrics.components(separatedBy: "\r\n").first)
    #expect(header.hasSuffix("target_negative_log_likelihood,target_calibration_error,target_brier_score"))
    #expect(report.html().contains("Trust in its own confidence"))
    #expect(!RunReport(runs: [SampleFindings.plain], title: "t").html().contains("Trust in its own"))
    let again = try FindingDecoder.decode(RunFinding.self, from: FindingEncoder.encode(run).serialized())
    #expect(again.confidence == run.confidence && again.epochs == run.epochs)
  }

  @Test func aCauseOfItsOwnIsSaidWithWhatMendsIt() throws {
    var finding = SampleFindings.diagnosis
    finding.confidence = DiagnosedConfidence(SampleFindings.confidences[0], beside: finding.forgetting.forgetting)
    let lost = DiagnosisPage(finding)
    #expect(finding.confidence?.isCause == false && lost.confidenceCause == nil)
    #expect(lost.confidenceNote?.hasPrefix("confidence on the source is worth less: ") == true)
    finding.forgetting.forgetting.low = -0.01
    finding.confidence = DiagnosedConfidence(SampleFindings.confidences[0], beside: finding.forgetting.forgetting)
    finding.remedies = [
      Remedy(
        kind: .temperature, action: "divide the scores of the source head by 3.1", cost: Estimate(0, low: 0, high: 0),
        count: 400, confidence: MendedConfidence(temperature: 3.1, change: SampleFindings.confidences[1]))
    ]
    let page = DiagnosisPage(finding)
    #expect(page.confidenceCause?.hasPrefix("confidence: no loss of accuracy is established, ") == true)
    let mending = try #require(page.mendingWords)
    #expect(mending.hasPrefix("divide the scores of the source head by 3.1: calibration error 9.9 → 0.0 %"))
    #expect(mending.hasSuffix("on 400 examples that had no part in fitting it; it costs the target nothing"))
    #expect(page.html().contains("Trust in its own confidence") && page.untriedRemedies.isEmpty)
  }
}
