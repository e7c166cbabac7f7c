import Findings
import Metrics

/// Where the source's score went, cause by cause, in this order: running statistics, readout, features; or averaged over
/// the orders of the first two (Shapley's value).
///
/// The running statistics are measured anew on the source's training inputs; then the source's head is fitted anew on
/// the features that the model has with them; what is still missing are the features. The parts sum to what was lost of
/// the judged examples.
public struct WaterfallMeasure {
  private let models: ComparedModels
  private let averagesOrders: Bool

  /// - Parameter averagesOrders: whether what the statistics and the readout bring is the mean of both orders: each
  ///   first, and each after the other. The same where there are no running statistics.
  public init(_ models: ComparedModels, averagesOrders: Bool = false) {
    self.models = models
    self.averagesOrders = averagesOrders
  }

  /// The causes that the model can have, in order.
  public func causes() throws -> [ForgettingCause] {
    let start = try models.answersBefore()
    let end = try models.answersAfter().source
    let statistics = try models.reestimatedStatistics()
    let (restored, refitted) =
      try statistics.map { change in
        try models.applying(change) { (try models.sourceCorrect(models.after), try RefittedHead(of: models).isCorrect) }
      } ?? (end, models.refittedHead().isCorrect)
    var random = RandomSource(seed: 3)
    /// The mean of steps between two states of the model, example by example.
    func part(_ kind: ForgettingCause.Kind, _ steps: [(from: [Bool], to: [Bool])]) -> ForgettingCause {
      let changes = start.indices.map { index in
        steps.reduce(0.0) { $0 + ($1.to[index] ? 1 : 0) - ($1.from[index] ? 1 : 0) } / Double(steps.count)
      }
      let interval = bootstrapInterval(ofMean: changes, using: &random)
      return ForgettingCause(
        kind,
        loss: Estimate(
          changes.reduce(0, +) / Double(max(1, changes.count)), low: interval.low, high: interval.high))
    }
    var ofStatistics = [(from: end, to: restored)]
    var ofReadout = [(from: restored, to: refitted)]
    if averagesOrders {
      let refittedAlone = try models.refittedHead().isCorrect
      ofStatistics.append((refittedAlone, refitted))
      ofReadout.append((end, refittedAlone))
    }
    let parts = [
      part(.statistics, ofStatistics), part(.readout, ofReadout), part(.features, [(refitted, start)]),
    ]
    return statistics == nil ? Array(parts.dropFirst()) : parts
  }
}
