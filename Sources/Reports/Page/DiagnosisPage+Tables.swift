import Findings

extension DiagnosisPage {
  /// A row a layer, with all its measures; the layers whose return regains most matter most.
  ///
  /// - Parameter verdictFirst: whether the verdict stands beside the name, where a small screen shows it.
  public func layerTable(verdictFirst: Bool = false) -> TextTable {
    let layers = finding.layers
    let hasProbes = layers.contains { $0.probeDrop.value.isFinite }
    let boundsProbes = layers.contains { $0.probeDrop.low.isFinite }
    let hasTarget = layers.contains { $0.cost.value.isFinite }
    let predicts = layers.contains { $0.predictedLoss.value.isFinite }
    // A page has room for it.
    let boundsPredictions = verdictFirst && layers.contains { $0.predictedLoss.low.isFinite }
    var table = TextTable(
      [.init("layer")] + (verdictFirst ? [.init("verdict")] : []) + [.number("drift")]
        + (predicts ? [.number("predicted loss", rank: 3)] : [])
        + (boundsPredictions ? [.number("predicted, 95 %", rank: 3)] : []) + [.number("CKA source")]
        + (hasTarget ? [.number("CKA target", rank: 2)] : [])
        + (hasProbes
          ? [.number("probe drop", rank: 1)] + (boundsProbes ? [.number("drop, 95 %", rank: 1)] : []) : [])
        + [.number("rewind gain"), .number("95 % interval")] + (hasTarget ? [.number("cost")] : [])
        + (verdictFirst ? [] : [.init("verdict")]))
    for layer in layers {
      let verdict = [layer.verdict.rawValue]
      var row = [layer.layer] + (verdictFirst ? verdict : []) + [NumberText.significant(layer.drift)]
      if predicts { row.append(NumberText.significant(layer.predictedLoss.value)) }
      if boundsPredictions {
        let ends = [layer.predictedLoss.low, layer.predictedLoss.high]
        row.append(
          ends.allSatisfy(\.isFinite)
            ? ends.map { NumberText.significant($0) }.joined(separator: " to ") : NumberText.missing)
      }
      row.append(NumberText.fixed(layer.similarity.value, 2))
      if hasTarget { row.append(NumberText.fixed(layer.targetSimilarity.value, 2)) }
      if hasProbes { row.append(score.bare(layer.probeDrop.value)) }
      if boundsProbes { row.append(score.interval(layer.probeDrop.low, layer.probeDrop.high)) }
      row += [
        score.bare(layer.gain.value), score.interval(layer.gain.low, layer.gain.high),
      ]
      if hasTarget { row.append(targetScore.bare(layer.cost.value)) }
      table.append(row + (verdictFirst ? [] : verdict), weight: layer.gain.value)
    }
    return table
  }

  /// What CKA says of each layer, with its interval, beside what it says where the answer is known.
  public func controlTable() -> TextTable {
    var table = TextTable(
      [.init("layer"), .number("before, after"), .number("95 % interval"), .number("shuffled")]
        + (finding.layers.first?.controls.named ?? []).map { .number($0.name) })
    for layer in finding.layers {
      let interval = NumberText.interval(layer.similarity.low, layer.similarity.high, decimals: 2)
      table.append(
        [layer.layer, NumberText.fixed(layer.similarity.value, 2), interval, NumberText.fixed(layer.null, 2)]
          + layer.controls.named.map { NumberText.fixed($0.value, 2) }, weight: -layer.similarity.value)
    }
    return table
  }

  /// Every measure of forgetting.
  public func measureTable() -> TextTable {
    let amount = finding.forgetting
    var table = TextTable([.init("measure"), .number("value")])
    let isCounted = score == .accuracy || (amount.isAgreement && amount.forgetting.places == nil)
    let final = score.direction == .up ? "final: before minus after" : "final: after minus before"
    table.append([final, score.amount(amount.loss.value)])
    table.append([
      "its 95 % interval", "\(score.interval(amount.loss.low, amount.loss.high)) \(score.chartTitle)",
    ])
    table.append([
      isCounted ? "McNemar's exact test" : "permutation test by examples", NumberText.probability(amount.pairedPValue),
    ])
    table.append([isCounted ? "went wrong" : "got worse", NumberText.plural(amount.lost, "example")])
    table.append([isCounted ? "came right" : "got better", NumberText.plural(amount.gained, "example")])
    for measure in amount.measures {
      let value = measure.isShare ? NumberText.percent(measure.value) : score.amount(measure.value)
      table.append([measure.name, value])
    }
    return table
  }

  /// A row a class, those that lost most first.
  public func classTable() -> TextTable {
    var table = TextTable([
      .init("class"), .number("examples"), .number("before"), .number("after"), .number("went wrong"),
      .number("came right"),
    ])
    for entry in finding.classes.sorted(by: { $0.before - $0.after > $1.before - $1.after }) {
      table.append(
        [
          entry.name, NumberText.grouped(entry.count), NumberText.percent(entry.before),
          NumberText.percent(entry.after), NumberText.grouped(entry.lost), NumberText.grouped(entry.gained),
        ], weight: entry.before - entry.after)
    }
    return table
  }

  /// A row a remedy that was measured; where something was lost, those that do not help say why.
  public func remedyTable() -> TextTable {
    let objections = triedRemedies.map { finding.objection(to: $0)?.words }
    let hasObjections = objections.contains { $0 != nil }
    var table = TextTable(
      [.number(""), .init("remedy"), .number("source"), .number("95 % interval"), .number("target")]
        + (hasObjections ? [.init("")] : []))
    for (number, remedy) in triedRemedies.enumerated() {
      table.append(
        [
          "\(number + 1)", remedy.action, score.signed(remedy.gain.value),
          score.interval(remedy.gain.low, remedy.gain.high), targetScore.signed(-remedy.cost.value),
        ] + (hasObjections ? [objections[number] ?? ""] : []))
    }
    return table
  }
}

extension DiagnosisFinding.Objection {
  /// As it stands in a row.
  var words: String {
    switch self {
    case .notEstablished: "not established"
    case .notWorthIt: "costs more"
    case .notWeighed: "not weighed"
    }
  }
}
