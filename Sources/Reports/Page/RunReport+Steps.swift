import Findings

extension RunReport {
  /// The scores at every look within the epochs, by optimization steps; nil where no run was looked at so.
  ///
  /// Of one run its source and its target; of several the sources, or the targets where no run has a source.
  public func stepChart() -> LineChart? {
    let looked = runs.filter { $0.steps != nil }
    guard !looked.isEmpty else { return nil }
    let isOfSource = looked.allSatisfy { $0.steps?.source != nil }
    let score = isOfSource ? sourceMeasure : targetMeasure
    guard let score else { return nil }
    func line(_ run: RunFinding, _ name: String, _ value: (StepFinding) -> ScoredTask?) -> LineChart.Series {
      LineChart.Series(
        name: name,
        points: run.steps?.points.compactMap { look in
          value(look).map { LineChart.Point(epoch: look.step, value: $0.value * score.chartScale) }
        } ?? [], color: color(of: run))
    }
    var series = looked.map {
      line($0, looked.count > 1 || !isOfSource ? $0.name : "source", isOfSource ? \.source : \.target)
    }
    if looked.count == 1, let run = looked.first, isOfSource, targetMeasure == score {
      series.append(line(run, "target", \.target))
    }
    var chart = LineChart(
      title: stepTitle(looked, score, isOfSource: isOfSource),
      subtitle: listed(union([looked.compactMap(\.stepWords)])),
      valueTitle: score.directedAxisTitle, limits: score.axisLimits, decimals: score.chartDecimals, series: series)
    chart.countTitle = "step"
    return chart
  }

  private func stepTitle(_ looked: [RunFinding], _ score: Score, isOfSource: Bool) -> String {
    let worst = score.direction == .up ? "lowest" : "highest"
    let ends = looked.compactMap { run -> String? in
      let looks = run.steps?.points.compactMap { look in
        (isOfSource ? look.source : look.target).map { (step: look.step, value: $0.value) }
      }
      guard let looks, let last = looks.last,
        let low = looks.min(by: { score.merit($0.value) < score.merit($1.value) })
      else { return nil }
      let owner = looked.count > 1 ? " in \(run.name)" : ""
      return isOfSource
        ? "\(score.figure(low.value)) at its \(worst) look, step \(NumberText.grouped(low.step))\(owner)"
        : "\(score.figure(last.value)) at the last look\(owner)"
    }
    return "\(isOfSource ? "Source" : "Target") \(score.noun) was \(listed(ends))"
  }

  /// A row for each look of a run.
  func stepTable(_ run: RunFinding) -> TextTable {
    let looks = run.steps?.points ?? []
    let hasSource = looks.contains { $0.source != nil }
    let hasGauge = looks.contains { $0.gauge != nil }
    var table = TextTable(
      [.number("step"), .number("epoch")] + (hasSource ? [.number("source")] : []) + [.number("target")]
        + (hasGauge ? [.number("moved")] : []) + [.number("training loss"), .number("learning rate")])
    for look in looks {
      var row = [NumberText.grouped(look.step), run.steps?.epoch(of: look.step) ?? NumberText.missing]
      if hasSource { row.append(run.sourceMeasure.plain(look.source?.value)) }
      row.append(run.targetMeasure.plain(look.target?.value))
      if hasGauge { row.append(look.gauge.map { $0.text($0.value) } ?? NumberText.missing) }
      row += [NumberText.significant(look.trainingLoss), NumberText.significant(look.learningRate)]
      table.append(row)
    }
    return table
  }

  /// Every look, a row each, with the run in the first column; nil where no run was looked at within its epochs.
  func stepFile() -> String? {
    let number = CommaSeparatedValues.number
    guard runs.contains(where: { $0.steps != nil }) else { return nil }
    var file = CommaSeparatedValues(header: [
      "run", "step", "epoch", "source_\(sourceMeasure?.name ?? "score")", "source_loss",
      "target_\(targetMeasure?.name ?? "score")", "target_loss", "gauge_divergence", "gauge_low", "gauge_high",
      "training_loss", "learning_rate",
    ])
    for run in runs {
      for look in run.steps?.points ?? [] {
        let epoch = Double(look.step) / Double(max(1, run.steps?.stepsPerEpoch ?? 1))
        file.append(
          [run.name, String(look.step)]
            + [
              epoch, look.source?.value, look.source?.loss, look.target?.value, look.target?.loss, look.gauge?.value,
              look.gauge?.low, look.gauge?.high, look.trainingLoss, look.learningRate,
            ].map(number))
      }
    }
    return file.text
  }
}

extension StepCurve {
  /// The epochs that steps are: `0.38`.
  func epoch(of step: Int) -> String { NumberText.fixed(Double(step) / Double(max(1, stepsPerEpoch)), 2) }
}

extension StepCurve.Sample {
  /// `500 validation examples`.
  fileprivate var words: String { NumberText.plural(count, "\(chooses ? "validation" : "test") example") }
}

extension RunFinding {
  /// What the looks within the epochs were at, and how often: `500 test examples of the source and of the target; an epoch has
  /// 469 steps`.
  fileprivate var stepWords: String? {
    guard let steps else { return nil }
    let target = "\(steps.target.words) of the target"
    let examples =
      steps.source.map {
        $0 == steps.target ? "\($0.words) of the source and of the target" : "\($0.words) of the source, \(target)"
      }
      ?? target
    return "\(examples), the same at each look; \(NumberText.grouped(steps.stepsPerEpoch)) steps an epoch"
  }

  /// When the source was at its worst, where it is established that it recovered.
  var worstMomentWords: String? {
    guard let steps, let worst = steps.worst, worst.isEstablished, let sample = steps.source else { return nil }
    let score = worst.worst.score
    let looks = steps.points.count - 1
    return
      "within the epochs the source was at its worst at step \(NumberText.grouped(worst.step)) (epoch "
      + "\(steps.epoch(of: worst.step))), at \(score.figure(worst.worst.value)): \(score.amount(worst.lost.value)) worse than "
      + "before the first step (95 % interval \(score.interval(worst.lost.low, worst.lost.high))), of which it regained "
      + "\(score.amount(worst.regained.value)) (\(score.interval(worst.regained.low, worst.regained.high)), "
      + "\(NumberText.probability(worst.pairedPValue)) for the worst of \(looks) looks) by the last; \(sample.words)"
  }

  /// By what rule the run ended, and what it keeps.
  var stopWords: String? {
    guard let steps, let stop = steps.stop else { return nil }
    let figure: String
    let interval: String
    if let score = stop.score {
      figure = stop.isDifference ? score.amount(stop.figure.value) : score.figure(stop.figure.value)
      interval = score.interval(stop.figure.low, stop.figure.high)
    } else {
      figure = NumberText.fixed(stop.figure.value, 3)
      interval = NumberText.interval(stop.figure.low, stop.figure.high, decimals: 3)
    }
    let kept =
      stop.keptStep == 0
      ? "nothing was trained before that: the model is kept as it was"
      : "the model is kept as it was at step \(NumberText.grouped(stop.keptStep)), the last look before"
    return
      "stopped at step \(NumberText.grouped(stop.step)) (epoch \(steps.epoch(of: stop.step))) by '\(stop.rule)': \(figure) "
      + "(95 % interval \(interval)) on \(stop.sample.words); \(kept)"
  }

  /// How far the last epoch came, where a limit of steps ended it.
  var partialEpochWords: String? {
    guard let partialEpoch, steps?.stop == nil else { return nil }
    return
      "epoch \(partialEpoch.epoch) ended after \(NumberText.grouped(partialEpoch.steps)) of its "
      + "\(NumberText.grouped(partialEpoch.stepsPerEpoch)) steps"
  }

  /// All that is said of the looks within the epochs.
  var stepSentences: [String] { [worstMomentWords, stopWords, partialEpochWords].compactMap(\.self) }
}
