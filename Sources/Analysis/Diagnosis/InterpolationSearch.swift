import Findings
import Metrics
import Models
import Programs
import Torch

/// How far to go back to the model before: the share `λ` of `λ · before + (1 − λ) · after` of the backbone's tensors that is
/// best for both tasks together, on the half of the examples that chooses.
struct InterpolationSearch {
  /// All of the backbone at one share.
  struct Whole {
    var share: Double
    var change: ModelChange
    fileprivate var trial: InterpolationTrial
  }

  private let models: ComparedModels
  /// Whether changes are first asked about a quarter of the examples that choose, and the best alone about the others:
  /// one round of successive halving (Jamieson and Talwalkar, AISTATS 2016).
  private let races: Bool
  /// So many go on to the others.
  private static let finalistCount = 2
  /// Examples of the source on which changes are told apart, at least.
  private static let leastCompared = 25

  init(_ models: ComparedModels, measuresAll: Bool = false) {
    self.models = models
    let quarter = Half.choosing.taking(.quarter).indices(of: models.sourceTest.count)
    races = !measuresAll && quarter.count >= Self.leastCompared
  }

  /// In steps of a tenth. Without a target nothing speaks against going all the way, so it ends at a half.
  func bestShare() throws -> Whole {
    let now = try models.answersAfter()
    let half = Half.choosing
    var best = Whole(
      share: 0, change: ModelChange(),
      trial: InterpolationTrial(source: half.take(now.source), target: now.target.map(half.take)))
    let shares = Array(stride(from: 0.1, through: models.target == nil ? 0.5 : 1, by: 0.1))
    models.progress.begin("interpolating", of: shares.count * models.judgedCount(half: half))
    let quarters = races ? try few(Array(shares.indices)) { try onQuarter(changes(shares, $0)) } : nil
    let going = finalists(of: shares.count, quarters, against: best.trial)
    let trials = try few(going) { places in
      try onHalf(changes(shares, places), quarters.map { known in places.map { known[$0] } })
    }
    for (place, trial) in zip(going, trials) where trial.merit > best.trial.merit {
      best = Whole(share: shares[place], change: try interpolated(backboneNames, shares[place]), trial: trial)
    }
    return best
  }

  private func changes(_ shares: [Double], _ places: [Int]) throws -> [ModelChange] {
    try places.map { try interpolated(backboneNames, shares[$0]) }
  }

  /// What is asked about changes that are as large as the network: of one process one is there at a time, of several as many
  /// as can each be asked of one.
  private func few(
    _ places: [Int], _ ask: ([Int]) throws -> [InterpolationTrial]
  ) throws -> [InterpolationTrial] {
    let size = models.processes?.count ?? 1
    return try stride(from: 0, to: places.count, by: size).flatMap {
      try ask(Array(places[$0..<min($0 + size, places.count)]))
    }
  }

  /// One pass over the blocks from the head down, each with the share that is best while the others stay.
  func bestShares(from start: Whole) throws -> (shares: [(block: String, share: Double)], change: ModelChange) {
    let program = models.after.program
    let head = Set(program.headParameterNames)
    let blocks = program.blocks.filter { head.isDisjoint(with: $0.parameterNames) }
    let names = blocks.map { $0.parameterNames + $0.bufferNames }
    var shares = blocks.map { _ in start.share }
    models.progress.begin("interpolating by block", of: 4 * blocks.count * models.judgedCount(half: .choosing))
    var change = ModelChange()
    for own in names { change = change.followed(by: try interpolated(own, start.share)) }
    let isWhole = start.share == 0 || Set(names.joined()).isSuperset(of: backboneNames)
    var best = try isWhole ? start.trial : onHalf([change])[0]
    for index in blocks.indices.reversed() {
      let tried = [0, 0.25, 0.5, 0.75, 1].filter { $0 != shares[index] }
      let changes = try tried.map { try interpolated(names[index], $0) }
      let quarters = races ? try onQuarter(changes, from: change) : nil
      let going = finalists(of: tried.count, quarters, against: best)
      let trials = try onHalf(
        going.map { changes[$0] }, from: change, quarters.map { known in going.map { known[$0] } })
      for (number, trial) in zip(going, trials) where trial.merit > best.merit {
        (best, shares[index]) = (trial, tried[number])
      }
      if let number = tried.firstIndex(of: shares[index]) { change = change.followed(by: changes[number]) }
    }
    return (zip(blocks, shares).map { ($0.name, $1) }, change)
  }

  /// Places of the changes that are asked about all of the half: those that are best on a quarter of it, without those that
  /// are established to be worse there than what is best so far. Those left out count as done.
  private func finalists(
    of count: Int, _ quarters: [InterpolationTrial]?, against best: InterpolationTrial
  ) -> [Int] {
    guard let quarters else { return Array(0..<count) }
    let known = best.selecting(.quarter, of: .choosing, in: models)
    let going = quarters.indices.filter { !quarters[$0].isEstablishedWorse(than: known) }
      .sorted { (quarters[$1].merit, $0) < (quarters[$0].merit, $1) }.prefix(Self.finalistCount).sorted()
    models.progress.advance(by: (count - going.count) * models.judgedCount(half: Half.choosing.taking(.others)))
    return going
  }

  private func onQuarter(
    _ changes: [ModelChange], from base: ModelChange = ModelChange()
  ) throws -> [InterpolationTrial] {
    try trials(changes, from: base, on: Half.choosing.taking(.quarter))
  }

  /// What changes come to on the half that chooses.
  ///
  /// - Parameter quarters: on a quarter of it, where that is known.
  private func onHalf(
    _ changes: [ModelChange], from base: ModelChange = ModelChange(), _ quarters: [InterpolationTrial]? = nil
  ) throws -> [InterpolationTrial] {
    guard let quarters else { return try trials(changes, from: base, on: .choosing) }
    return try zip(quarters, trials(changes, from: base, on: Half.choosing.taking(.others))).map {
      $0.joined(with: $1, of: .choosing, in: models)
    }
  }

  private func trials(_ changes: [ModelChange], from base: ModelChange, on half: Half) throws -> [InterpolationTrial] {
    guard !changes.isEmpty else { return [] }
    let sources = try models.sourceAnswers(changing: changes, from: base, half: half)
    let targets = try models.targetAnswers(changing: changes, from: base, half: half)
    return changes.indices.map { InterpolationTrial(source: sources[$0], target: targets?[$0]) }
  }

  /// Tensors at a share; those that are no fractions stay as they are after.
  private func interpolated(_ names: [String], _ share: Double) throws -> ModelChange {
    let (before, after) = (models.before, models.after)
    var change = ModelChange()
    try withoutGradients {
      for name in names {
        guard let end = after.parameters[name] ?? after.buffers[name],
          let start = before.parameters[name] ?? before.buffers[name], end.type?.isFloatingPoint == true
        else { continue }
        change.tensors[name] = share == 0 ? end : try end.multiply(by: 1 - share).add(start, scaledBy: share)
      }
    }
    return change
  }

  private var backboneNames: [String] {
    let program = models.after.program
    let head = Set(program.headParameterNames)
    return program.parameters.map(\.name).filter { !head.contains($0) } + program.buffers.map(\.name)
  }
}

/// What some change of the model after makes of some of both tasks' examples.
struct InterpolationTrial {
  let source: Answers
  /// Nil without a target.
  let target: Answers?

  /// Both scores together, more is better.
  var merit: Double { source.merit + (target?.merit ?? 0) }

  /// Whether both tasks together are worse, by the 95 % intervals of each.
  func isEstablishedWorse(than other: InterpolationTrial) -> Bool {
    var random = RandomSource(seed: 14)
    var most = other.source.gain(to: source, resamples: 1000, using: &random).gain.high
    if let target, let known = other.target {
      most += known.gain(to: target, resamples: 1000, using: &random).gain.high
    }
    return most < 0
  }

  /// What a trial on a half comes to on a part of it.
  func selecting(_ part: Half.Part, of half: Half, in models: ComparedModels) -> InterpolationTrial {
    func selected(_ answers: Answers, _ count: Int) -> Answers {
      let places = Dictionary(uniqueKeysWithValues: half.indices(of: count).enumerated().map { ($1, $0) })
      return answers.selecting(half.taking(part).indices(of: count).compactMap { places[$0] })
    }
    return InterpolationTrial(
      source: selected(source, models.sourceTest.count),
      target: target.map { selected($0, models.targetTest?.count ?? 0) })
  }

  /// A trial on a quarter of a half, and what it comes to on the others, as one on the half.
  func joined(with others: InterpolationTrial, of half: Half, in models: ComparedModels) -> InterpolationTrial {
    func joined(_ first: Answers, _ second: Answers, _ count: Int) -> Answers {
      var sums = first.sums
      sums.append(second.sums)
      let examples = half.taking(.quarter).indices(of: count) + half.taking(.others).indices(of: count)
      return Answers(first.kind, sums.selecting(examples.indices.sorted { examples[$0] < examples[$1] }))
    }
    return InterpolationTrial(
      source: joined(source, others.source, models.sourceTest.count),
      target: target.flatMap { own in others.target.map { joined(own, $0, models.targetTest?.count ?? 0) } })
  }
}
