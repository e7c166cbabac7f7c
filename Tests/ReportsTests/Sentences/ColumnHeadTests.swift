import Findings
import Testing

@testable import Reports

/// What stands above the columns of all tables: see the article's table.
@Suite struct ColumnHeadTests {
  /// A table, what it is of, and heads of it that are names of runs, tasks, layers or methods.
  private struct Tabled {
    let table: TextTable
    var names: Set<String> = []
    var run: RunReport?
    var diagnosis: DiagnosisFinding?
    var isValidated = false
  }

  private static let licences: [SentenceTable<Tabled>.Licence] = [
    ("predicted loss", { of($0) { $0.predictedLoss.value.isFinite } }),
    ("predicted, 95", { of($0) { $0.predictedLoss.low.isFinite } }),
    ("CKA target", { of($0) { $0.targetSimilarity.value.isFinite } }),
    ("probe drop", { of($0) { $0.probeDrop.value.isFinite } }), ("drop, 95", { of($0) { $0.probeDrop.low.isFinite } }),
    ("cost", { of($0) { $0.cost.value.isFinite } }),
    ("source validation", { $0.isValidated || validated($0) { $0.source != nil } }),
    ("target validation", { $0.isValidated || validated($0) { $0.target != nil } }),
    ("proxy validation", { validated($0) { $0.proxy != nil } }), ("forgotten validation", { $0.isValidated }),
    ("source before", { $0.run?.hasSource == true }), ("source loss", { $0.run?.hasSource == true }),
    ("of the loss", { $0.run?.doseChart() != nil }), ("pulled back", { $0.run?.doseChart() != nil }),
    ("agreement", { $0.run?.proxyChart() != nil }), ("KL divergence", { $0.run?.proxyChart() != nil }),
    ("checkpoint", { $0.run?.runs.contains { $0.watched != nil } == true }),
    ("step", { $0.run?.stepChart() != nil }), ("moved", { $0.run?.stepChart() != nil }),
    ("divergence", { $0.run?.gaugeChart() != nil || $0.run?.proxyChart() != nil }),
    ("seeds", { $0.run?.isOverSeeds == true }),
  ]

  private static func of(_ tabled: Tabled, _ holds: (DiagnosedLayer) -> Bool) -> Bool {
    tabled.diagnosis?.layers.contains(where: holds) == true
  }

  private static func validated(_ tabled: Tabled, _ holds: (EpochFinding.Validation) -> Bool) -> Bool {
    tabled.run?.runs.contains { $0.epochs.contains { $0.validation.map(holds) == true } } == true
  }

  private static var reports: [Tabled] {
    var validated = SampleFindings.plain
    validated.epochs = validated.epochs.map {
      var epoch = $0
      epoch.validation = .init(
        source: ScoredTask(0.9), proxy: ProxyAgreement(agreement: 0.9, divergence: 0, count: 9), target: ScoredTask(0.8)
      )
      return epoch
    }
    let seeds = (0..<3).map { seed in
      var run = SampleFindings.plain
      run.run = "seed \(seed)"
      run.configuration = [.init("seed", "\(seed)")]
      return run
    }
    let (plain, held) = (SampleFindings.plain, SampleFindings.held)
    return [
      [plain], [held], [plain, held], [SampleFindings.withoutSource], [SampleFindings.proxy], [validated], seeds,
      [GaugeReportTests.run()], [StepReportTests.run()], [RunSentenceTests.watched],
    ].flatMap { (runs: [RunFinding]) -> [Tabled] in
      let report = RunReport(runs: runs, title: "t")
      var tables = [report.summaryTable(), report.driftTable(), report.ckaTable(), report.differenceTable()]
      tables += runs.flatMap { [report.epochTable($0), report.configurationTable($0)] }
      if report.isOverSeeds { tables.append(report.seedTable()) }
      if report.proxyChart() != nil { tables.append(report.proxyTable()) }
      tables += runs.filter { $0.steps != nil }.map(report.stepTable)
      if report.gaugeChart() != nil { tables.append(report.gaugeTable()) }
      if report.doseChart() != nil { tables.append(report.doseTable()) }
      return tables.map { Tabled(table: $0, names: Set(runs.map(\.name)), run: report) }
    }
  }

  private static var diagnoses: [Tabled] {
    var worsened = SampleFindings.bareDiagnosis
    worsened.worsened = [
      WorsenedExample(index: 1, lossBefore: 0.1, lossAfter: 2, change: SampleFindings.valueChange)
    ]
    return [SampleFindings.diagnosis, worsened, SampleFindings.proxyDiagnosis].flatMap { finding in
      let page = DiagnosisPage(finding)
      let controls = finding.layers.first?.controls.named.map(\.name) ?? []
      return [
        page.layerTable(), page.layerTable(verdictFirst: true), page.controlTable(), page.measureTable(),
        page.classTable(), page.remedyTable(), page.worsenedTable() ?? TextTable([]),
      ].map { Tabled(table: $0, names: Set(controls), diagnosis: finding) }
    }
  }

  private static var measures: [Tabled] {
    let (drift, similarity, probes) = (SampleFindings.weights, SampleFindings.canonical, SampleFindings.probes)
    let alone = ProbeFinding(
      data: "d", control: ControlDraws([0.1]), layers: [.init(layer: "a", scores: [0.9], penalties: [])],
      models: ["one"], trainCount: 9, testCount: 9)
    let rewinds = SampleFindings.rewinds
    let (evaluation, prediction) = (SampleFindings.evaluation, SampleFindings.prediction(count: 1))
    return [drift.layerTable(), drift.tensorTable(), evaluation.classTable(), prediction.table()].map {
      Tabled(table: $0)
    }
      + [similarity.diagonalTable(), similarity.matrixTable()].map {
        Tabled(table: $0, names: Set(similarity.layersB + [similarity.measure.title]))
      }
      + [Tabled(table: strayed.strayTable() ?? TextTable([]))]
      + [Tabled(table: probes.table(), names: Set(probes.models)), Tabled(table: alone.table(), names: ["one"])]
      + rewinds.parts.map { Tabled(table: rewinds.table($0.order)) }
      + [SampleFindings.interpolation.table(), SampleFindings.prediction(count: 1).table()].map {
        Tabled(table: $0)
      }
  }

  /// A layer that is more like another than like itself.
  private static var strayed: LayerSimilarity {
    LayerSimilarity(
      estimator: "debiased", sampleCount: 9, data: "d", layersA: ["a", "b"], layersB: ["a", "b"],
      values: [[0.5, 0.9], [0.1, 0.8]], diagonal: [.init(layer: "a", value: 0.5), .init(layer: "b", value: 0.8)])
  }

  private static var experiments: [Tabled] {
    let (sequence, transfer) = (SampleFindings.sequence, SampleFindings.transfer)
    let (comparison, map) = (SampleFindings.transferComparison, SampleFindings.transferMap)
    var sweep = SampleFindings.sweep()
    let plain = Tabled(table: sweep.table())
    sweep.chosenBy = ChoiceBasis(.validation, choices: [.method])
    return [
      plain, Tabled(table: sweep.table(), isValidated: true), Tabled(table: transfer.table()),
      Tabled(table: sequence.table(), names: Set(sequence.tasks)), Tabled(table: sequence.measures()),
      Tabled(table: transfer.scoreTable(), names: Set(transfer.scores.map(\.name))),
      Tabled(table: transfer.trialTable()),
      Tabled(table: comparison.table(), names: Set(comparison.targets.map(\.target))),
      Tabled(table: map.caseTable() ?? TextTable([])),
    ]
      + map.rows.map { Tabled(table: map.table($0), names: Set(TransferStrategy.allCases.map(\.rawValue))) }
  }

  private static var comparisons: [Tabled] {
    SampleFindings.comparisonsOfPredictions.flatMap { finding in
      (finding.groups.isEmpty ? [] : [finding.groupTable()]) + (finding.further.isEmpty ? [] : [finding.furtherTable()])
        + [finding.confidenceTable()].compactMap { $0 }
    }.map { Tabled(table: $0, names: ["label"]) }
  }

  @Test func everyHeadStandsInTheTableAndStandsOnlyWhereItIsMeasured() throws {
    var table = try SentenceTable(["Heads of columns"], licences: Self.licences)
    for tabled in Self.reports + Self.diagnoses + Self.measures + Self.experiments + Self.comparisons {
      let heads = tabled.table.columns.map(\.title).filter { !$0.isEmpty && !tabled.names.contains($0) }
      table.check(heads, of: tabled)
    }
    table.finish()
  }
}
