import Findings
import Metrics

/// What putting layers' tensors back to what they were brings and costs.
///
/// Zhang et al., "Are all layers created equal?", 2019.
public struct RewindMeasure {
  private let models: ComparedModels

  /// Of two models.
  public init(_ models: ComparedModels) { self.models = models }

  /// Rewinds layers in some orders.
  public func finding(_ orders: [RewindFinding.Order]) throws -> RewindFinding {
    var rewinds: [RewindFinding.Order: [Rewind]] = [:]
    for order in orders { rewinds[order] = try self.rewinds(order) }
    return RewindFinding(
      rewinds, source: models.source.name, sourceCount: models.sourceTest.count,
      targetCount: models.targetTest?.count, score: models.score)
  }

  /// Rewinds each layer alone, or more and more layers from one end.
  public func rewinds(_ order: RewindFinding.Order = .alone) throws -> [Rewind] {
    let units = order == .fromHead ? models.rewindUnits.reversed() : models.rewindUnits
    return try units.indices.map { try rewind(order == .alone ? [units[$0]] : Array(units[...$0])) }
  }

  /// Rewinds some layers together.
  func rewind(_ units: [RewindUnit]) throws -> Rewind {
    let (source, target) = try models.answersAfter()
    return try models.applying(models.rewound(units)) {
      let regained = PairedComparison(before: source, after: try models.sourceCorrect(models.after))
      var random = RandomSource(seed: 1)
      let interval = regained.bootstrapInterval(resamples: 2000, using: &random)
      return Rewind(
        layers: units.map(\.name), gain: Estimate(regained.difference, low: interval.low, high: interval.high),
        cost: target.isEmpty ? .nan : accuracy(target) - accuracy(try models.targetCorrect(models.after)))
    }
  }

  /// The smallest set of layers, found greedily, whose rewinding regains a share of what was lost; none where nothing was
  /// lost.
  ///
  /// Layers are added while each brings something; where that does not suffice, as with layers that fit only each other,
  /// all are put back and left out again one by one.
  func smallestSet(regaining share: Double, on half: Half) throws -> [RewindUnit] {
    let start = accuracy(half.take(try models.answersBefore()))
    let now = accuracy(half.take(try models.answersAfter().source))
    let wanted = now + share * (start - now)
    func score(_ units: [RewindUnit]) throws -> Double {
      try models.applying(models.rewound(units)) { accuracy(try models.sourceCorrect(models.after, half: half)) }
    }
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
