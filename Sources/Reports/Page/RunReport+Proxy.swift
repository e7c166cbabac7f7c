import Findings

extension RunReport {
  /// What agreement is, and of what.
  var proxyNote: String {
    let places = measured.lazy.flatMap(\.epochs).compactMap { $0.proxy?.places }.first
    return Self.proxyNote
      + (places.map { " Both are over the \($0) of these examples that count, padding and what is left out aside." }
        ?? "")
  }

  static let proxyNote =
    "Where the source's data are not at hand, the model is asked what it makes of other examples, with the source's head, "
    + "at every epoch. Agreement: how often its likeliest class is the one it was at epoch 0. Divergence: mean KL(before ‖ now), "
    + "in nats. Neither is accuracy: it says how far the source's function moved on these examples, not whether it got worse."

  /// How far each model still agrees with itself before training; nil where no run has measured it.
  public func proxyChart() -> LineChart? {
    let series = measured.map { run in
      LineChart.Series(
        name: runs.count > 1 ? run.name : "agreement",
        points: run.epochs.compactMap { epoch in
          epoch.agreement.map { LineChart.Point(epoch: epoch.epoch, value: 100 * $0) }
        }, color: color(of: run))
    }
    let ends = measured.compactMap { run in
      run.after(\.agreement).map { NumberText.percent($0) + (measured.count > 1 ? " in \(run.name)" : "") }
    }
    guard !series.isEmpty, !ends.isEmpty else { return nil }
    let data = listed(union([measured.compactMap(\.proxyTask)]))
    let whole = measured.lazy.flatMap(\.epochs).compactMap { $0.proxy?.whole }.first ?? "proxy examples"
    return LineChart(
      title: "With the source's head, the model agrees with what it said before on \(listed(ends))",
      subtitle: "top-1 agreement on the \(whole) \(data), not accuracy; epoch 0 is before training",
      valueTitle: "agreement (%)", limits: 0...100, series: series)
  }

  /// A row for each epoch.
  func proxyTable() -> TextTable {
    var table = TextTable([TextTable.Column("run"), .number("epoch"), .number("agreement"), .number("KL divergence")])
    for run in measured {
      for epoch in run.epochs {
        table.append([
          run.name, String(epoch.epoch), NumberText.percent(epoch.agreement),
          NumberText.significant(epoch.proxy?.divergence),
        ])
      }
    }
    return table
  }

  private var measured: [RunFinding] { runs.filter { $0.epochs.contains { $0.agreement != nil } } }
}
