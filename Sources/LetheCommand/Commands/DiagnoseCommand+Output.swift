import Findings
import Reports

extension DiagnoseCommand {
  func show(_ report: DiagnosisReport, _ page: String?) {
    Console.result(report.verdict)
    if let note = report.proxyNote { Console.result(note) }
    Console.result("Why   \(report.why)")
    if let place = report.place { Console.result("Where \(place)") }
    if let moment = report.moment { Console.result("When  \(moment)") }
    Console.result("")
    Console.table(report.layerTable())
    let tried = report.triedRemedies
    if !report.remedies.isEmpty {
      Console.result("\nWhat helps, in points of accuracy on examples that had no part in choosing it")
      if !tried.isEmpty { Console.table(report.remedyTable()) }
      for remedy in report.untriedRemedies { Console.result("or    \(remedy.command)") }
      if let first = tried.first { Console.result("next: \(first.command)") }
    }
    if let page { Console.result("report: \(page)") }
  }

  func json(_ report: DiagnosisReport) -> JSONValue {
    let forgetting: [(String, JSONValue)] = [
      ("final", .double(report.loss.value)), ("low", .double(report.loss.low)), ("high", .double(report.loss.high)),
      ("pairedPValue", .double(report.pValue)), ("lost", .int(report.lost)), ("gained", .int(report.gained)),
      ("sourceCount", .int(report.count)), ("before", .double(report.before)), ("after", .double(report.after)),
      ("isAgreement", .bool(report.isProxy)), ("measures", figures(report.measures)),
    ]
    return [
      "forgetting": .object(forgetting),
      "waterfall": .array(
        report.causes.map {
          [
            "cause": .string($0.name), "points": .double(100 * $0.loss.value), "low": .double(100 * $0.loss.low),
            "high": .double(100 * $0.loss.high),
          ]
        }), "layers": .array(report.layers.map { layer($0, report.controlNames) }),
      "probeControls": figures(report.probeControls),
      "classes": .array(
        report.classes.map {
          [
            "class": .string($0.name), "count": .int($0.count), "before": .double($0.before),
            "after": .double($0.after), "lost": .int($0.lost), "gained": .int($0.gained),
          ]
        }),
      "examples": .array(
        report.examples.map {
          [
            "index": .int($0.index), "class": .string($0.label), "before": .string($0.before),
            "after": .string($0.after), "probabilityBefore": .double($0.confidenceBefore),
            "probabilityAfter": .double($0.confidenceAfter),
          ]
        }),
      "epochs": .array(
        report.history.map { epoch in
          [
            "epoch": .int(epoch.epoch), "drift": .array(epoch.drift.map { .double($0) }),
            "cka": .array(epoch.similarity.map { .double($0) }),
            "probeDrop": .array(epoch.probeDrop.map { .double($0) }),
          ]
        }),
      "firstLayer": report.firstLayer.map { .string($0) } ?? .null,
      "firstSignificantEpoch": report.firstSignificantEpoch.map { .int($0) } ?? .null,
      "correlations": figures(report.correlations),
      "remedies": .array(
        report.remedies.map {
          [
            "action": .string($0.action), "command": .string($0.command), "sourceGain": .double($0.gain.value),
            "low": .double($0.gain.low), "high": .double($0.gain.high), "targetCost": .double($0.cost),
          ]
        }),
    ]
  }

  private func layer(_ layer: DiagnosisReport.Layer, _ controls: [String]) -> JSONValue {
    [
      "layer": .string(layer.name), "drift": .double(layer.drift), "predictedLoss": .double(layer.predictedLoss),
      "cka": .double(layer.similarity.value), "ckaLow": .double(layer.similarity.low),
      "ckaHigh": .double(layer.similarity.high), "null": .double(layer.null),
      "ckaTarget": .double(layer.targetSimilarity.value), "ckaTargetLow": .double(layer.targetSimilarity.low),
      "ckaTargetHigh": .double(layer.targetSimilarity.high),
      "controls": .object(zip(controls, layer.controls).map { ($0, .double($1)) }),
      "probeDrop": .double(layer.probeDrop), "rewindGain": .double(layer.gain.value),
      "rewindLow": .double(layer.gain.low), "rewindHigh": .double(layer.gain.high), "rewindCost": .double(layer.cost),
      "verdict": .string(layer.verdict),
    ]
  }

  private func figures(_ figures: [DiagnosisReport.Figure]) -> JSONValue {
    .object(figures.map { ($0.name, .double($0.value)) })
  }
}
