import Checkpoints
import Evaluation
import Findings
import Metrics

extension RunRecord {
  /// What the looks within the epochs found; nil where there were none.
  public var stepCurve: StepCurve? {
    guard let watch = state.watch, let stepsPerEpoch = state.stepsPerEpoch, steps.rowCount > 0 else { return nil }
    func sample(_ sample: RunState.Watch.Sample) -> StepCurve.Sample {
      StepCurve.Sample(count: sample.count, chooses: sample.chooses)
    }
    let points = (0..<steps.rowCount).map(point)
    return StepCurve(
      interval: watch.interval, stepsPerEpoch: stepsPerEpoch, source: watch.source.map(sample),
      target: sample(watch.target), points: points, worst: worst(of: points), stop: stop(watch))
  }

  /// How far the last epoch came, where it ended before its time; nil of a whole one.
  var partialEpoch: RunFinding.PartialEpoch? {
    guard let steps = state.lastEpochSteps, let stepsPerEpoch = state.stepsPerEpoch, let lastEpoch else { return nil }
    return RunFinding.PartialEpoch(epoch: lastEpoch, steps: steps, stepsPerEpoch: stepsPerEpoch)
  }

  /// Optimization steps done by an epoch's end, of a run that was trained here.
  func stepCount(through epoch: Int) -> Int {
    let stepsPerEpoch = state.stepsPerEpoch ?? 0
    guard epoch == lastEpoch, let steps = state.lastEpochSteps else { return epoch * stepsPerEpoch }
    return (epoch - 1) * stepsPerEpoch + steps
  }

  private func point(row: Int) -> StepFinding {
    func value(_ name: String) -> Double { steps.value(name, row: row) }
    func scored(_ task: String) -> ScoredTask? {
      guard let kind = kind(of: task) else { return nil }
      let values = steps.values(of: task, kind, row: row)
      return values.scores[0].isNaN ? nil : EvaluationResult(kind, values).scored
    }
    return StepFinding(
      step: Int(exactly: value("step")) ?? 0, source: scored("source"), target: scored("target"),
      gauge: steps.divergence(of: state.gauge, count: state.watch?.gaugeCount, row: row),
      trainingLoss: value("training_loss"), learningRate: value("learning_rate"))
  }

  /// When the source was at its worst; nil where that is the last look.
  private func worst(of points: [StepFinding]) -> StepCurve.WorstMoment? {
    let scored = points.compactMap { point in point.source.map { (step: point.step, scored: $0) } }
    guard scored.count > 2, let first = scored.first, let last = scored.last,
      let worst = scored.dropFirst().min(by: { merit($0.scored) < merit($1.scored) }), worst.step != last.step,
      let (before, low, end) = answers(at: first.step, worst.step, last.step),
      let kind = kind(of: "source")?.reading(sumsOfWidth: low.width)
    else { return nil }
    var random = RandomSource(seed: seed)
    let regained = kind.change(from: end, to: low, using: &random)
    return StepCurve.WorstMoment(
      step: worst.step, before: first.scored, worst: worst.scored, last: last.scored,
      lost: kind.change(from: before, to: low, using: &random).loss, regained: regained.loss,
      // The worst was looked for among all looks.
      pairedPValue: min(1, regained.pValue * Double(scored.count - 1)))
  }

  private func merit(_ scored: ScoredTask) -> Double { scored.score.merit(scored.value) }

  private func answers(at first: Int, _ second: Int, _ third: Int) -> (ExampleSums, ExampleSums, ExampleSums)? {
    let found = [first, second, third].compactMap { stepSums[$0]?.exampleSums }
    guard found.count == 3, Set(found.map(\.count)).count == 1 else { return nil }
    return (found[0], found[1], found[2])
  }

  private func stop(_ watch: RunState.Watch) -> StepCurve.Stop? {
    guard let stop = state.stop, let quantity = try? StopRule(parsing: stop.rule).quantity,
      let sample = StopRule.Quantity.ofSource.contains(quantity) ? watch.source : watch.target
    else { return nil }
    let score: Score? =
      switch quantity {
      case .source, .forgetting: self.score(of: "source")
      case .target: self.score(of: "target")
      case .gauge: nil
      }
    let count = quantity == .gauge ? watch.gaugeCount ?? sample.count : sample.count
    return StepCurve.Stop(
      rule: stop.rule, step: stop.step, figure: Estimate(stop.value, low: stop.low, high: stop.high),
      sample: StepCurve.Sample(count: count, chooses: sample.chooses), score: score,
      isDifference: quantity == .forgetting, keptStep: lastEpoch.map(stepCount) ?? 0)
  }
}
