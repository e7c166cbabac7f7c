import Checkpoints
import Findings
import Metrics
import Models
import Training

/// How much of the source task was lost, on all its test examples.
///
/// Of a run that stored its predictions of the same examples, it is what the run says of itself.
struct AmountMeasure {
  let models: ComparedModels
  let run: Run?
  /// Other runs of the same fine-tuning, with their models after.
  var others: [(run: Run, model: Model)] = []

  func amount() throws -> ForgottenAmount {
    let forgetting = try run.flatMap(stored) ?? measured()
    var amount = ForgottenAmount(forgetting)
    if !others.isEmpty {
      let losses = try others.map { other -> Double in
        if let known = stored(other.run)?.final { return known }
        return try accuracy(models.wholeAnswers().before) - accuracy(models.wholeAnswers(of: other.model))
      }
      let mean = MeanInterval([forgetting.final] + losses, within: forgetting.score.differenceBounds)
      amount.runs = MeanOfRuns(count: mean.count, loss: Estimate(mean.mean, low: mean.low, high: mean.high))
    }
    return amount
  }

  /// What a run says of itself, of the same examples; nil where it did not store its predictions of them.
  private func stored(_ run: Run) -> Forgetting? {
    guard !models.isProxy, run.record.labels["source"] == models.wholeSourceTest.labels,
      run.record.data.source?.head.map({ $0 == models.sourceTask }) ?? true
    else { return nil }
    return run.forgetting
  }

  private func measured() throws -> Forgetting {
    let (start, end) = try models.wholeAnswers()
    let comparison = PairedComparison(before: start, after: end)
    var random = RandomSource(seed: run?.record.seed ?? 5)
    let interval = comparison.bootstrapInterval(using: &random)
    let (before, after, chance) = (accuracy(start), accuracy(end), models.source.chance)
    let relative = ForgettingMeasures(sourceAccuracy: [before, after], chance: chance).relative
    return Forgetting(
      score: models.score, epoch: run?.chosenEpoch ?? models.epoch, before: before, after: after,
      final: -comparison.difference, low: -interval.high, high: -interval.low, relative: relative ?? .nan,
      pairedPValue: comparison.pValue, lost: comparison.lost, gained: comparison.gained,
      sourceCount: comparison.count, chance: chance)
  }
}
