import Findings
import Metrics

/// What putting layers' tensors back to what they were brings and costs.
///
/// Zhang et al., "Are all layers created equal?", 2019.
public struct RewindMeasure {
  private let models: ComparedModels
  /// Whether the running statistics of the model after are measured anew before layers are put back; the target is judged
  /// without that.
  private let restoresStatistics: Bool

  /// Of two models.
  public init(_ models: ComparedModels) { self.init(models, restoringStatistics: false) }

  init(_ models: ComparedModels, restoringStatistics: Bool) {
    self.models = models
    restoresStatistics = restoringStatistics
  }

  /// Rewinds layers in some orders.
  public func finding(_ orders: [RewindFinding.Order]) throws -> RewindFinding {
    var rewinds: [RewindFinding.Order: [Rewind]] = [:]
    for order in orders { rewinds[order] = try self.rewinds(order) }
    return RewindFinding(
      rewinds, source: models.source.name, sourceCount: models.sourceTest.count,
      targetCount: models.targetTest?.count, score: models.score, matchedClasses: models.classes)
  }

  /// Rewinds each layer alone, or more and more layers from one end.
  public func rewinds(_ order: RewindFinding.Order = .alone) throws -> [Rewind] {
    let units = order == .fromHead ? models.rewindUnits.reversed() : models.rewindUnits
    return try units.indices.map { try rewind(order == .alone ? [units[$0]] : Array(units[...$0])) }
  }

  /// Rewinds some layers together.
  func rewind(_ units: [RewindUnit]) throws -> Rewind {
    var random = RandomSource(seed: 1)
    let gain = PairedComparison(before: try baseAnswers(), after: try sourceCorrect(units)).change(using: &random)
    let target = try models.answersAfter().target
    let cost = try models.applying(models.rewound(units)) { try models.cost(from: target, using: &random) }
    return Rewind(layers: units.map(\.name), gain: gain, cost: cost)
  }

  /// Which source examples are right in the state that layers are put back from.
  func baseAnswers() throws -> [Bool] {
    try (restoresStatistics ? models.answersRestored() : nil) ?? models.answersAfter().source
  }

  /// Likewise once some layers are put back.
  private func sourceCorrect(_ units: [RewindUnit], half: Half? = nil) throws -> [Bool] {
    let rewound = models.rewound(units)
    let base = restoresStatistics ? try models.reestimatedStatistics() : nil
    return try models.applying(base?.followed(by: rewound) ?? rewound) {
      try models.sourceCorrect(models.after, half: half)
    }
  }

  /// Whether putting some layers back is established to regain something, on the half that had no part in choosing them.
  func isConfirmed(_ units: [RewindUnit]) throws -> Bool {
    let half = Half.judging
    let change = PairedComparison(
      before: half.take(try baseAnswers()), after: try sourceCorrect(units, half: half))
    var random = RandomSource(seed: 9)
    return EstablishedChange(loss: -change.change(using: &random), pairedPValue: change.pValue) == .gain
  }

  /// The smallest set of layers, found greedily, whose rewinding regains a share of what was lost; none where nothing was
  /// lost.
  ///
  /// Layers are added while each brings something; where that does not suffice, as with layers that fit only each other,
  /// all are put back and left out again one by one.
  func smallestSet(regaining share: Double, on half: Half) throws -> [RewindUnit] {
    let start = accuracy(half.take(try models.answersBefore()))
    let now = accuracy(half.take(try baseAnswers()))
    let wanted = now + share * (start - now)
    func score(_ units: [RewindUnit]) throws -> Double { accuracy(try sourceCorrect(units, half: half)) }
    var chosen: [RewindUnit] = []
    var rest = models.rewindUnits
    var reached = now
    while reached < wanted, !rest.isEmpty {
      let trials = try rest.map { try score(chosen + [$0]) }
      guard let best = trials.indices.max(by: { trials[$0] < trials[$1] }), trials[best] > reached else { break }
      reached = trials[best]
      chosen.append(rest.remove(at: best))
    }
    guard reached < wanted else { return chosen }
    var kept = models.rewindUnits
    guard try score(kept) >= wanted else { return chosen }
    while kept.count > 1 {
      let trials = try kept.indices.map { left in try score(kept.indices.filter { $0 != left }.map { kept[$0] }) }
      guard let best = trials.indices.max(by: { trials[$0] < trials[$1] }), trials[best] >= wanted else { break }
      kept.remove(at: best)
    }
    return kept
  }
}
