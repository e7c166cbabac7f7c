import Findings
import Metrics

/// Where the source's score went, cause by cause, in this order: running statistics, readout, features; or averaged over
/// the orders of the first two (Shapley's value).
///
/// The running statistics are measured anew on the source's training inputs; then the source's head is fitted anew on
/// the features that the model has with them; what is still missing are the features. The head is fitted anew on the
/// features of before too: what a better head would have brought there was not lost, and is no part of readout or
/// features. The parts sum to what was lost of the judged examples.
public struct WaterfallMeasure {
  private let models: ComparedModels
  private let averagesOrders: Bool

  /// - Parameter averagesOrders: whether what the statistics and the readout bring is the mean of both orders: each
  ///   first, and each after the other. The same where there are no running statistics.
  public init(_ models: ComparedModels, averagesOrders: Bool = false) {
    self.models = models
    self.averagesOrders = averagesOrders
  }

  /// The causes that the model can have, in order; none where its head cannot be fitted anew.
  public func causes() throws -> [ForgettingCause] {
    guard models.canRefitHead else { return [] }
    let end = try models.answersAfter().source.isCorrect
    let statistics = try models.reestimatedStatistics()
    let refitted =
      try statistics.map { change in
        try models.applying(change) { try RefittedHead(of: models.after, in: models).isCorrect }
      } ?? models.refittedHead().isCorrect
    let answers = WaterfallAnswers(
      before: try models.answersBefore().isCorrect, refittedBefore: try models.headRefittedBefore().isCorrect,
      after: end,
      restored: try models.answersRestored()?.isCorrect ?? end, refitted: refitted,
      refittedAlone: averagesOrders ? try models.refittedHead().isCorrect : nil)
    var random = RandomSource(seed: 3)
    func part(_ kind: ForgettingCause.Kind, _ losses: [Double]) -> ForgettingCause {
      let interval = bootstrapInterval(ofMean: losses, using: &random)
      let mean = losses.reduce(0, +) / Double(max(1, losses.count))
      return ForgettingCause(kind, loss: Estimate(mean, low: interval.low, high: interval.high))
    }
    let parts = [
      part(.statistics, answers.statistics), part(.readout, answers.readout), part(.features, answers.features),
    ]
    return statistics == nil ? Array(parts.dropFirst()) : parts
  }
}

/// Which examples are right in each state that a waterfall passes through, and what that makes of the causes, example by
/// example.
struct WaterfallAnswers {
  /// The model before, with its own head.
  let before: [Bool]
  /// The model before, the source's head fitted anew.
  let refittedBefore: [Bool]
  /// The model after as it is.
  let after: [Bool]
  /// With running statistics measured anew.
  let restored: [Bool]
  /// With these, and the source's head fitted anew.
  let refitted: [Bool]
  /// With the head alone fitted anew: the other order, where both are averaged.
  let refittedAlone: [Bool]?

  var statistics: [Double] {
    mean(change(from: after, to: restored), refittedAlone.map { change(from: $0, to: refitted) })
  }

  /// What fitting the head anew brings now, less what it brings before.
  var readout: [Double] {
    let now = mean(change(from: restored, to: refitted), refittedAlone.map { change(from: after, to: $0) })
    return zip(now, change(from: before, to: refittedBefore)).map { $0 - $1 }
  }

  /// What the best head loses.
  var features: [Double] { change(from: refitted, to: refittedBefore) }

  private func change(from first: [Bool], to second: [Bool]) -> [Double] {
    zip(first, second).map { ($1 ? 1 : 0) - ($0 ? 1 : 0) }
  }

  private func mean(_ first: [Double], _ second: [Double]?) -> [Double] {
    second.map { zip(first, $0).map { ($0 + $1) / 2 } } ?? first
  }
}
