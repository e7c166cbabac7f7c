extension DiagnosisReport {
  /// What is counted.
  private var quantity: String { isProxy ? "agreement with the original model on \(sourceTask)" : sourceTask }

  /// The finding in a sentence.
  public var verdict: String {
    let evidence =
      "\(NumberText.points(before)) → \(NumberText.percent(after)), interval "
      + "\(NumberText.interval(loss.low, loss.high, scale: 100)), "
      + "p \(NumberText.pValue(pValue).hasPrefix("<") ? "" : "= ")\(NumberText.pValue(pValue))"
    guard before > after, pValue < 0.05 else {
      return "Fine-tuning lost no more of \(quantity) than chance explains (\(evidence))."
    }
    return "Fine-tuning lost \(NumberText.points(before - after)) points of \(quantity) (\(evidence))."
  }

  /// What a proxy can and cannot say; nil where the source's own examples were there.
  public var proxyNote: String? {
    guard isProxy else { return nil }
    return "The source's own examples were not at hand. \(sourceTask) stands in for them: its labels do not count, and "
      + "every accuracy here is agreement with what the model said before fine-tuning. Where that was wrong, to change "
      + "was no loss, and what the source needs that this set lacks is not seen."
  }

  /// Why, in a line: `readout misaligned 19.4 · lost features 9.3`.
  public var why: String {
    causes.sorted { $0.loss.value > $1.loss.value }.map { "\($0.name) \(NumberText.points($0.loss.value))" }
      .joined(separator: " · ")
  }

  /// Where, in a line.
  public var place: String? {
    guard let worst = layers.filter({ $0.gain.low > 0 }).max(by: { $0.gain.value < $1.gain.value }) else { return nil }
    let cost = worst.cost.isFinite ? " and costs \(NumberText.points(worst.cost)) of the target" : ""
    return "restoring \(worst.name) alone regains \(NumberText.points(worst.gain.value)) points\(cost)"
  }

  public func layerTable() -> TextTable {
    let hasProbes = layers.contains { $0.probeDrop.isFinite }
    let hasTarget = layers.contains { $0.cost.isFinite }
    let predicts = layers.contains { $0.predictedLoss.isFinite }
    var table = TextTable(
      [.init("layer"), .number("drift")] + (predicts ? [.number("predicted loss")] : []) + [.number("CKA source")]
        + (hasTarget ? [.number("CKA target")] : []) + (hasProbes ? [.number("probe drop")] : [])
        + [.number("rewind gain"), .number("95 % interval")] + (hasTarget ? [.number("cost")] : []) + [.init("verdict")]
    )
    for layer in layers {
      var row = [layer.name, NumberText.significant(layer.drift)]
      if predicts { row.append(NumberText.significant(layer.predictedLoss)) }
      row.append(NumberText.fixed(layer.similarity.value, 2))
      if hasTarget { row.append(NumberText.fixed(layer.targetSimilarity.value, 2)) }
      if hasProbes { row.append(NumberText.points(layer.probeDrop)) }
      row += [
        NumberText.points(layer.gain.value), NumberText.interval(layer.gain.low, layer.gain.high, scale: 100),
      ]
      if hasTarget { row.append(NumberText.points(layer.cost)) }
      table.append(row + [layer.verdict])
    }
    return table
  }

  /// What CKA says of each layer, with its interval, beside what it says where the answer is known.
  public func controlTable() -> TextTable {
    var table = TextTable(
      [.init("layer"), .number("before, after"), .number("95 % interval"), .number("shuffled")]
        + controlNames.map { .number($0) })
    for layer in layers {
      let interval = NumberText.interval(layer.similarity.low, layer.similarity.high, decimals: 2)
      table.append(
        [layer.name, NumberText.fixed(layer.similarity.value, 2), interval, NumberText.fixed(layer.null, 2)]
          + layer.controls.map { NumberText.fixed($0, 2) })
    }
    return table
  }

  /// Every measure of forgetting.
  public func measureTable() -> TextTable {
    var table = TextTable([.init("measure"), .number("points")])
    table.append(["final: before minus after", NumberText.points(loss.value)])
    table.append(["its 95 % interval", NumberText.interval(loss.low, loss.high, scale: 100)])
    table.append(["McNemar's exact test, p", NumberText.pValue(pValue)])
    table.append(["went wrong, came right", "\(NumberText.grouped(lost)), \(NumberText.grouped(gained))"])
    for measure in measures { table.append([measure.name, NumberText.points(measure.value)]) }
    return table
  }

  /// What helps most, in a sentence.
  public var advice: String? {
    guard let best = triedRemedies.first else { return nil }
    let cost = best.cost.isFinite ? " and \(NumberText.points(max(0, best.cost))) of the target lost" : ""
    return "What helps most: \(best.action), \(NumberText.points(best.gain.value)) points regained\(cost)."
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
    guard let firstLayer, let firstLayerEpoch else { return "the loss is more than chance from epoch \(epoch) on" }
    return
      "the loss is more than chance from epoch \(epoch) on; \(firstLayer) changed first, in epoch \(firstLayerEpoch)"
  }

  /// Remedies that were measured, and those that are only proposed.
  public var triedRemedies: [Remedy] { remedies.filter { $0.gain.value.isFinite } }
  public var untriedRemedies: [Remedy] { remedies.filter { !$0.gain.value.isFinite } }

  public func remedyTable() -> TextTable {
    var table = TextTable([
      .number(""), .init("remedy"), .number("source"), .number("95 % interval"), .number("target"),
    ])
    for (number, remedy) in triedRemedies.enumerated() {
      table.append([
        "\(number + 1)", remedy.action, (remedy.gain.value > 0 ? "+" : "") + NumberText.points(remedy.gain.value),
        NumberText.interval(remedy.gain.low, remedy.gain.high, scale: 100), NumberText.points(-remedy.cost),
      ])
    }
    return table
  }
}
