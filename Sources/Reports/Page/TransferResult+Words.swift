import Findings

extension TransferResult {
  /// Sets the words that its JSON has beside the numbers.
  public mutating func putIntoWords() {
    protocolText = schedule.text
    findings = sentences
    recommendation = advised
  }

  /// What to do, what that comes to, and whether the seeds carry it.
  public var advised: String {
    let own = score.text(base.mean)
    let basis = chosenBy.map { " \($0.sentence)" } ?? ""
    switch advice.action {
    case .startAnew:
      guard advice.isEstablished else {
        return "By the means\(examples) every copy falls short of a network of the target's own (\(own))\(shortfall)."
          + doubt + basis
      }
      return "Train a network of the target's own: every copy falls short of it (\(own))\(shortfall)\(examples)."
        + basis
    case .freeze where trainsHeadAlone:
      return "Freeze everything but the head" + outcome + grounds + basis
    case .freeze:
      return "Freeze up to \(advice.frozen?.name ?? "") and fine-tune from there\(rates)" + outcome + grounds + basis
    case .tuneAll where advice.evidence == nil && (curve(.transfer) == nil || curve(.transferTuned) == nil):
      return "How far to freeze was not measured: that takes AnB and AnB+."
    case .tuneAll:
      return "Freeze nothing and fine-tune it all\(rates)" + outcome + grounds + basis
    }
  }

  /// On which examples the advice's differences are.
  private var examples: String { validation == nil ? "" : " on the validation examples" }

  /// `, the best one by 3.0 points (1.2 to 4.8 over 3 seeds)`.
  private var shortfall: String { advice.evidence.map { ", the best one by \($0.text(of: score))" } ?? "" }

  /// What the advice rests on, in a sentence after it.
  private var grounds: String {
    guard let evidence = advice.evidence else { return doubt }
    let cost = score.amount(max(0, evidence.difference.value))
    let limit = score.amount(tolerance)
    let isFreeze = advice.action == .freeze
    guard advice.isEstablished else {
      return
        (isFreeze
        ? " By the means\(examples) freezing costs \(cost), no more than the \(limit) that count as none."
        : " By the means\(examples) \(worthTraining(cost)).") + doubt
    }
    return isFreeze
      ? " Freezing costs no more than \(limit): \(evidence.text(of: score))\(examples)."
      : " \(RunReport.capitalized(worthTraining(evidence.text(of: score) + examples)))."
  }

  /// What the lowest cut shows: of the first block, or of all up to that cut where it is no less.
  private func worthTraining(_ cost: String) -> String {
    guard let lowest = curve(.transfer)?.points.first, lowest.copied > 1 else {
      return "even the first block is worth training on: frozen it costs \(cost)"
    }
    return "the \(lowest.copied) blocks up to \(lowest.cut) are worth training on: frozen they cost \(cost); "
      + "freezing fewer was not tried"
  }

  private var doubt: String {
    " That is not established\(advice.evidence.map { ": \($0.doubt(of: score))" } ?? ": no seeds were compared")."
  }

  /// `, at the rate 0.003 and the head at 0.01`.
  private var rates: String {
    guard let choice else { return "" }
    let rate = ", at the rate \(NumberText.rate(choice.learningRate))"
    return choice.factor == 1 ? rate : rate + " and the head at \(NumberText.rate(schedule.learningRate.withoutNoise))"
  }

  private var outcome: String {
    let comparison = "; a network of the target's own has \(score.text(base.mean))."
    guard let choice else { return comparison }
    var text = ": \(score.text(choice.target.mean)) on the target"
    if exampleCount < availableCount { text += " from \(NumberText.grouped(exampleCount)) examples" }
    if let lost = choice.forgetting {
      let inTheMean = lost.values.count > 1 ? " in the mean" : ""
      text +=
        lost.mean > 0
        ? ",\(inTheMean) \(forgotten(lost, choice.sourceScore))"
        : ",\(inTheMean) nothing of the source forgotten"
    }
    return text + comparison
  }

  /// `1.4 points of the source forgotten`, `the source worse by 0.31 root mean squared error`.
  private func forgotten(_ lost: RepeatedMean, _ score: Score) -> String {
    score.unit == .number
      ? "the source worse by \(lost.bare(of: score)) \(score.noun)"
      : "\(lost.amount(of: score)) of the source forgotten"
  }
}

extension TransferResult {
  /// What the curves show of the paper's three effects, where the test examples tell the shares apart; each says whether
  /// the seeds carry it.
  public var sentences: [String] {
    let cutCount = max(1, cuts.count)
    let isUp = score.direction == .up
    /// A claim that one score is better than another, chosen from so many; nil where it is not even measured.
    func claim(
      _ better: RepeatedScore, above other: RepeatedScore, among count: Int, _ words: (String) -> String
    ) -> String? {
      guard better.merit > other.merit, areApart(better.mean, other.mean) else { return nil }
      let comparison = better.gain(over: other, among: count)
      let amount = score.amount(better.merit - other.merit)
      return comparison.isMore
        ? words(amount) + "."
        : "By the means, not established (\(comparison.doubt(of: score))): " + words(amount).uncapitalized + "."
    }
    func best(_ kind: TransferKind) -> Point? { curve(kind)?.points.max { $0.result.merit < $1.result.merit } }
    let worst = curve(.selffer)?.points.min { $0.result.merit < $1.result.merit }
    let dip = worst.flatMap { worst in
      claim(base, above: worst.result, among: cutCount) {
        "Cutting after \(worst.cut) breaks fragile co-adaptation: BnB \(isUp ? "falls" : "is worse") by \($0)"
      }
    }
    let fall = curve(.transfer)?.points.last.flatMap { last in
      claim(base, above: last.result, among: 1) {
        "Frozen layers up to \(last.cut) are specific to what they were trained on: AnB \(isUp ? "falls" : "is worse") by \($0)"
          + ownShare(of: base.merit - last.result.merit, at: last)
      }
    }
    let gain = best(.transferTuned).flatMap { best in
      claim(best.result, above: base, among: cutCount) {
        "Copied layers that are trained on help: AnB+ \(isUp ? "gains" : "is better by") \($0) at \(best.cut)"
      }
    }
    let anew = best(.transferTuned).flatMap { best in
      trials.map(\.target).max { $0.merit < $1.merit }.flatMap { tried in
        claim(best.result, above: tried, among: cutCount) {
          "The whole copy with \(head) stays \($0) \(isUp ? "below" : "behind") AnB+ at \(best.cut): "
            + "what lies above it serves the target better drawn anew"
        }
      }
    }
    return [dip, fall, gain, anew].compactMap { $0 }
  }

  /// The curves in a line: what they show first, or that they show nothing.
  var finding: String {
    let points = curves.flatMap(\.points).map(\.result)
    return sentences.first
      ?? (points.contains { areApart($0.mean, base.mean) }
        ? "\(score.noun.prefix(1).uppercased() + score.noun.dropFirst()) by how much of the network is copied"
        : "No treatment is told apart from the target's own network at any cut")
  }

  /// The head that the advised fine-tuning begins with.
  private var head: String { keepsHead == true ? "the head it has" : "a new head" }

  /// How the rate to follow was found among those that were tried.
  var trialNote: String {
    let isMeasured = trials.contains { $0.forgetting != nil }
    let examples = trials.allSatisfy { $0.validation != nil } ? " on the validation examples" : ""
    return
      "The whole network with \(head), the layers above frozen as recommended, trained by the same schedule at the "
      + "rates of the table; the head has the full rate. Of those whose mean is within \(score.amount(tolerance)) "
      + "of the best on the target\(examples) the one that "
      + (isMeasured ? "forgets least" : "moves the layers least") + " is recommended."
  }

  /// `, of which the cut alone costs 0.2 (BnB)`, where that was measured at the same cut.
  private func ownShare(of fall: Double, at point: Point) -> String {
    guard let own = curve(.selffer)?.points.last, own.copied == point.copied else { return "" }
    return
      ", of which by the means the cut alone costs \(score.bare(min(fall, max(0, base.merit - own.result.merit)))) (BnB)"
  }

  /// The score that ranks the cuts most as AnB does, in a sentence.
  public var bestScore: String? {
    let ranked = scores.filter { $0.rankCorrelation.frozen.isFinite }
    guard let best = ranked.max(by: { $0.rankCorrelation.frozen < $1.rankCorrelation.frozen }) else { return nil }
    let correlation = NumberText.correlation(best.rankCorrelation.frozen, count: best.rankedCutCount)
    return best.rankCorrelation.frozen > 0
      ? "Of these, \(best.name) ranks the \(best.rankedCutCount) cuts most as AnB does: rank correlation \(correlation)."
      : "None of these ranks the \(best.rankedCutCount) cuts as AnB does; \(best.name) comes nearest, rank correlation "
        + "\(correlation)."
  }

  /// What the scores say beside their table, a sentence each.
  public var scoreNotes: [String] {
    (bestScore.map { [$0] } ?? [])
      + [
        ("LEEP", networkScores.leep, "log likelihood of the target's labels by the source head's answers; 0 at best"),
        ("NCE", networkScores.nce, "the same by its likeliest class alone; 0 at best"),
      ].compactMap { name, value, meaning in
        value.map { "\(name) of the whole network: \(NumberText.fixed($0, 3)) (\(meaning))." }
      }
  }
}

extension String {
  /// With a small first letter, for the middle of a sentence.
  fileprivate var uncapitalized: String { prefix(1).lowercased() + dropFirst() }
}
