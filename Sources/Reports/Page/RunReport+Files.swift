import Findings

extension RunReport {
  /// Every chart as an SVG file that stands alone; names of runs stand in the files' as they are.
  public func svgs() -> [(fileName: String, content: String)] {
    var files: [(fileName: String, content: String)] = []
    let charts = scoreCharts()
    for (index, chart) in charts.enumerated() where !runs.isEmpty {
      let own = (sourceMeasure ?? targetMeasure ?? .accuracy).name
      let name = charts.count == 1 ? own : index == 0 ? "\(own)-source" : "\((targetMeasure ?? .accuracy).name)-target"
      files.append(("\(name).svg", chart.svg()))
    }
    if let chart = stepChart() { files.append(("steps.svg", chart.svg())) }
    if let chart = proxyChart() { files.append(("proxy.svg", chart.svg())) }
    if let chart = gaugeChart() { files.append(("gauge.svg", chart.svg())) }
    if let chart = confidenceChart() { files.append(("confidence.svg", chart.svg())) }
    if let chart = doseChart() { files.append(("dose.svg", chart.svg())) }
    if let chart = driftChart() { files.append(("drift.svg", chart.svg())) }
    if let chart = ckaChart() { files.append(("cka.svg", chart.svg())) }
    for map in heatMaps() {
      files.append((runs.count == 1 ? "cka-matrix.svg" : "cka-matrix-\(map.run).svg", map.chart.svg()))
    }
    return files
  }

  /// Every number behind the charts, one file a kind, with the run in the first column.
  public func csvs() -> [(fileName: String, content: String)] {
    let number = CommaSeparatedValues.number
    func column(_ score: Score?) -> String { runs.isEmpty ? Score.accuracy.name : score?.name ?? "score" }
    let (source, target) = (hasSource ? column(sourceMeasure) : Score.accuracy.name, column(targetMeasure))
    var metrics = CommaSeparatedValues(header: [
      "run", "epoch", "source_\(source)", "source_loss", "target_\(target)", "target_loss", "proxy_agreement",
      "proxy_divergence", "training_loss", "learning_rate", "penalty", "seconds", "source_validation_\(source)",
      "target_validation_\(target)", "proxy_validation_agreement", "gauge_divergence", "gauge_low", "gauge_high",
      "source_negative_log_likelihood", "source_calibration_error", "source_brier_score",
      "target_negative_log_likelihood", "target_calibration_error", "target_brier_score",
    ])
    var summary = CommaSeparatedValues(header: [
      "run", "source_task", "target_task", "source_before", "source_after", "target_before", "target_after",
      "forgetting", "low", "high", "max_minus_final", "worst", "relative", "area", "p_value", "lost", "gained",
      "source_count",
    ])
    var drift = CommaSeparatedValues(header: ["run", "layer", "relative", "l2", "cosine", "max_absolute"])
    var cka = CommaSeparatedValues(header: [
      "run", "layer", "cka", "low", "high", "low_signal", "estimator", "sample_count", "data",
    ])
    var matrix = CommaSeparatedValues(header: ["run", "layer_a", "layer_b", "cka"])
    for run in runs {
      for epoch in run.epochs {
        metrics.append(
          [run.name, String(epoch.epoch)]
            + [
              epoch.sourceScore, epoch.source?.loss, epoch.targetScore, epoch.target?.loss,
              epoch.agreement, epoch.proxy?.divergence, epoch.trainingLoss, epoch.learningRate, epoch.penalty,
              epoch.seconds, epoch.validation?.source?.value, epoch.validation?.target?.value,
              epoch.validation?.proxy?.agreement, epoch.gauge?.value, epoch.gauge?.low, epoch.gauge?.high,
              epoch.source?.confidence?.negativeLogLikelihood, epoch.source?.confidence?.calibrationError,
              epoch.source?.confidence?.brierScore, epoch.target?.confidence?.negativeLogLikelihood,
              epoch.target?.confidence?.calibrationError, epoch.target?.confidence?.brierScore,
            ].map(number))
      }
      let forgetting = run.forgetting
      summary.append(
        [run.name, run.sourceTask ?? "", run.targetTask]
          + [
            run.before(\.sourceScore), run.after(\.sourceScore), run.before(\.targetScore),
            run.after(\.targetScore), forgetting?.final, forgetting?.low, forgetting?.high,
            forgetting?.maxMinusFinal, forgetting?.worst, forgetting?.relative, forgetting?.area,
            forgetting?.pairedPValue,
          ].map(number)
          + [forgetting?.lost, forgetting?.gained, forgetting?.sourceCount].map { $0.map(String.init) ?? "" })
      for row in run.driftLayers {
        drift.append([run.name, row.layer] + [row.relative, row.l2, row.cosine, row.maxAbsolute].map(number))
      }
      guard let record = run.similarity else { continue }
      for row in record.diagonal {
        cka.append(
          [run.name, row.layer] + [row.value, row.low, row.high].map(number)
            + [row.isLowSignal ? "true" : "false", record.estimator, String(record.sampleCount), record.data])
      }
      for (layer, values) in zip(record.layersA, record.values) {
        for (other, value) in zip(record.layersB, values) { matrix.append([run.name, layer, other, number(value)]) }
      }
    }
    var files = [("summary.csv", summary.text), ("metrics.csv", metrics.text)]
    if let steps = stepFile() { files.append(("steps.csv", steps)) }
    if let dose = doseFile() { files.append(("dose.csv", dose)) }
    if runs.contains(where: { !$0.driftLayers.isEmpty }) { files.append(("drift.csv", drift.text)) }
    if runs.contains(where: { $0.similarity != nil }) {
      files += [("cka.csv", cka.text), ("cka-matrix.csv", matrix.text)]
    }
    return files.map { (fileName: $0.0, content: $0.1) }
  }
}
