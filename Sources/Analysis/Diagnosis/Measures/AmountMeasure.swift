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
        return models.score.decline(
          from: try models.wholeAnswers().before.score, to: try models.wholeAnswers(of: other.model).score)
      }
      let mean = MeanInterval([forgetting.final] + losses, within: forgetting.score.differenceBounds)
      amount.runs = MeanOfRuns(count: mean.count, loss: Estimate(mean.mean, low: mean.low, high: mean.high))
    }
    return amount
  }

  /// What a run says of itself, of the same examples; nil where it did not store its predictions of them.
  private func stored(_ run: Run) -> Forgetting? {
    guard !models.isProxy, run.record.data.source?.head.map({ $0 == models.sourceTask }) ?? true,
      models.sourceKind.isClassification
        ? run.record.labels["source"] == models.wholeSourceTest.labels
        : run.record.data.source?.fingerprint == models.source.fingerprint
    else { return nil }
    return run.forgetting
  }

  private func measured() throws -> Forgetting {
    let (start, end) = try models.wholeAnswers()
    let kind = models.sourceKind
    var random = RandomSource(seed: run?.record.seed ?? 5)
    let change = kind.change(from: start.sums, to: end.sums, using: &random)
    let chance = kind.isClassification ? models.source.chance : .nan
    let relative = ForgettingMeasures(sourceAccuracy: [start.merit, end.merit], chance: chance).relative
    return Forgetting(
      score: models.score, epoch: run?.chosenEpoch ?? models.epoch, before: change.before, after: change.after,
      final: change.loss.value, low: change.loss.low, high: change.loss.high, relative: relative ?? .nan,
      pairedPValue: change.pValue, lost: change.worse, gained: change.better, sourceCount: change.count,
      chance: chance, further: kind.further(from: start.sums, to: end.sums), places: models.isProxy ? kind.places : nil)
  }
}
