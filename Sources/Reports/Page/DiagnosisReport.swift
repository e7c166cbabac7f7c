/// The report of a diagnosis: how much was lost, why, where, and what to do.
public struct DiagnosisReport: Sendable {
  public struct Cause: Sendable {
    public var name: String
    /// Accuracy lost to it, a fraction, with its interval.
    public var loss: Double
    public var low: Double
    public var high: Double
    /// What gets it back.
    public var remedy: String

    public init(name: String, loss: Double, low: Double, high: Double, remedy: String) {
      self.name = name
      self.loss = loss
      self.low = low
      self.high = high
      self.remedy = remedy
    }
  }

  /// Fractions but for drift and similarity.
  public struct Layer: Sendable {
    public var name: String
    public var drift: Double
    public var similarity: Double
    public var null: Double
    public var probeDrop: Double
    public var gain: Double
    public var gainLow: Double
    public var gainHigh: Double
    public var cost: Double
    public var verdict: String

    public init(
      name: String, drift: Double, similarity: Double, null: Double, probeDrop: Double, gain: Double, gainLow: Double,
      gainHigh: Double, cost: Double, verdict: String
    ) {
      self.name = name
      self.drift = drift
      self.similarity = similarity
      self.null = null
      self.probeDrop = probeDrop
      self.gain = gain
      self.gainLow = gainLow
      self.gainHigh = gainHigh
      self.cost = cost
      self.verdict = verdict
    }
  }

  public struct Remedy: Sendable {
    public var action: String
    public var gain: Double
    public var low: Double
    public var high: Double
    public var cost: Double
    public var command: String

    public init(action: String, gain: Double, low: Double, high: Double, cost: Double, command: String) {
      self.action = action
      self.gain = gain
      self.low = low
      self.high = high
      self.cost = cost
      self.command = command
    }
  }

  public var title: String
  public var sourceTask: String
  public var before: Double
  public var after: Double
  public var low: Double
  public var high: Double
  public var pValue: Double
  public var count: Int
  public var lost: Int
  public var gained: Int
  public var causes: [Cause]
  public var layers: [Layer]
  public var correlations: [(measure: String, value: Double)]
  /// Accuracy of a probe fitted to permuted labels; NaN where none was.
  public var probeControl: Double
  public var remedies: [Remedy]

  public init(
    title: String, sourceTask: String, before: Double, after: Double, low: Double, high: Double, pValue: Double,
    count: Int, lost: Int, gained: Int, causes: [Cause], layers: [Layer],
    correlations: [(measure: String, value: Double)], probeControl: Double, remedies: [Remedy]
  ) {
    self.title = title
    self.sourceTask = sourceTask
    self.before = before
    self.after = after
    self.low = low
    self.high = high
    self.pValue = pValue
    self.count = count
    self.lost = lost
    self.gained = gained
    self.causes = causes
    self.layers = layers
    self.correlations = correlations
    self.probeControl = probeControl
    self.remedies = remedies
  }
}

// MARK: - Words

extension DiagnosisReport {
  /// The finding in a sentence.
  public var verdict: String {
    let evidence =
      "\(NumberText.points(before)) → \(NumberText.percent(after)), interval \(NumberText.interval(low, high, scale: 100)), "
      + "p \(NumberText.pValue(pValue).hasPrefix("<") ? "" : "= ")\(NumberText.pValue(pValue))"
    guard before > after, pValue < 0.05 else {
      return "Fine-tuning lost no more of \(sourceTask) than chance explains (\(evidence))."
    }
    return "Fine-tuning lost \(NumberText.points(before - after)) points of \(sourceTask) (\(evidence))."
  }

  /// Why, in a line: `readout misaligned 19.4 · lost features 9.3`.
  public var why: String {
    causes.sorted { $0.loss > $1.loss }.map { "\($0.name) \(NumberText.points($0.loss))" }.joined(separator: " · ")
  }

  /// Where, in a line.
  public var place: String? {
    guard let worst = layers.filter({ $0.gainLow > 0 }).max(by: { $0.gain < $1.gain }) else { return nil }
    let cost = worst.cost.isFinite ? " and costs \(NumberText.points(worst.cost)) of the target" : ""
    return "restoring \(worst.name) alone regains \(NumberText.points(worst.gain)) points\(cost)"
  }

  public func layerTable() -> TextTable {
    let hasProbes = layers.contains { $0.probeDrop.isFinite }
    let hasTarget = layers.contains { $0.cost.isFinite }
    var table = TextTable(
      [.init("layer"), .number("drift"), .number("CKA source"), .number("shuffled")]
        + (hasProbes ? [.number("probe drop")] : []) + [.number("rewind gain"), .number("95 % interval")]
        + (hasTarget ? [.number("cost")] : []) + [.init("verdict")])
    for layer in layers {
      var row = [layer.name, NumberText.significant(layer.drift)]
      row += [layer.similarity, layer.null].map { NumberText.fixed($0, 2) }
      if hasProbes { row.append(NumberText.points(layer.probeDrop)) }
      row += [NumberText.points(layer.gain), NumberText.interval(layer.gainLow, layer.gainHigh, scale: 100)]
      if hasTarget { row.append(NumberText.points(layer.cost)) }
      table.append(row + [layer.verdict])
    }
    return table
  }

  public func remedyTable() -> TextTable {
    var table = TextTable([
      .number(""), .init("remedy"), .number("source"), .number("95 % interval"), .number("target"),
    ])
    for (number, remedy) in remedies.enumerated() {
      table.append([
        "\(number + 1)", remedy.action, "+" + NumberText.points(remedy.gain),
        NumberText.interval(remedy.low, remedy.high, scale: 100), NumberText.points(-remedy.cost),
      ])
    }
    return table
  }
}

// MARK: - The page

extension DiagnosisReport {
  public func waterfallChart() -> BarChart {
    let top = causes.max { $0.loss < $1.loss }
    return BarChart(
      title: top.map { "Most of it: \($0.name), \(NumberText.points($0.loss)) points" } ?? "Nothing was measured",
      subtitle: "points of source accuracy, taken apart in this order: statistics measured anew, then the head fitted "
        + "anew, then what is still missing; paired bootstrap intervals over \(NumberText.grouped(count)) examples",
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
    if !remedies.isEmpty {
      let commands = remedies.filter { !$0.command.isEmpty }.map {
        "<p class=\"note\">\(escapedMarkup($0.action))</p><div class=\"scroll\"><pre><code>"
          + "\(escapedMarkup($0.command))</code></pre></div>"
      }
      sections.append(
        PageElements.section(
          "What helps",
          PageElements.table(remedyTable())
            + PageElements.paragraph(
              "Points of accuracy on test examples that had no part in choosing how far or which layers to go back.")
            + commands.joined()))
    }
    return PageElements.document(
      title: title, headline: verdict, sections: sections, footer: "Made by Lethe: <code>lethe diagnose</code>.")
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
