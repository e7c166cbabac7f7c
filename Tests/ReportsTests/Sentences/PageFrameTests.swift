import Findings
import TestSupport
import Testing

@testable import Reports

/// The headings of pages, and what stands at their feet: see the article's table.
@Suite struct PageFrameTests {
  /// A page of one of these.
  private enum Paged {
    case runs(RunReport)
    case diagnosis(DiagnosisFinding)
    case other(String)
  }

  private static let licences: [SentenceTable<Paged>.Licence] = [
    ("Over seeds", { ofRuns($0) { $0.isOverSeeds } }), ("Summary", { ofRuns($0) { _ in true } }),
    ("{score} by epoch", { ofRuns($0) { _ in true } }),
    ("By the step", { ofRuns($0) { $0.stepChart() != nil } }),
    ("One head", { ofRuns($0) { $0.runs.contains { $0.joint != nil } } }),
    ("On other examples", { ofRuns($0) { $0.proxyChart() != nil } }),
    ("Without the source", { ofRuns($0) { $0.gaugeChart() != nil } }),
    ("Trust in its own", { !ofRuns($0) { $0.confidenceChart() == nil } && !ofDiagnosis($0) { $0.confidence == nil } }),
    ("All scores", { isOther($0, "compared") }),
    ("Dose of regularization", { ofRuns($0) { $0.doseChart() != nil } }),
    ("Weight drift", { ofRuns($0) { $0.driftChart() != nil } }),
    ("Similarity of features", { ofRuns($0) { $0.ckaChart() != nil } }),
    ("What differs", { ofRuns($0) { $0.runs.count > 1 } }),
    ("What helps", { ofDiagnosis($0) { !$0.established.isEmpty } }),
    ("What was tried", { ofDiagnosis($0) { $0.established.isEmpty && !$0.remedies.isEmpty } }),
    ("When", { ofDiagnosis($0) { !$0.epochs.isEmpty } }),
    ("Which classes", { ofDiagnosis($0) { !$0.classes.isEmpty } }),
    ("Which examples", { ofDiagnosis($0) { !$0.examples.isEmpty || $0.worsened != nil } }),
    ("Every run is", { isOther($0, "sweep") }), ("The run of each", { isOther($0, "sequence") }),
    ("The pictures are", { isOther($0, "predictions") }), ("Every number here", { ofRuns($0) { _ in true } }),
  ]

  private static func ofRuns(_ paged: Paged, _ holds: (RunReport) -> Bool) -> Bool {
    if case .runs(let report) = paged { holds(report) } else { false }
  }

  private static func ofDiagnosis(_ paged: Paged, _ holds: (DiagnosisFinding) -> Bool) -> Bool {
    if case .diagnosis(let finding) = paged { holds(finding) } else { false }
  }

  private static func isOther(_ paged: Paged, _ kind: String) -> Bool {
    if case .other(kind) = paged { true } else { false }
  }

  private static var reports: [[RunFinding]] {
    let (plain, held) = (SampleFindings.plain, SampleFindings.held)
    let seeds = (0..<3).map { seed in
      var run = plain
      run.run = "seed \(seed)"
      run.configuration = [.init("seed", "\(seed)")]
      return run
    }
    var joint = plain
    joint.joint = JointHead(
      classCount: 10,
      epochs: plain.epochs.map {
        JointAnswers(epoch: $0.epoch, .accuracy, 0.7, count: 10, sourceTakenForTarget: 0.1, targetTakenForSource: 0.2)
      })
    return [
      [plain], [held], [plain, held], [SampleFindings.withoutSource], [SampleFindings.proxy], seeds, [joint],
      [GaugeReportTests.run()], [StepReportTests.run()],
      [SampleFindings.withConfidence()],
    ]
  }

  private static var diagnoses: [DiagnosisFinding] {
    var hopeless = SampleFindings.diagnosis
    for index in hopeless.remedies.indices { hopeless.remedies[index].gain = Estimate(0.01, low: -0.1, high: 0.1) }
    return [SampleFindings.diagnosis, SampleFindings.bareDiagnosis, SampleFindings.proxyDiagnosis, hopeless]
  }

  private static var others: [(kind: String, html: String)] {
    var sweep = SampleFindings.sweep()
    sweep.command = "lethe finetune"
    return [
      ("sweep", sweep.html(title: "t")), ("sequence", SampleFindings.sequence.html(title: "t")),
      ("transfer", SampleFindings.transfer.html(title: "t")),
      ("comparison", SampleFindings.transferComparison.html(title: "t")),
      ("map", SampleFindings.transferMap.html(title: "t")),
      ("compared", SampleFindings.comparisonsOfPredictions[8].html(title: "t")),
      ("predictions", SampleFindings.prediction(count: 3).html(title: "t")),
    ]
  }

  /// As many layers as are not all shown.
  private static var deep: RunReport {
    var run = SampleFindings.plain
    run.configuration = [.init("epochs", "4")]
    run.drift = WeightDrift(
      layers: (0..<30).map { LayerDrift(layer: "layer\($0)", relative: 0.1) }, total: TotalDrift(relative: 0.1))
    return RunReport(runs: [run], title: "t")
  }

  @Test func everyCaptionStandsInTheTableAndItsEvidenceHolds() throws {
    let licences: [SentenceTable<RunReport>.Licence] = [
      ("Every epoch of", { !$0.runs.isEmpty }), ("Agreement", { $0.proxyChart() != nil }),
      ("Divergence", { $0.gaugeChart() != nil }), ("Dose", { $0.doseChart() != nil }),
      ("Drift", { $0.driftChart() != nil }), ("CKA", { $0.ckaChart() != nil }),
      ("Configuration", { $0.runs.contains { !$0.configuration.isEmpty } }),
      ("{n} more {rows}", { report in report.runs.contains { $0.driftLayers.count > 24 } }),
    ]
    var table = try SentenceTable(["Captions of folded parts"], licences: licences)
    for report in Self.reports.map({ RunReport(runs: $0, title: "t") }) + [Self.deep] {
      table.check(Sentences.captions(report.html()), of: report)
    }
    table.finish()
    let rows = try SentenceRow.sections().filter { $0.heading == "Captions of folded parts" }.flatMap(\.rows)
    for html in Self.diagnoses.map({ DiagnosisPage($0).html() }) + Self.others.map(\.html) {
      for caption in Sentences.captions(html) { #expect(rows.contains { $0.matches(caption) }, "\(caption)") }
    }
  }

  @Test func everyHeadingAndFootStandsInTheTableAndItsEvidenceHolds() throws {
    var table = try SentenceTable(["Headings and feet of pages"], licences: Self.licences)
    for runs in Self.reports {
      let report = RunReport(runs: runs, title: "t")
      table.check(Sentences.framing(report.html()), of: .runs(report))
    }
    for finding in Self.diagnoses {
      table.check(Sentences.framing(DiagnosisPage(finding).html()), of: .diagnosis(finding))
    }
    // A target's own part of a page has its name.
    let names = Set(SampleFindings.transferMap.rows.map(\.target))
    for (kind, html) in Self.others {
      table.check(Sentences.framing(html).filter { !names.contains($0) }, of: .other(kind))
    }
    table.finish()
  }
}
