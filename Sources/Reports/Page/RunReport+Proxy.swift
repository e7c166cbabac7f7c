import Findings

extension RunReport {
  /// What agreement and divergence are, and of what.
  var proxyNote: String {
    guard let proxy = measured.lazy.flatMap(\.epochs).compactMap(\.proxy).first else { return "" }
    let asked =
      "Where the source's data are not at hand, the model is asked what it makes of other examples, with the source's head, "
      + "at every epoch. "
    let limit = "it says how far the source's function moved on these examples, not whether it got worse."
    if proxy.unit == .squares {
      return asked
        + "Divergence: mean squared difference from what it said at epoch 0, in the square of the numbers' unit. That is no error: "
        + limit
    }
    if proxy.places == JointHead.labels {
      return asked
        + "Agreement: of how many of the examples' labels it says yes or no as at epoch 0. Divergence: mean KL(before ‖ now) of "
        + "each label's yes and no, in nats. Neither is accuracy: " + limit
    }
    return asked
      + "Agreement: how often its likeliest class is the one it was at epoch 0. Divergence: mean KL(before ‖ now), "
      + "in nats. Neither is accuracy: " + limit
      + (proxy.places.map {
        " Both are over the \($0) of these examples that count, padding and what is left out aside."
      }
        ?? "")
  }

  /// How far each model still agrees with itself before training, or how far its numbers moved; nil where no run has
  /// measured it.
  public func proxyChart() -> LineChart? {
    let agreements = measured.filter { $0.epochs.contains { $0.agreement != nil } }
    guard !agreements.isEmpty else { return movedChart() }
    let series = agreements.map { run in
      LineChart.Series(
        name: runs.count > 1 ? run.name : "agreement",
        points: run.epochs.compactMap { epoch in
          epoch.agreement.map { LineChart.Point(epoch: epoch.epoch, value: 100 * $0) }
        }, color: color(of: run))
    }
    let ends = agreements.compactMap { run in
      run.after(\.agreement).map { NumberText.percent($0) + (agreements.count > 1 ? " in \(run.name)" : "") }
    }
    guard !ends.isEmpty else { return nil }
    let data = listed(union([agreements.compactMap(\.proxyTask)]))
    let proxy = agreements.lazy.flatMap(\.epochs).compactMap(\.proxy).first
    let what = proxy?.places == JointHead.labels ? "agreement of yes and no" : "top-1 agreement"
    return LineChart(
      title: "With the source's head, the model agrees with what it said before on \(listed(ends))",
      subtitle: "\(what) on the \(proxy?.whole ?? "proxy examples") \(data), not accuracy; epoch 0 is before training",
      valueTitle: "agreement (%)", limits: 0...100, series: series)
  }

  /// How far numbers moved, which do not agree or disagree.
  private func movedChart() -> LineChart? {
    let series = measured.map { run in
      LineChart.Series(
        name: runs.count > 1 ? run.name : "moved",
        points: run.epochs.compactMap { epoch in
          epoch.proxy.map { LineChart.Point(epoch: epoch.epoch, value: $0.divergence) }
        }, color: color(of: run))
    }
    let ends = measured.compactMap { run in
      run.after?.proxy.map { $0.moved.words + (measured.count > 1 ? " in \(run.name)" : "") }
    }
    guard let unit = measured.lazy.flatMap(\.epochs).compactMap({ $0.proxy?.moved.unitWords }).first, !ends.isEmpty
    else { return nil }
    var chart = LineChart(
      title: "With the source's head, what the model says moved by \(listed(ends))",
      subtitle:
        "mean squared difference on the proxy examples \(listed(union([measured.compactMap(\.proxyTask)]))) from epoch 0, "
        + "not an error",
      valueTitle: "divergence (\(unit))", decimals: 3, series: series)
    chart.startsAtZero = true
    return chart
  }

  /// A row for each epoch.
  func proxyTable() -> TextTable {
    let areNumbers = measured.contains { $0.epochs.contains { $0.proxy?.unit == .squares } }
    var table = TextTable([
      TextTable.Column("run"), .number("epoch"), .number("agreement"),
      .number(areNumbers ? "divergence" : "KL divergence"),
    ])
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

  private var measured: [RunFinding] { runs.filter { $0.epochs.contains { $0.proxy != nil } } }
}
