extension DiagnosisReport {
  public func waterfallChart() -> BarChart {
    let top = causes.max { $0.loss < $1.loss }
    return BarChart(
      title: top.map { "Most of it: \($0.name), \(NumberText.points($0.loss)) points" } ?? "Nothing was measured",
      subtitle: "points of source accuracy, taken apart "
        + (isAveragedOverOrders
          ? "by statistics measured anew and the head fitted anew, averaged over both orders, and what is still missing"
          : "in this order: statistics measured anew, then the head fitted anew, then what is still missing")
        + "; paired bootstrap intervals over \(NumberText.grouped(count)) examples",
      valueTitle: "points lost", decimals: 1, rows: causes.map(\.name),
      series: [
        .init(
          name: "lost", values: causes.map { .init(100 * $0.loss, low: 100 * $0.low, high: 100 * $0.high) })
      ])
  }

  public func rewindChart() -> BarChart {
    let hasTarget = layers.contains { $0.cost.isFinite }
    var series = [
      BarChart.Series(
        name: "source regained",
        values: layers.map { .init(100 * $0.gain, low: 100 * $0.gainLow, high: 100 * $0.gainHigh) })
    ]
    if hasTarget { series.append(.init(name: "target lost", values: layers.map { .init(100 * $0.cost) })) }
    return BarChart(
      title: place.map { $0.prefix(1).uppercased() + $0.dropFirst() } ?? "No layer alone regains what was lost",
      subtitle: "points of accuracy when one layer alone is put back to what it was before", valueTitle: "points",
      decimals: 1, rows: layers.map(\.name), series: series)
  }

  public func html() -> String {
    var sections = [
      (advice.map { "<p>\(escapedMarkup($0))</p>" } ?? ""),
      PageElements.section(
        "Why",
        PageElements.figure(waterfallChart(), width: 720)
          + causes.filter { $0.loss > 0 && !$0.remedy.isEmpty }.map {
            PageElements.paragraph("\($0.name): \($0.remedy)")
          }.joined()),
      PageElements.section(
        "Where",
        PageElements.table(layerTable(), marksRows: true) + PageElements.paragraph(explanation)
          + PageElements.figure(rewindChart(), width: 720)),
    ]
    if let chart = historyChart() {
      sections.append(PageElements.section("When", PageElements.figure(chart, width: 720)))
    }
    if !classes.isEmpty {
      sections.append(PageElements.section("Which classes", PageElements.table(classTable(), marksRows: true)))
    }
    if !remedies.isEmpty {
      let tried = remedies.filter { $0.gain.isFinite }
      let note =
        "Points of accuracy on test examples that had no part in choosing how far or which layers to go back."
        + (tried.first.map { " To write what number 1 gives: \($0.command)" } ?? "")
      let others = remedies.filter { !$0.gain.isFinite }.map {
        PageElements.paragraph($0.action + ":")
          + "<div class=\"scroll\"><pre><code>\(escapedMarkup($0.command))</code></pre></div>"
      }
      var shown = self
      shown.remedies = tried
      sections.insert(
        PageElements.section(
          "What helps",
          (tried.isEmpty ? "" : PageElements.table(shown.remedyTable()) + PageElements.paragraph(note))
            + others.joined()),
        at: 3)
    }
    return PageElements.document(
      title: title, headline: verdict, sections: sections, footer: "Made by Lethe: <code>lethe diagnose</code>.")
  }

  /// The layers that moved furthest, by epoch.
  public func historyChart() -> LineChart? {
    let furthest = history.sorted { ($0.drift.last?.value ?? 0) > ($1.drift.last?.value ?? 0) }.prefix(6)
    guard furthest.contains(where: { $0.drift.count > 1 }) else { return nil }
    return LineChart(
      title: moment.map { $0.prefix(1).uppercased() + $0.dropFirst() } ?? "No epoch lost more than chance explains",
      subtitle: "relative drift from epoch 0, of the \(furthest.count) layers that moved furthest",
      valueTitle: "‖after − before‖ / ‖before‖", decimals: 2,
      series: furthest.map { entry in
        LineChart.Series(
          name: entry.layer,
          points: [.init(epoch: 0, value: 0)] + entry.drift.map { .init(epoch: $0.epoch, value: $0.value) })
      })
  }

  private var explanation: String {
    let related = correlations.filter { $0.value.isFinite }
      .map { "\($0.measure) \(NumberText.fixed($0.value, 2))" }.joined(separator: ", ")
    let control =
      probeControl.isFinite ? " A probe fitted to permuted labels reaches \(NumberText.percent(probeControl))." : ""
    return "Drift: ‖after − before‖ / ‖before‖. CKA: debiased, before against after on source examples; shuffled: what "
      + "unrelated examples give. Probe drop: points that a linear classifier fitted anew on the layer lost. Rewind: "
      + "points of source accuracy regained, and of target accuracy lost, when the layer alone is put back."
      + (related.isEmpty ? "" : " Rank correlation with what rewinding regains: \(related).") + control
  }
}
