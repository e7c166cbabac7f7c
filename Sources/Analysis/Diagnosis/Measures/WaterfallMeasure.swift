import Findings
import Metrics

/// Where the source's score went, cause by cause, in this order: running statistics, readout, features; or averaged over
/// the orders of the first two (Shapley's value).
///
/// The running statistics are measured anew on the source's training inputs; then the source's head is fitted anew on
/// the features that the model has with them; what is still missing are the features. The head is fitted anew on the
/// features of before too: what a better head would have brought there was not lost, and is no part of readout or
/// features. The parts sum to what was lost of the judged examples, in the score of the source's task.
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
    guard try models.canRefitHead() else { return [] }
    let end = try models.answersAfter().source
    let statistics = try models.reestimatedStatistics()
    let (start, restored) = (try models.answersBefore(), try models.answersRestored() ?? end)
    // Asked before the fits are counted, which need them.
    _ = (try models.outputsBefore(), try models.outputsAfter())
    // Each fit takes about as long as another.
    models.progress.begin("why", unit: "fit", of: statistics != nil && averagesOrders ? 3 : 2)
    try models.fitHeadsTogether()
    func answers(_ head: RefittedHead) -> Answers {
      models.progress.advance()
      return head.answers
    }
    let states = WaterfallStates(
      before: start, refittedBefore: answers(try models.headRefittedBefore()), after: end, restored: restored,
      refitted: answers(try models.headRefittedRestored() ?? models.refittedHead()),
      refittedAlone: averagesOrders ? answers(try models.refittedHead()) : nil)
    let losses = models.sourceKind.isClassification ? Self.meanLosses(states) : Self.losses(states)
    let unit = models.score.unit
    let parts = zip([ForgettingCause.Kind.statistics, .readout, .features], losses).map {
      ForgettingCause($0, loss: $1, unit: unit)
    }
    return statistics == nil ? Array(parts.dropFirst()) : parts
  }

  /// Of right and wrong each example has its parts, and the whole is their mean.
  private static func meanLosses(_ states: WaterfallStates<Answers>) -> [Estimate] {
    let right = states.map(\.isCorrect)
    let examples = right.before.indices.map { row in right.map { $0[row] ? 1.0 : 0 }.parts }
    var random = RandomSource(seed: 3)
    return (0..<3).map { part in
      let losses = examples.map { $0[part] }
      let interval = bootstrapInterval(ofMean: losses, using: &random)
      let mean = losses.reduce(0, +) / Double(max(1, losses.count))
      return Estimate(mean, low: interval.low, high: interval.high)
    }
  }

  /// Of scores that need not be means: all parts over the same resamples of the examples.
  private static func losses(_ states: WaterfallStates<Answers>) -> [Estimate] {
    var random = RandomSource(seed: 3)
    let intervals = bootstrapIntervals(
      exampleCount: states.before.count, figureCount: 3, using: &random
    ) { counts in states.map { $0.merit(counting: counts) }.parts }
    return zip(states.map(\.merit).parts, intervals).map { Estimate($0, low: $1.low, high: $1.high) }
  }
}

/// What a waterfall knows of each state that it passes through.
struct WaterfallStates<Value> {
  /// The model before, with its own head.
  let before: Value
  /// The model before, the source's head fitted anew.
  let refittedBefore: Value
  /// The model after as it is.
  let after: Value
  /// With running statistics measured anew.
  let restored: Value
  /// With these, and the source's head fitted anew.
  let refitted: Value
  /// With the head alone fitted anew: the other order, where both are averaged.
  let refittedAlone: Value?

  func map<Other>(_ transform: (Value) -> Other) -> WaterfallStates<Other> {
    WaterfallStates<Other>(
      before: transform(before), refittedBefore: transform(refittedBefore), after: transform(after),
      restored: transform(restored), refitted: transform(refitted), refittedAlone: refittedAlone.map(transform))
  }
}

// Of how good each state is: what was lost to which cause.
extension WaterfallStates where Value == Double {
  /// Statistics, readout, features.
  var parts: [Double] { [statistics, readout, features] }

  var statistics: Double { mean(restored - after, refittedAlone.map { refitted - $0 }) }

  /// What fitting the head anew brings now, less what it brings before.
  var readout: Double {
    mean(refitted - restored, refittedAlone.map { $0 - after }) - (refittedBefore - before)
  }

  /// What the best head loses.
  var features: Double { refittedBefore - refitted }

  private func mean(_ first: Double, _ second: Double?) -> Double { second.map { (first + $0) / 2 } ?? first }
}
