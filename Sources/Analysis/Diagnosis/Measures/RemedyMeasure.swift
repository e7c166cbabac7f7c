import Checkpoints
import Findings
import Metrics
import Models
import Programs
import Torch

/// A remedy that was measured, and what it changes.
public struct TriedRemedy {
  /// What it regains and costs.
  public let finding: Remedy
  let change: ModelChange
}

/// What can be done about forgetting without training again, tried on examples that had no part in choosing it.
public struct RemedyMeasure {
  private let models: ComparedModels

  /// Of two models.
  public init(_ models: ComparedModels) { self.models = models }

  /// Remedies by what they regain less what they cost, where both have one unit; those that regain nothing are left out. The
  /// temperature that mends the source's confidence, which regains none of the score, is the last.
  ///
  /// What is to be chosen (how far, which layers) is chosen on one half of the test examples, and all is measured on the
  /// other.
  ///
  /// - Parameter onProgress: told what is tried next.
  public func tried(onProgress: (String) -> Void = { _ in }) throws -> [TriedRemedy] {
    try regaining(onProgress: onProgress) + [temperature(onProgress: onProgress)].compactMap { $0 }
  }

  /// Nil where there was no confidence to mend, or nothing that is established to mend it.
  private func temperature(onProgress: (String) -> Void) throws -> TriedRemedy? {
    onProgress("confidence")
    guard let (confidence, change) = try ConfidenceMeasure(models).temperature() else { return nil }
    let action = "divide the scores of the source head by \(Self.text(confidence.temperature))"
    var finding = try measured(Remedy(kind: .temperature, action: action), change).finding
    (finding.gain, finding.confidence) = (.unmeasured, confidence)
    return TriedRemedy(finding: finding, change: change)
  }

  private func regaining(onProgress: (String) -> Void) throws -> [TriedRemedy] {
    var found: [TriedRemedy] = []
    func tried(_ kind: Remedy.Kind, _ action: String, _ change: ModelChange, layers: [String] = []) throws {
      found.append(try measured(Remedy(kind: kind, action: action, layers: layers), change))
    }
    if let change = try models.reestimatedStatistics() {
      onProgress("running statistics")
      try tried(.statistics, "re-estimate the running statistics on the source", change)
    }
    if try models.canRefitHead() {
      onProgress("the source head")
      if let change = try models.refittedHead().change { try tried(.head, "refit the source head", change) }
    }
    if let balance = NewClassBalance(models) {
      onProgress("the target's own classes")
      if let change = try balance.alignment() {
        try tried(.alignment, "align the head's rows of the target's own classes with the others", change)
      }
      if let (change, offset) = try balance.offset() {
        try tried(.offset, "move the head's biases of the target's own classes by \(Self.text(offset))", change)
      }
    }
    onProgress("rewinding")
    let set = try models.smallestSet()
    if !set.isEmpty {
      let names = set.map(\.name)
      try tried(.rewind, "rewind \(names.joined(separator: ", "))", models.rewound(set), layers: names)
    }
    // How far to go is weighed by both tasks.
    guard models.areCommensurable else { return helping(found) }
    onProgress("interpolating")
    let (share, change) = try bestInterpolation()
    if share > 0 { try tried(.interpolation, "interpolate \(Self.text(share)) of the way to the source", change) }
    onProgress("interpolating by block")
    let blocks = try bestBlockInterpolation(from: share)
    if Set(blocks.shares.map(\.share)).count > 1 {
      let list = blocks.shares.filter { $0.share > 0 }.map { "\($0.block) \(Self.text($0.share))" }
      try tried(.blockInterpolation, "interpolate by block: \(list.joined(separator: ", "))", blocks.change)
    }
    return helping(found)
  }

  /// The best first; by what they regain alone where costs are counted in another unit.
  private func helping(_ tried: [TriedRemedy]) -> [TriedRemedy] {
    func merit(_ remedy: Remedy) -> Double { models.areCommensurable ? remedy.merit : remedy.gain.value }
    return tried.filter { $0.finding.gain.value > 0 }.sorted { merit($0.finding) > merit($1.finding) }
  }

  private static func text(_ share: Double) -> String {
    "\(share < 0 ? "−" : "")\(abs((share * 100).rounded() / 100))"
  }

  private func measured(_ remedy: Remedy, _ change: ModelChange) throws -> TriedRemedy {
    let half = Half.judging
    let now = try models.answersAfter()
    let (source, target) = (half.take(now.source), now.target.map(half.take))
    return try models.applying(change) {
      var random = RandomSource(seed: 4)
      var finding = remedy
      finding.gain = try source.gain(to: models.sourceAnswers(models.after, half: half), using: &random).gain
      finding.cost = try models.cost(from: target, half: half, using: &random)
      finding.count = source.count
      return TriedRemedy(finding: finding, change: change)
    }
  }

  /// `λ · before + (1 − λ) · after` of the backbone's tensors that are named.
  private func interpolation(_ shares: [String: Double]) throws -> ModelChange {
    let (before, after) = (models.before, models.after)
    var change = ModelChange()
    try withoutGradients {
      for (name, share) in shares where share > 0 {
        guard let end = after.parameters[name] ?? after.buffers[name],
          let start = before.parameters[name] ?? before.buffers[name], end.type?.isFloatingPoint == true
        else { continue }
        change.tensors[name] = try end.multiply(by: 1 - share).add(start, scaledBy: share)
      }
    }
    return change
  }

  private var backboneNames: [String] {
    let program = models.after.program
    let head = Set(program.headParameterNames)
    return program.parameters.map(\.name).filter { !head.contains($0) } + program.buffers.map(\.name)
  }

  /// The source's and the target's score together, on the half that chooses.
  private func score(_ change: ModelChange) throws -> Double {
    try models.applying(change) {
      let target = try models.targetAnswers(models.after, half: .choosing)
      return try models.sourceAnswers(models.after, half: .choosing).merit + (target?.merit ?? 0)
    }
  }

  private func bestInterpolation() throws -> (share: Double, change: ModelChange) {
    var best = (share: 0.0, change: ModelChange(), score: try score(ModelChange()))
    // Without a target nothing speaks against going all the way.
    for share in stride(from: 0.1, through: models.target == nil ? 0.5 : 1, by: 0.1) {
      let change = try interpolation(Dictionary(uniqueKeysWithValues: backboneNames.map { ($0, share) }))
      let score = try score(change)
      if score > best.score { best = (share, change, score) }
    }
    return (best.share, best.change)
  }

  /// One pass over the blocks from the head down, each with the share that is best while the others stay.
  private func bestBlockInterpolation(
    from start: Double
  ) throws -> (shares: [(block: String, share: Double)], change: ModelChange) {
    let program = models.after.program
    let head = Set(program.headParameterNames)
    let blocks = program.blocks.filter { head.isDisjoint(with: $0.parameterNames) }
    var shares = blocks.map { _ in start }
    func change() throws -> ModelChange {
      var all: [String: Double] = [:]
      for (block, share) in zip(blocks, shares) {
        for name in block.parameterNames + block.bufferNames { all[name] = share }
      }
      return try interpolation(all)
    }
    var best = try score(change())
    for index in blocks.indices.reversed() {
      let kept = shares[index]
      var chosen = kept
      for share in [0, 0.25, 0.5, 0.75, 1] where share != kept {
        shares[index] = share
        let score = try score(change())
        if score > best { (best, chosen) = (score, share) }
      }
      shares[index] = chosen
    }
    return (zip(blocks, shares).map { ($0.name, $1) }, try change())
  }
}

extension ComparedModels {
  /// The checkpoint after, with a remedy applied.
  public func checkpoint(applying remedy: TriedRemedy, epoch: Int) throws -> Checkpoint {
    try applying(remedy.change) { try after.checkpoint(epoch: epoch) }
  }
}
