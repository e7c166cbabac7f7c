import Findings

/// What a report of runs says in sentences.
extension RunReport {
  /// The finding in one sentence, with what it rests on.
  public var verdict: String {
    guard let first = runs.first else { return "There is no run to report." }
    return runs.count == 1 ? single(first) : seededVerdict ?? compared
  }

  /// Several runs of which none is another's but for the seed.
  private var compared: String {
    let judged = runs.filter { $0.forgetting?.final.isFinite == true && $0.forgetting?.tooLittle == nil }
      .sorted { final($0) < final($1) }
    guard let least = judged.first, let most = judged.last, judged.count > 1 else {
      return runs.map(single).joined(separator: " ")
    }
    let others = runs.filter { $0.forgetting?.tooLittle != nil }.map { " " + single($0) }.joined()
    guard judged.contains(where: { $0.forgetting?.change != EstablishedChange.none }) else {
      return unestablished(judged) + others
    }
    let claim =
      judged.count == 2
      ? "\(least.name) \(standing(least, isNamed: true)) where \(most.name) \(standing(most))"
        + targetComparison(least, most)
      : "Of \(judged.count) runs, \(least.name) forgot least of the source task (\(described(least))) and "
        + "\(most.name) most (\(described(most)))"
    return "\(claim). \(Self.oneRunNote)\(others)"
  }

  /// What two runs of which each has its one seed do not show.
  static let oneRunNote = "One run each: what another seed would give is not seen."

  private func unestablished(_ runs: [RunFinding]) -> String {
    let amounts = listed(runs.map(lost))
    return runs.count == 2
      ? "Neither \(runs[0].name) nor \(runs[1].name) forgot more of the source task than chance explains (\(amounts))."
      : "None of \(runs.count) runs forgot more of the source task than chance explains (\(amounts))."
  }

  private func single(_ run: RunFinding) -> String {
    let target = run.after(\.targetScore)
    guard run.hasSource else {
      guard let target else { return "\(run.name) has no measured \(scoreName) on \(run.targetTask) yet." }
      return "\(run.name) reached \(reachedWords(run, target)) on \(run.targetTask) after "
        + "\(NumberText.plural(run.chosenEpoch, "epoch"))\(chosen(run))\(agreed(run))."
        + (run.gaugeWords.map { " \(Self.capitalized($0))." } ?? "")
    }
    let source = run.sourceTask ?? "the source task"
    let reached =
      (target.map { " reached \(run.targetMeasure.text($0)) on \(run.targetTask)" } ?? "") + chosen(run)
    let andReached = (target == nil ? "" : " and") + reached
    let change = sourceChange(run)
    guard let forgetting = run.forgetting, forgetting.final.isFinite else {
      return "\(run.name): \(scoreName) on \(source) \(change)\(andReached)."
    }
    if let tooLittle = forgetting.tooLittle {
      return "\(run.name)\(target == nil ? "" : reached): \(tooLittle.words(forgetting, of: source))."
    }
    let established = forgetting.change
    var evidence = [change]
    let amount = established == .gain ? forgetting.gain : forgetting.loss
    if amount.low.isFinite, amount.high.isFinite {
      evidence.append("95 % interval \(forgetting.score.interval(amount.low, amount.high))")
    }
    if forgetting.pairedPValue.isFinite { evidence.append(NumberText.probability(forgetting.pairedPValue)) }
    let detail = " (\(evidence.joined(separator: ", ")))"
    switch established {
    case .loss: return "\(run.name) forgot \(lost(run)) of \(source)\(detail)\(andReached)."
    case .gain:
      return "\(run.name) gained \(forgetting.score.amount(amount.value)) on \(source)\(detail)\(andReached)."
    case .none: return "\(run.name) forgot no more of \(source) than chance explains\(detail)\(andReached)."
    }
  }

  /// Which epoch a run stands for, where that is not the last, and whether the test set chose.
  private func chosen(_ run: RunFinding) -> String {
    let caution = run.chosenBy?.caution ?? ""
    guard run.isChosenBeforeTheLast, let last = run.epochs.last?.epoch else { return caution }
    return (run.hasSource ? ", at epoch \(run.chosenEpoch), its best of \(last)" : ", its best of \(last)") + caution
  }

  /// What a run without source data knows of its source.
  private func agreed(_ run: RunFinding) -> String {
    guard let proxy = run.after?.proxy else { return "" }
    guard let agreement = run.after(\.agreement) else {
      return " (moved by \(proxy.moved.words) from what the original says of the proxy examples)"
    }
    return " (agreeing with the original on \(NumberText.percent(agreement)) of the \(proxy.whole))"
  }

  private func targetComparison(_ a: RunFinding, _ b: RunFinding) -> String {
    guard let first = a.after(\.targetScore), let second = b.after(\.targetScore) else { return "" }
    return ", at \(a.targetMeasure.figure(first)) against \(b.targetMeasure.text(second)) on the target task"
  }

  private func final(_ run: RunFinding) -> Double { run.forgetting?.final ?? .nan }

  private func lost(_ run: RunFinding) -> String { run.sourceMeasure.amount(run.forgetting?.final) }

  private func gain(_ run: RunFinding) -> String { run.sourceMeasure.amount(-final(run)) }

  /// `91.3 % accuracy`, or the score's own words: `2.540 nats a token`.
  private func reachedWords(_ run: RunFinding, _ value: Double) -> String {
    let score = run.targetMeasure
    return score == .accuracy ? "\(score.text(value)) \(score.noun)" : score.text(value)
  }

  /// What became of the source task, as a verb and its object.
  ///
  /// - Parameter isNamed: whether the task is.
  private func standing(_ run: RunFinding, isNamed: Bool = false) -> String {
    let (of, on) = isNamed ? (" of the source task", " on the source task") : ("", "")
    return switch run.forgetting?.change {
    case .loss: "forgot \(lost(run))\(of)"
    case .gain: "gained \(gain(run))\(on)"
    default: "forgot no more\(of) than chance explains (\(lost(run)))"
    }
  }

  private func described(_ run: RunFinding) -> String {
    let change =
      switch run.forgetting?.change {
      case .loss: lost(run)
      case .gain: "\(gain(run)) gained"
      default: "\(lost(run)), no more than chance explains"
      }
    return "\(change); target \(run.targetMeasure.text(run.after(\.targetScore)))"
  }

  private func sourceChange(_ run: RunFinding) -> String {
    let (before, after) = (run.before(\.sourceScore), run.after(\.sourceScore))
    return "\(run.sourceMeasure.bare(before)) → \(run.sourceMeasure.text(after))"
  }
}
