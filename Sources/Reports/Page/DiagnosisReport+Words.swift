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

  /// What helps most, in a sentence.
  public var advice: String? {
    guard let best = remedies.first(where: { $0.gain.isFinite }) else { return nil }
    let cost = best.cost.isFinite ? " and \(NumberText.points(max(0, best.cost))) of the target lost" : ""
    return "What helps most: \(best.action), \(NumberText.points(best.gain)) points regained\(cost)."
  }

  public func classTable() -> TextTable {
    var table = TextTable([
      .init("class"), .number("examples"), .number("before"), .number("after"), .number("went wrong"),
      .number("came right"),
    ])
    for entry in classes.sorted(by: { $0.before - $0.after > $1.before - $1.after }) {
      table.append([
        entry.name, NumberText.grouped(entry.count), NumberText.percent(entry.before), NumberText.percent(entry.after),
        NumberText.grouped(entry.lost), NumberText.grouped(entry.gained),
      ])
    }
    return table
  }

  /// When, in a line.
  public var moment: String? {
    guard let epoch = firstSignificantEpoch else { return nil }
    let first = history.compactMap { entry in entry.drift.first.map { (entry.layer, $0.value) } }
      .max { $0.1 < $1.1 }
    return "the loss is more than chance from epoch \(epoch) on"
      + (first.map { "; \($0.0) moved furthest in the first epoch" } ?? "")
  }

  public func remedyTable() -> TextTable {
    var table = TextTable([
      .number(""), .init("remedy"), .number("source"), .number("95 % interval"), .number("target"),
    ])
    for (number, remedy) in remedies.enumerated() {
      table.append([
        "\(number + 1)", remedy.action, (remedy.gain > 0 ? "+" : "") + NumberText.points(remedy.gain),
        NumberText.interval(remedy.low, remedy.high, scale: 100), NumberText.points(-remedy.cost),
      ])
    }
    return table
  }
}
