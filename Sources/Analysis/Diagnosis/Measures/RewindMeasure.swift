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
      targetCount: models.targetTest?.count, score: models.score,
      targetScore: models.targetScore, matchedClasses: models.classes)
  }

  /// Rewinds each layer alone, or more and more layers from one end.
  public func rewinds(_ order: RewindFinding.Order = .alone) throws -> [Rewind] {
    let units = order == .fromHead ? models.rewindUnits.reversed() : models.rewindUnits
    guard order != .alone else { return try rewinds(units.map { [$0] }, sources: aloneAnswers()) }
    let sets = units.indices.map { Array(units[...$0]) }
    return try rewinds(sets, sources: sourceAnswers(sets))
  }

  private func rewinds(_ sets: [[RewindUnit]], sources: [Answers]) throws -> [Rewind] {
    let (base, target) = (try baseAnswers(), try models.answersAfter().target)
    models.progress.begin("what rewinding costs", of: sets.count * (models.targetTest?.count ?? 0))
    let targets = try models.targetAnswers(changing: sets.map(models.rewound))
    return sets.indices.map { number in
      var random = RandomSource(seed: 1)
      let gain = base.gain(to: sources[number], using: &random).gain
      var cost = Estimate.unmeasured
      if let target, let now = targets?[number] { cost = -target.gain(to: now, using: &random).gain }
      return Rewind(layers: sets[number].map(\.name), gain: gain, cost: cost)
    }
  }

  /// What the source's examples come to in the state that layers are put back from.
  func baseAnswers() throws -> Answers {
    try (restoresStatistics ? models.answersRestored() : nil) ?? models.answersAfter().source
  }

  /// That state, as a change of the model after.
  private func baseChange() throws -> ModelChange {
    try (restoresStatistics ? models.reestimatedStatistics() : nil) ?? ModelChange()
  }

  /// What the source's examples come to once some layers are put back, for each of several sets.
  private func sourceAnswers(_ sets: [[RewindUnit]], half: Half? = nil) throws -> [Answers] {
    try models.sourceAnswers(changing: sets.map(models.rewound), from: baseChange(), half: half)
  }

  /// Likewise of each layer alone.
  private func aloneAnswers() throws -> [Answers] {
    try models.rewoundAlone(restoresStatistics: restoresStatistics) {
      let units = models.rewindUnits
      models.progress.begin("rewinding layers", of: units.count * models.sourceTest.count)
      return try sourceAnswers(units.map { [$0] })
    }
  }

  /// Whether putting some layers back is established to regain something, on the half that had no part in choosing them.
  func isConfirmed(_ units: [RewindUnit]) throws -> Bool {
    let half = Half.judging
    var random = RandomSource(seed: 9)
    let change = try half.take(baseAnswers()).gain(to: sourceAnswers([units], half: half)[0], using: &random)
    return EstablishedChange(loss: -change.gain, pairedPValue: change.pValue) == .gain
  }

  /// The smallest set of layers, found greedily, whose rewinding regains a share of what was lost; none where nothing was
  /// lost.
  ///
  /// Layers are added while each brings something; where that does not suffice, as with layers that fit only each other,
  /// all are put back and left out again one by one.
  func smallestSet(regaining share: Double, on half: Half) throws -> [RewindUnit] {
    let start = half.take(try models.answersBefore()).merit
    let now = half.take(try baseAnswers()).merit
    let wanted = now + share * (start - now)
    var chosen: [RewindUnit] = []
    var rest = models.rewindUnits
    var reached = now
    while reached < wanted, !rest.isEmpty {
      let trials = try merits(adding: rest, to: chosen, on: half)
      guard let best = trials.indices.max(by: { trials[$0] < trials[$1] }), trials[best] > reached else { break }
      reached = trials[best]
      chosen.append(rest.remove(at: best))
    }
    guard reached < wanted else { return chosen }
    var kept = models.rewindUnits
    guard try sourceAnswers([kept], half: half)[0].merit >= wanted else { return chosen }
    while kept.count > 1 {
      let trials = try merits(leavingOutOneOf: kept, on: half)
      guard let best = trials.indices.max(by: { trials[$0] < trials[$1] }), trials[best] >= wanted else { break }
      kept.remove(at: best)
    }
    return kept
  }

  /// How good the source's score is once a layer is put back besides others, for each of some.
  private func merits(adding units: [RewindUnit], to chosen: [RewindUnit], on half: Half) throws -> [Double] {
    if chosen.isEmpty, let known = models.rewoundAlone(restoresStatistics: restoresStatistics) {
      return known.map { half.take($0).merit }
    }
    let count = units.count * half.indices(of: models.sourceTest.count).count
    models.progress.begin(
      chosen.isEmpty ? "rewinding layers" : "rewinding \(chosen.count + 1) layers together", of: count)
    let base = try baseChange().followed(by: models.rewound(chosen))
    return try models.sourceAnswers(changing: units.map { models.rewound([$0]) }, from: base, half: half).map(\.merit)
  }

  /// How good it is once all of some layers but one are put back, for each of them.
  private func merits(leavingOutOneOf units: [RewindUnit], on half: Half) throws -> [Double] {
    let count = units.count * half.indices(of: models.sourceTest.count).count
    models.progress.begin("rewinding \(units.count - 1) layers together", of: count)
    let start = try baseChange()
    let base = start.followed(by: models.rewound(units))
    let kept = units.map { models.unchanged([$0]).followed(by: start.naming($0.names)) }
    return try models.sourceAnswers(changing: kept, from: base, half: half).map(\.merit)
  }
}
