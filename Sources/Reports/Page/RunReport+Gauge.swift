import Findings

extension RunReport {
  static let gaugeNote =
    "A gauge of forgetting that needs no data of the source: the head that the model came with is asked, at every epoch, about "
    + "the target's test inputs, whose labels do not count; mean divergence of its answers from those at epoch 0, with a 95 % "
    + "interval over the examples. It says how far the old function moved there, not what was forgotten."

  /// How far the answers of the head that each model came with moved; nil where no run has measured it.
  public func gaugeChart() -> LineChart? {
    let measured = gauged
    guard let unit = measured.lazy.flatMap(\.epochs).compactMap({ $0.gauge?.unitWords }).first else { return nil }
    let series = measured.map { run in
      LineChart.Series(
        name: runs.count > 1 ? run.name : "moved",
        points: run.epochs.compactMap { epoch in
          epoch.gauge.map { LineChart.Point(epoch: epoch.epoch, value: $0.value, low: $0.low, high: $0.high) }
        }, color: color(of: run))
    }
    let ends = measured.compactMap { run in
      run.after?.gauge.map { $0.words + (measured.count > 1 ? " in \(run.name)" : "") }
    }
    guard !ends.isEmpty else { return nil }
    let heads = listed(union([measured.compactMap(\.gaugedHead)]).map { "'\($0)'" })
    var chart = LineChart(
      title: "On the target's inputs, what the old head says moved by \(listed(ends))",
      subtitle: "head \(heads), mean divergence from its answers at epoch 0; band: 95 % interval",
      valueTitle: "divergence (\(unit))", decimals: 3, series: series)
    chart.startsAtZero = true
    return chart
  }

  /// A row for each epoch.
  func gaugeTable() -> TextTable {
    var table = TextTable([
      TextTable.Column("run"), .number("epoch"), .number("divergence"), .number("95 % interval"),
      .number("examples"),
    ])
    for run in gauged {
      for epoch in run.epochs {
        guard let gauge = epoch.gauge else { continue }
        table.append([
          run.name, String(epoch.epoch), gauge.text(gauge.value), gauge.interval, NumberText.grouped(gauge.count),
        ])
      }
    }
    return table
  }

  private var gauged: [RunFinding] { runs.filter { $0.epochs.contains { $0.gauge != nil } } }
}

extension OutputDivergence {
  /// `0.310 nats`, `0.310 nats a token`, `1.2` of numbers.
  public var words: String { unit == .nats ? "\(text(value)) \(unitWords)" : text(value) }

  /// `nats`, `nats a token`; of numbers the square of their unit.
  var unitWords: String {
    guard unit == .nats else { return "squared unit" }
    return "nats" + (places.map { " a \($0.hasSuffix("s") ? String($0.dropLast()) : $0)" } ?? "")
  }

  /// `0.280 to 0.340`.
  public var interval: String {
    low.isFinite && high.isFinite ? "\(text(low)) to \(text(high))" : NumberText.missing
  }

  func text(_ number: Double) -> String { unit == .nats ? NumberText.fixed(number, 3) : NumberText.significant(number) }
}
