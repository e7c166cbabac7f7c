import Findings

extension RunFinding {
  /// What is said at the end of a run: what was forgotten by the epoch that the run stands for, and which that is.
  public var closingLines: [String] {
    var lines: [String] = []
    if let forgetting, let tooLittle = forgetting.tooLittle {
      lines.append(tooLittle.words(forgetting, of: sourceTask ?? "the source task"))
    } else if let forgetting {
      let isGain = forgetting.change == .gain
      let amount = isGain ? forgetting.gain : forgetting.loss
      let score = forgetting.score
      let points = score.amount(amount.value)
      let share = score.unit == .fraction ? " of \(score.bare(forgetting.before))" : ""
      let words =
        switch forgetting.change {
        case .loss: "forgot \(points)\(share)"
        case .gain: "gained \(points)" + (share.isEmpty ? "" : " on \(score.bare(forgetting.before))")
        case .none: "forgot no more than chance explains: \(points)\(share)"
        }
      let (worse, better) = score == .accuracy ? ("lost", "gained") : ("got worse", "better")
      lines.append(
        words + (isChosenBeforeTheLast ? " by epoch \(forgetting.epoch)" : "")
          + " (95 % interval \(score.interval(amount.low, amount.high)),"
          + " \(NumberText.probability(forgetting.pairedPValue)))\(forgetting.changes); "
          + "\(NumberText.grouped(forgetting.lost)) of \(NumberText.plural(forgetting.sourceCount, "example")) \(worse), "
          + "\(NumberText.grouped(forgetting.gained)) \(better)"
      )
    }
    if let confidenceWords { lines.append(confidenceWords) }
    if let jointWords { lines.append(jointWords) }
    if let proxy = after?.proxy, let agreement = after?.agreement {
      lines.append(
        "with the source's head, the model still says of \(NumberText.percent(agreement)) of the \(proxy.whole) what it "
          + "said before (agreement, not accuracy)")
    } else if let proxy = after?.proxy {
      lines.append(
        "with the source's head, what the model says of the proxy examples moved by \(proxy.moved.words) from what it said "
          + "before (mean squared difference, not an error)")
    }
    if let gaugeWords { lines.append(gaugeWords) }
    if let best {
      lines.append(
        "best epoch \(best.epoch) by '\(best.rule)'"
          + (best.keepsBounds ? "" : ": no epoch keeps its bounds, this one misses them by least")
          + (chosenBy.map { ", \($0.words)" } ?? "") + "; checkpoints/best.h5")
    } else if let chosenBy {
      lines.append(chosenBy.sentence)
    }
    lines += stepSentences
    if let watchedWords { lines.append(watchedWords) }
    if let plannedEpochs, let last = epochs.last?.epoch, last < plannedEpochs, steps?.stop == nil {
      let why = chosenBy?.choices.contains(.stop) == true ? ": no better epoch for as long as was waited" : ""
      lines.append("stopped after epoch \(last) of \(plannedEpochs)\(why)")
    }
    return lines
  }

  /// What the gauge says, where nothing else was measured of the source.
  var gaugeWords: String? {
    guard after?.source == nil, after?.proxy == nil, let gauge = after?.gauge, let gaugedHead else { return nil }
    return
      "on the target's inputs, what head '\(gaugedHead)' says moved by \(gauge.words) from what it said before (95 % "
      + "interval \(gauge.interval)), a gauge of forgetting and no measure of it"
  }

  /// Which checkpoints the epochs are, of a training elsewhere: `epochs are checkpoints that were trained elsewhere: 1
  /// checkpoint-500, 2 checkpoint-1000`.
  var watchedWords: String? {
    guard let watched, let last = watched.last else { return nil }
    func words(_ checkpoint: WatchedCheckpoint) -> String { "\(checkpoint.epoch) \(checkpoint.name)" }
    let shown = watched.count > 6 ? watched.prefix(4).map(words) + ["…", words(last)] : watched.map(words)
    return "epochs are checkpoints that were trained elsewhere: \(shown.joined(separator: ", "))"
  }

  /// Whether the run stands for an epoch that later ones follow.
  var isChosenBeforeTheLast: Bool { best != nil && chosenEpoch != epochs.last?.epoch }
}

extension ProxyAgreement {
  /// What its share is of: `proxy examples`, `tokens of the proxy examples`.
  var whole: String { (places.map { "\($0) of the " } ?? "") + "proxy examples" }
}

extension Forgetting {
  /// What a score came from and to, and its companions: `; 2.540 → 2.850 nats a token, perplexity 12.7 → 17.3`. Empty of
  /// accuracy, whose sentence says it.
  var changes: String {
    let own = score == .accuracy ? [] : ["\(score.bare(before)) → \(score.text(after))"]
    let others = (further ?? []).map { "\($0.score.noun) \($0.score.bare($0.before)) → \($0.score.figure($0.after))" }
    let all = own + others
    return all.isEmpty ? "" : "; " + all.joined(separator: ", ")
  }
}
