import Findings
import Foundation

extension RunReport {
  /// Relative weight drift by layer; nil where no run has it.
  public func driftChart() -> BarChart? {
    let drifting = runs.filter { !$0.driftLayers.isEmpty }
    guard !drifting.isEmpty else { return nil }
    let old = drifting.map { run in (run: run, rows: run.driftLayers.filter { !isNewHead($0, of: run) }) }
    let layers = union(old.map { $0.rows.map(\.layer) })
    let series = old.map { run, rows in
      BarChart.Series(
        name: run.name,
        values: layers.map { layer in rows.first { $0.layer == layer }.map { BarChart.Value($0.relative) } },
        color: color(of: run))
    }
    let most = old.flatMap { run, rows in rows.map { (run: run.name, row: $0) } }
      .filter(\.row.relative.isFinite).max { $0.row.relative < $1.row.relative }
    let largest = most?.row.relative ?? 1
    let title = most.map {
      "Weights moved most in \($0.row.layer): by \(NumberText.significant($0.row.relative)) of their norm"
        + (drifting.count > 1 ? " in \($0.run)" : "")
    }
    return BarChart(
      title: title ?? "Weight drift by layer",
      subtitle: "‖w − w⁰‖ / ‖w⁰‖ over all parameters of a layer, \(against(drifting)) against epoch 0"
        + (old.contains { $0.rows.count < $0.run.driftLayers.count } ? "; without heads that were drawn anew" : ""),
      valueTitle: "relative drift", decimals: largest >= 0.1 ? 2 : largest >= 0.01 ? 3 : 4, rows: layers,
      series: series
    ).folded("layers that moved most") { $0.max() }
  }

  /// Whether a layer is the trained task's head that was drawn just before: how far that moved says nothing of forgetting.
  private func isNewHead(_ row: LayerDrift, of run: RunFinding) -> Bool {
    row.task == run.targetTask && run.before?.targetHeadIsNew == true
  }

  /// CKA of each layer before and after; nil where no run has it.
  public func ckaChart() -> BarChart? {
    let compared = runs.compactMap { run in run.similarity.map { (name: run.name, color: color(of: run), record: $0) } }
    let layers = union(compared.map { $0.record.diagonal.map(\.layer) })
    guard !layers.isEmpty else { return nil }
    let series = compared.map { run in
      BarChart.Series(
        name: run.name,
        values: layers.map { layer in
          run.record.diagonal.first { $0.layer == layer }.map {
            BarChart.Value($0.value, low: $0.low, high: $0.high, isDoubtful: $0.isLowSignal)
          }
        }, color: run.color)
    }
    let all = compared.flatMap { run in run.record.diagonal.map { (run: run.name, row: $0) } }
    let least = all.filter(\.row.value.isFinite).min { $0.row.value < $1.row.value }
    let title = least.map {
      "CKA before and after is lowest in \($0.row.layer): \(NumberText.fixed($0.row.value, 2))"
        + (compared.count > 1 ? " in \($0.run)" : "")
    }
    let intervals = all.contains { $0.row.low.isFinite } ? "; whisker: 95 % interval" : ""
    let doubtful = all.contains(where: \.row.isLowSignal) ? "; † features within noise" : ""
    var chart = BarChart(
      title: title ?? "CKA by layer", subtitle: made(compared.map(\.record)) + intervals + doubtful,
      valueTitle: "CKA before and after (1: unchanged)", rows: layers, series: series)
    chart.extent = 0...1
    return chart.folded("layers whose CKA is lowest") { $0.min().map { -$0 } }
  }

  /// The layer-by-layer CKA matrix of each run that has one.
  public func heatMaps() -> [(run: String, chart: HeatMap)] {
    runs.compactMap { run in
      guard let cka = run.similarity, !cka.values.isEmpty, cka.values.count == cka.layersA.count,
        cka.values.allSatisfy({ $0.count == cka.layersB.count })
      else { return nil }
      let finding = cka.matrixWords
      return (
        run.name,
        HeatMap(
          title: runs.count > 1 ? "\(run.name): \(finding)" : finding.prefix(1).uppercased() + finding.dropFirst(),
          subtitle: made([cka]) + "; each layer before against each after", rowTitle: "before", columnTitle: "after",
          rows: cka.layersA, columns: cka.layersB, values: cka.values)
      )
    }
  }

  /// The epochs that runs stand for: `epoch 2`, or `epoch 2 of plain and epoch 4 of held`.
  private func against(_ runs: [RunFinding]) -> String {
    let epochs = Set(runs.map(\.chosenEpoch))
    return epochs.count == 1
      ? "epoch \(epochs.first ?? 0)" : listed(runs.map { "epoch \($0.chosenEpoch) of \($0.name)" })
  }

  private func made(_ records: [LayerSimilarity]) -> String {
    listed(
      union([
        records.map { record in
          "\(record.estimator), \(NumberText.grouped(record.sampleCount)) examples of \(record.data)\(record.poolWords)"
            + (record.epoch.map { " (epoch \($0) against epoch 0)" } ?? "")
        }
      ]))
  }
}
