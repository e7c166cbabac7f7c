import Findings

extension DiagnosisPage {
  private var amount: ForgottenAmount { finding.forgetting }
  /// What the source is judged by.
  var score: Score { finding.forgetting.score }
  /// What the target is judged by.
  var targetScore: Score { finding.targetScore ?? .accuracy }

  /// What is counted.
  private var quantity: String {
    guard amount.isAgreement else { return finding.sourceTask }
    let of = amount.forgetting.places.map { "the \($0) of " } ?? ""
    return "agreement with the original model on \(of)\(finding.sourceTask)"
  }

  /// The finding in a sentence.
  public var verdict: String {
    if let tooLittle = amount.tooLittle { return Self.sentence(tooLittle.words(amount.forgetting, of: quantity)) }
    let change = amount.change
    let shown = change == .gain ? amount.gain : amount.loss
    let evidence =
      "\(score.bare(amount.before)) → \(score.text(amount.after)), interval "
      + "\(score.interval(shown.low, shown.high)), \(NumberText.probability(amount.pairedPValue))" + companions
    let points = score.amount(shown.value)
    switch change {
    case .loss: return "Fine-tuning lost \(points) of \(quantity) (\(evidence))."
    case .gain: return "Fine-tuning lost nothing of \(quantity): it gained \(points) (\(evidence))."
    case .none: return "Fine-tuning lost no more of \(quantity) than chance explains (\(evidence))."
    }
  }

  /// The scores beside the first: `; perplexity 12.7 → 17.3`.
  private var companions: String {
    (amount.forgetting.further ?? []).map {
      "; \($0.score.noun) \($0.score.bare($0.before)) → \($0.score.figure($0.after))"
    }
    .joined()
  }

  /// That something was not measured, and why; none where all was that could be asked for.
  public var gapNotes: [String] {
    guard amount.tooLittle == nil, let leftOut = finding.leftOut else { return [] }
    return [leftOut.causes?.words, leftOut.probes?.words].compactMap { $0 }
  }

  /// What a proxy can and cannot say; nil where the source's own examples were there.
  public var proxyNote: String? {
    guard amount.isAgreement else { return nil }
    let agreement =
      amount.forgetting.places.map {
        "every score here is agreement with what the model said before fine-tuning, over the \($0) that count, padding "
          + "and what is left out aside."
      } ?? "every accuracy here is agreement with what the model said before fine-tuning."
    return "The source's own examples were not at hand. \(finding.sourceTask) stands in for them: its labels do not "
      + "count, and \(agreement) Where that was wrong, to change was no loss, and what the source needs that this set "
      + "lacks is not seen."
  }

  /// That all but the amount is of fewer examples; nil where it is not.
  public var countNote: String? {
    guard finding.isJudgedOnFewer, amount.tooLittle == nil else { return nil }
    return "Causes and layers are measured on \(NumberText.grouped(finding.measuredOn.source)) of the "
      + "\(NumberText.grouped(amount.sourceCount)) test examples."
  }

  /// That some classes were not judged; nil where all were.
  public var classNote: String? {
    let missing = finding.classes.filter { $0.count == 0 }.map(\.name)
    guard !missing.isEmpty else { return nil }
    let named = missing.prefix(5).joined(separator: ", ") + (missing.count > 5 ? " and others" : "")
    return "\(NumberText.grouped(missing.count)) of \(NumberText.plural(finding.classes.count, "class")) (\(named)) "
      + "\(missing.count == 1 ? "has" : "have") no examples here: what was lost of "
      + "\(missing.count == 1 ? "it" : "them") is not seen."
  }

  /// How the classes were matched with the heads', where that has to be said.
  public var matchNotes: [String] { finding.matchedClasses?.notes ?? [] }

  /// Why, in a line: `readout misaligned 19.4 · lost features 9.3`. Nil where nothing was lost and no cause is
  /// established.
  public var why: String? {
    let parts = finding.causes.filter(\.isEstablished).sorted { $0.loss.value > $1.loss.value }.map {
      "\($0.kind.rawValue) \(score.bare($0.loss.value))"
    }
    let better = finding.causes.filter(\.isGain).map {
      "\($0.kind.subject) better by \(score.bare(-$0.loss.value))"
    }
    guard parts.isEmpty, better.isEmpty else { return (parts + better).joined(separator: " · ") }
    return amount.isSignificant && !finding.causes.isEmpty ? "no cause is established" : nil
  }

  /// The layer whose restoring regains most of what was lost.
  private var worst: DiagnosedLayer? {
    finding.layers.filter { [.lostHere, .critical].contains($0.verdict) }.max { $0.gain.value < $1.gain.value }
  }

  /// Where, in a line; nil where nothing was lost, or no layer was judged.
  public var place: String? {
    guard finding.baseline.change == .loss, !finding.layers.isEmpty, amount.tooLittle == nil else { return nil }
    if let worst {
      return "restoring \(worst.layer) alone regains \(score.amount(worst.gain.value))"
        + worst.cost.words(" and costs", " and gains", of: targetScore)
    }
    let set = finding.layers.filter { $0.verdict == .lostTogether }.map(\.layer)
    return "no layer alone is established to regain what counts"
      + (set.isEmpty ? "" : "; \(set.joined(separator: ", ")) together \(set.count == 1 ? "does" : "do")")
  }

  /// What the layers do not answer for; nil where they are judged in the network as it is.
  public var baselineNote: String? {
    guard finding.baseline.restoresStatistics else { return nil }
    return "Layers are judged with the running statistics measured anew, as these are a cause of their own: "
      + (finding.baseline.change == .loss
        ? "\(score.amount(finding.baseline.loss.value)) are lost besides."
        : "besides them no loss is established, and no layer is held to account.")
  }

  /// Layers that bring more than was lost, in a sentence; nil where there are none.
  public var exceedingNote: String? {
    let names = finding.layers.filter { $0.verdict == .exceeds }.map(\.layer)
    guard !names.isEmpty else { return nil }
    return "Restoring \(names.joined(separator: ", ")) brings more than was lost: that is not forgetting alone."
  }

  /// What helps most, in a sentence.
  public var advice: String? {
    guard let best = finding.established.first?.remedy else { return remedyNote }
    return "What helps most: \(best.action), \(score.amount(best.gain.value)) regained"
      + best.cost.words(" and", " and", " lost", " gained", of: targetScore) + "."
  }

  /// That nothing can be proposed, where something was lost, and why; nil otherwise.
  public var remedyNote: String? {
    guard amount.isSignificant, finding.established.isEmpty else { return nil }
    guard let best = finding.outweighed else { return "Nothing that was tried is established to help." }
    let isEstablished = best.cost.low > 0
    let exchange =
      "\(best.action) regains \(score.amount(best.gain.value)) and costs \(targetScore.cost(best.cost.value)) of the target"
      + (isEstablished
        ? "" : ", which is not established (\(targetScore.interval(best.cost.low, best.cost.high)))")
    return finding.weighsCosts
      ? "Nothing that was tried is worth its cost: \(exchange)."
      : "What is regained and what it costs are counted in different units, and are not weighed: \(exchange)."
  }

  /// What remedies' numbers are counted in, and which way is better where a score does not say it.
  public var remedyUnits: String {
    let isOne = score == targetScore || !finding.remedies.contains { $0.cost.value.isFinite }
    let isTurned = score.direction == .down || targetScore.direction == .down
    let further = [isOne ? nil : "of the target \(targetScore.unitWords)", isTurned ? "better with a plus" : nil]
      .compactMap { $0 }
    return score.unitWords + (further.isEmpty ? "" : ", \(further.joined(separator: ", ")),")
  }

  /// What stands above the remedies: that they help is said only where it is established.
  public var remedyTitle: String { finding.established.isEmpty ? "What was tried" : "What helps" }

  /// When, in a line.
  public var moment: String? {
    finding.firstSignificantEpoch.map { "the loss is more than chance from epoch \($0) on" }
  }

  /// Remedies that were measured.
  public var triedRemedies: [Remedy] { finding.remedies.filter(\.isTried) }
  /// Those that are only proposed.
  public var untriedRemedies: [Remedy] { finding.remedies.filter { !$0.isTried && $0.confidence == nil } }
}

extension Estimate {
  /// A cost to the target where it is established, or a gain: ` and costs 2.0 of the target`; nothing where neither is.
  fileprivate func words(
    _ costs: String, _ gains: String, _ lost: String = "", _ gained: String = "", of score: Score
  ) -> String {
    guard low.isFinite, high.isFinite else { return "" }
    if low > 0 { return "\(costs) \(score.cost(value)) of the target\(lost)" }
    if high < 0 { return "\(gains) \(score.cost(-value)) of the target\(gained)" }
    return ""
  }
}

extension TooLittle {
  /// The same of several runs, without their numbers.
  func words(of task: String) -> String {
    switch self {
    case .fewExamples: "there are too few examples to say whether anything of \(task) was lost"
    case .sourceAtChance: "\(task) was not known before, so that none of it could be lost"
    }
  }

  /// Why nothing is said, in words without a capital letter or a full stop.
  ///
  /// - Parameter task: what is counted.
  func words(_ forgetting: Forgetting, of task: String) -> String {
    switch self {
    case .fewExamples:
      "\(NumberText.plural(forgetting.sourceCount, "source example")) "
        + "\(forgetting.sourceCount == 1 ? "is" : "are") too few to say whether anything of \(task) was lost: "
        + "\(TooLittle.leastExamples) or more are needed"
    case .sourceAtChance:
      "\(task) was not known before, so that none of it could be lost: the model was right on "
        + "\(NumberText.percent(forgetting.before)) of \(NumberText.plural(forgetting.sourceCount, "example")), always "
        + "naming the commonest class is on \(NumberText.percent(forgetting.chance))"
    }
  }
}

extension ForgettingCause.Kind {
  /// What is better where the part is a gain.
  var subject: String {
    switch self {
    case .statistics: "running statistics"
    case .readout: "readout"
    case .features: "features"
    }
  }

  /// What gets it back.
  ///
  /// - Parameter score: what was lost of.
  func advice(of score: Score) -> String {
    switch self {
    case .statistics: "measure the running statistics anew on source inputs; nothing else has to change."
    case .readout:
      "the features still \(score.isOfClasses ? "tell the classes apart" : "hold what was known"); a head fitted anew on "
        + "source examples gets this back."
    case .features:
      "no head gets this back: rewind or interpolate layers, or train again with a regularizer."
    }
  }
}

extension Score {
  /// Whether it counts examples whose class is the right one, or the one it was.
  fileprivate var isOfClasses: Bool { self == .accuracy || self == .agreement }
}

extension CausesLeftOut {
  /// That the loss is not taken apart, and why.
  var words: String {
    let what = "The loss is not taken apart into readout and features: "
    switch reason {
    case .head: return what + "the source's head is not one linear layer of what enters it."
    case .size:
      return what + "the source's head has \(NumberText.grouped(weightCount ?? 0)) weights, and one of more than "
        + "\(NumberText.grouped(mostWeights ?? DiagnosisThresholds.mostHeadWeights)) is too large to fit anew."
    case .kind: return what + "this kind of task does not say what a head fitted anew is to say."
    }
  }
}

extension ProbesLeftOut {
  /// That no probes are fitted, and why.
  var words: String {
    switch self {
    case .words: "No linear probes are fitted: over more than 1,000 words of a language model one is too large to try."
    case .kind: "No linear probes are fitted: this kind of task does not say what one is to say."
    }
  }
}
