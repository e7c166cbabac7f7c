import Checkpoints
import Findings
import Metrics
import Models

/// How much of the source task was lost, on all its test examples.
///
/// Of a run that stored its predictions of the same examples, these are what counts, so that whoever speaks of the run
/// says the same.
struct AmountMeasure {
  let models: ComparedModels
  let run: Run?
  /// Other runs of the same fine-tuning, with their models after.
  var others: [(run: Run, model: Model)] = []

  func amount() throws -> ForgottenAmount {
    var amount = try run.flatMap { try stored($0) } ?? measured()
    if !others.isEmpty {
      let losses = try others.map { other in
        try stored(other.run)?.loss.value
          ?? accuracy(models.wholeAnswers().before) - accuracy(models.wholeAnswers(of: other.model))
      }
      let mean = MeanInterval([amount.loss.value] + losses)
      amount.runs = MeanOfRuns(count: mean.count, loss: Estimate(mean.mean, low: mean.low, high: mean.high))
    }
    return amount
  }

  /// What a run stored of the same examples; nil where it did not.
  private func stored(_ run: Run) throws -> ForgottenAmount? {
    guard !models.isProxy, run.record.labels["source"] == models.wholeSourceTest.labels,
      run.record.environment["sourceHead"].map({ $0 == models.sourceTask }) ?? true
    else { return nil }
    return run.storedAmount
  }

  private func measured() throws -> ForgottenAmount {
    let (start, end) = try models.wholeAnswers()
    let comparison = PairedComparison(before: start, after: end)
    var random = RandomSource(seed: run?.record.seed ?? 5)
    let interval = comparison.bootstrapInterval(using: &random)
    var amount = ForgottenAmount(
      models.score, before: accuracy(start), after: accuracy(end), comparison, interval: interval,
      epoch: run?.chosenEpoch)
    amount.chance = models.source.chance
    let measures = ForgettingMeasures(sourceAccuracy: [amount.before, amount.after], chance: amount.chance)
    amount.relative = measures.relative ?? .nan
    return amount
  }
}

extension Run {
  // MERGE: to be replaced by `Run.forgetting` of Training, which computes the same.
  /// The amount that the stored predictions say, the chosen epoch against epoch 0; nil where they are not there.
  fileprivate var storedAmount: ForgottenAmount? {
    let chosen = chosenEpoch
    let scores = (record.metrics["source_accuracy"] ?? []).prefix(chosen + 1).filter { !$0.isNaN }
    guard scores.count > 1, let labels = record.labels["source"], let predictions = record.predictions["source"],
      let before = predictions[0], let after = predictions[chosen]
    else { return nil }
    let chance = 1 / Double(max(1, Set(labels).count))
    let measures = ForgettingMeasures(sourceAccuracy: scores, chance: chance)
    let comparison = PairedComparison(labels: labels, before: before, after: after)
    var random = RandomSource(seed: record.seed)
    let interval = comparison.bootstrapInterval(using: &random)
    func score(_ predictions: [Int32]) -> Double { accuracy(zip(labels, predictions).map(==)) }
    var amount = ForgottenAmount(
      .accuracy, before: score(before), after: score(after), comparison, interval: interval, epoch: chosen)
    amount.relative = measures.relative ?? .nan
    amount.maxMinusFinal = measures.maxMinusFinal
    amount.worst = measures.worst
    amount.area = measures.area
    amount.chance = chance
    return amount
  }
}
