import Findings

extension DiagnosisPage {
  private var amount: ForgottenAmount { finding.forgetting }

  /// What is counted.
  private var quantity: String {
    amount.isAgreement ? "agreement with the original model on \(finding.sourceTask)" : finding.sourceTask
  }

  /// The finding in a sentence.
  public var verdict: String {
    let change = amount.change
    let shown = change == .gain ? amount.gain : amount.loss
    let evidence =
      "\(NumberText.points(amount.before)) → \(NumberText.percent(amount.after)), interval "
      + "\(NumberText.interval(shown.low, shown.high, scale: 100)), \(NumberText.probability(amount.pairedPValue))"
    let points = "\(NumberText.points(shown.value)) points"
    switch change {
    case .loss: return "Fine-tuning lost \(points) of \(quantity) (\(evidence))."
    case .gain: return "Fine-tuning lost nothing of \(quantity): it gained \(points) (\(evidence))."
    case .none: return "Fine-tuning lost no more of \(quantity) than chance explains (\(evidence))."
    }
  }

  /// What a proxy can and cannot say; nil where the source's own examples were there.
  public var proxyNote: String? {
    guard amount.isAgreement else { return nil }
    return "The source's own examples were not at hand. \(finding.sourceTask) stands in for them: its labels do not "
      + "count, and every accuracy here is agreement with what the model said before fine-tuning. Where that was "
      + "wrong, to change was no loss, and what the source needs that this set lacks is not seen."
  }

  /// That all but the amount is of fewer examples; nil where it is not.
  public var countNote: String? {
    guard finding.isJudgedOnFewer else { return nil }
    return "Causes and layers are measured on \(NumberText.grouped(finding.measuredOn.source)) of the "
      + "\(NumberText.grouped(amount.sourceCount)) test examples."
  }

  /// Why, in a line: `readout misaligned 19.4 · lost features 9.3`.
  public var why: String {
    finding.causes.sorted { $0.loss.value > $1.loss.value }.map {
      "\($0.kind.rawValue) \(NumberText.points($0.loss.value))"
    }
    .joined(separator: " · ")
  }

  /// Where, in a line.
  public var place: String? {
    guard let worst = finding.layers.filter({ $0.gain.low > 0 }).max(by: { $0.gain.value < $1.gain.value }) else {
      return nil
    }
    let cost = worst.cost.isFinite ? " and costs \(NumberText.points(worst.cost)) of the target" : ""
    return "restoring \(worst.layer) alone regains \(NumberText.points(worst.gain.value)) points\(cost)"
  }

  /// What helps most, in a sentence.
  public var advice: String? {
    guard let best = finding.established.first?.remedy else { return remedyNote }
    let cost = best.cost.isFinite ? " and \(NumberText.points(max(0, best.cost))) of the target lost" : ""
    return "What helps most: \(best.action), \(NumberText.points(best.gain.value)) points regained\(cost)."
  }

  /// That nothing can be proposed, where something was lost; nil otherwise.
  public var remedyNote: String? {
    amount.isSignificant && finding.established.isEmpty
      ? "Nothing that was tried is established to help." : nil
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
  public var untriedRemedies: [Remedy] { finding.remedies.filter { !$0.isTried } }
}

extension ForgettingCause.Kind {
  /// What gets it back.
  var advice: String {
    switch self {
    case .statistics: "measure the running statistics anew on source inputs; nothing else has to change."
    case .readout: "the features still tell the classes apart; a head fitted anew on source examples gets this back."
    case .features:
      "no head gets this back: rewind or interpolate layers, or train again with a regularizer."
    }
  }
}
