import Findings

extension TransferResult {
  /// Sets the words that its JSON has beside the numbers.
  public mutating func putIntoWords() {
    protocolText = schedule.text
    findings = sentences
    recommendation = advised
  }

  /// What to do, and what that comes to.
  public var advised: String {
    let own = NumberText.percent(base.mean)
    let basis = chosenBy.map { " \($0.sentence)" } ?? ""
    switch advice.action {
    case .startAnew:
      return "Train a network of the target's own: every copy falls short of it (\(own)).\(basis)"
    case .freeze where trainsHeadAlone:
      return "Freeze everything but the head" + outcome + basis
    case .freeze:
      return "Freeze up to \(advice.frozen?.name ?? "") and fine-tune from there\(rates)" + outcome + basis
    case .tuneAll:
      return "Freeze nothing: even the first block is worth training on. Fine-tune it all\(rates)" + outcome + basis
    }
  }

  /// `, at the rate 0.003 and the head at 0.01`.
  private var rates: String {
    guard let choice else { return "" }
    let rate = ", at the rate \(NumberText.rate(choice.learningRate))"
    return choice.factor == 1 ? rate : rate + " and the head at \(NumberText.rate(schedule.learningRate.withoutNoise))"
  }

  private var outcome: String {
    let comparison = "; a network of the target's own has \(NumberText.percent(base.mean))."
    guard let choice else { return comparison }
    var text = ": \(NumberText.percent(choice.target.mean)) on the target"
    if exampleCount < availableCount { text += " from \(NumberText.grouped(exampleCount)) examples" }
    if let lost = choice.forgetting?.mean {
      text +=
        lost > 0 ? ", \(NumberText.points(lost)) points of the source forgotten" : ", nothing of the source forgotten"
    }
    return text + comparison
  }
}

extension TransferResult {
  /// What the curves show of the paper's three effects, where they are larger than a point, than the test examples tell
  /// apart (two standard errors) and than the intervals.
  public var sentences: [String] {
    var found: [String] = []
    func isBelow(_ point: RepeatedScore, _ other: RepeatedScore) -> Bool {
      let variance = point.mean * (1 - point.mean) + other.mean * (1 - other.mean)
      let error = testCount.map { 2 * (variance / Double(max(1, $0))).squareRoot() } ?? 0
      return other.mean - point.mean > max(0.01, error) && !(point.high >= other.mean) && !(other.low <= point.mean)
    }
    func points(_ difference: Double) -> String { "\(NumberText.points(difference)) points" }
    if let dip = curve(.selffer)?.points.min(by: { $0.result.mean < $1.result.mean }), isBelow(dip.result, base) {
      found.append(
        "Cutting after \(dip.cut) breaks fragile co-adaptation: BnB falls by \(points(base.mean - dip.result.mean))."
      )
    }
    if let last = curve(.transfer)?.points.last, isBelow(last.result, base) {
      let fall = base.mean - last.result.mean
      var text =
        "Frozen layers up to \(last.cut) are specific to what they were trained on: AnB falls by \(points(fall))"
      if let own = curve(.selffer)?.points.last, own.copied == last.copied {
        text +=
          ", of which the cut alone costs \(NumberText.points(min(fall, max(0, base.mean - own.result.mean)))) (BnB)"
      }
      found.append(text + ".")
    }
    if let best = curve(.transferTuned)?.points.max(by: { $0.result.mean < $1.result.mean }), isBelow(base, best.result)
    {
      found.append(
        "Copied layers that are trained on help: AnB+ gains \(points(best.result.mean - base.mean)) at \(best.cut)."
      )
    }
    if let best = curve(.transferTuned)?.points.max(by: { $0.result.mean < $1.result.mean }),
      let tried = trials.map(\.target).max(by: { $0.mean < $1.mean }), isBelow(tried, best.result)
    {
      found.append(
        "Fine-tuning the whole copy stays \(points(best.result.mean - tried.mean)) below AnB+ at \(best.cut): what "
          + "lies above it serves the target better drawn anew.")
    }
    return found
  }

  /// The score that ranks the cuts most as AnB does, in a sentence.
  public var bestScore: String? {
    let ranked = scores.filter { $0.rankCorrelation.frozen.isFinite }
    guard let best = ranked.max(by: { $0.rankCorrelation.frozen < $1.rankCorrelation.frozen }) else { return nil }
    let correlation = NumberText.correlation(best.rankCorrelation.frozen, count: best.rankedCutCount)
    return best.rankCorrelation.frozen > 0
      ? "Of these, \(best.name) ranks the \(cuts.count) cuts most as AnB does: rank correlation \(correlation)."
      : "None of these ranks the \(cuts.count) cuts as AnB does; \(best.name) comes nearest, rank correlation "
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
