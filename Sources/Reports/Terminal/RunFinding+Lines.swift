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
      let points = "\(NumberText.points(amount.value)) points"
      let words =
        switch forgetting.change {
        case .loss: "forgot \(points) of \(NumberText.points(forgetting.before))"
        case .gain: "gained \(points) on \(NumberText.points(forgetting.before))"
        case .none: "forgot no more than chance explains: \(points) of \(NumberText.points(forgetting.before))"
        }
      lines.append(
        words + (isChosenBeforeTheLast ? " by epoch \(forgetting.epoch)" : "")
          + " (95 % interval \(NumberText.interval(amount.low, amount.high, scale: 100)),"
          + " \(NumberText.probability(forgetting.pairedPValue))); \(NumberText.grouped(forgetting.lost)) of "
          + "\(NumberText.plural(forgetting.sourceCount, "example")) lost, \(NumberText.grouped(forgetting.gained)) gained"
      )
    }
    if let agreement = after?.agreement {
      lines.append(
        "with the source's head, the model still says of \(NumberText.percent(agreement)) of the proxy examples what it "
          + "said before (agreement, not accuracy)")
    }
    if let best {
      lines.append(
        "best epoch \(best.epoch) by '\(best.rule)'"
          + (best.keepsBounds ? "" : ": no epoch keeps its bounds, this one misses them by least")
          + (chosenBy.map { ", \($0.words)" } ?? "") + "; checkpoints/best.h5")
    } else if let chosenBy {
      lines.append(chosenBy.sentence)
    }
    if let plannedEpochs, let last = epochs.last?.epoch, last < plannedEpochs {
      let why = chosenBy?.choices.contains(.stop) == true ? ": no better epoch for as long as was waited" : ""
      lines.append("stopped after epoch \(last) of \(plannedEpochs)\(why)")
    }
    return lines
  }

  /// Whether the run stands for an epoch that later ones follow.
  var isChosenBeforeTheLast: Bool { best != nil && chosenEpoch != epochs.last?.epoch }
}
