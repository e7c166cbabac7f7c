import Checkpoints
import Metrics
import Models
import Programs
import Torch

/// Something to do about forgetting, tried on examples that had no part in choosing it.
public struct Remedy {
  /// In words: `refit the source head`.
  public let action: String
  /// Source accuracy regained, a fraction, with its paired bootstrap interval.
  public let gain: Double
  public let low: Double
  public let high: Double
  /// Target accuracy lost, a fraction; NaN without a target.
  public let cost: Double
  /// How many examples it was measured on.
  public let count: Int
  let change: ModelChange
}

extension JudgedPair {
  /// Remedies by what they regain less what they cost; those that regain nothing are left out.
  ///
  /// What is to be chosen (how far, which layers) is chosen on one half of the test examples, and all is measured on the
  /// other.
  ///
  /// - Parameter onProgress: told what is tried next.
  public func remedies(onProgress: (String) -> Void = { _ in }) throws -> [Remedy] {
    var found: [Remedy] = []
    func tried(_ action: String, _ change: ModelChange) throws { found.append(try measured(action, change)) }
    if let change = try reestimatedStatistics() {
      onProgress("running statistics")
      try tried("re-estimate the running statistics on the source", change)
    }
    onProgress("the source head")
    if let change = try refittedHead().change { try tried("refit the source head", change) }
    onProgress("rewinding")
    let set = try smallestSet()
    if !set.isEmpty {
      try tried("rewind \(set.map(\.name).joined(separator: ", "))", rewound(set))
    }
    onProgress("interpolating")
    let (share, change) = try bestInterpolation()
    if share > 0 { try tried("interpolate \(Self.text(share)) of the way to the source", change) }
    onProgress("interpolating by block")
    let blocks = try bestBlockInterpolation(from: share)
    if Set(blocks.shares.map(\.share)).count > 1 {
      let list = blocks.shares.filter { $0.share > 0 }.map { "\($0.block) \(Self.text($0.share))" }
      try tried("interpolate by block: \(list.joined(separator: ", "))", blocks.change)
    }
    return found.filter { $0.gain > 0 }.sorted { merit($0) > merit($1) }
  }

  private func merit(_ remedy: Remedy) -> Double { remedy.gain - (remedy.cost.isNaN ? 0 : remedy.cost) }

  private static func text(_ share: Double) -> String { "\((share * 100).rounded() / 100)" }

  private func measured(_ action: String, _ change: ModelChange) throws -> Remedy {
    let half = Half(isFirst: false)
    let now = try asItIs()
    let (source, target) = (half.take(now.source), half.take(now.target))
    return try applying(change) {
      let comparison = PairedComparison(before: source, after: try sourceCorrect(after, half: half))
      var random = RandomSource(seed: 4)
      let interval = comparison.bootstrapInterval(resamples: 4000, using: &random)
      return Remedy(
        action: action, gain: comparison.difference, low: interval.low, high: interval.high,
        cost: target.isEmpty ? .nan : accuracy(target) - accuracy(try targetCorrect(after, half: half)),
        count: source.count, change: change)
    }
  }

  /// `λ · before + (1 − λ) · after` of the backbone's tensors that are named.
  private func interpolation(_ shares: [String: Double]) throws -> ModelChange {
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
    let head = Set(after.program.headParameterNames)
    return after.program.parameters.map(\.name).filter { !head.contains($0) } + after.program.buffers.map(\.name)
  }

  /// Source and target accuracy together, on the half that chooses.
  private func score(_ change: ModelChange) throws -> Double {
    let half = Half(isFirst: true)
    return try applying(change) {
      let target = try targetCorrect(after, half: half)
      return accuracy(try sourceCorrect(after, half: half)) + (target.isEmpty ? 0 : accuracy(target))
    }
  }

  private func bestInterpolation() throws -> (share: Double, change: ModelChange) {
    var best = (share: 0.0, change: ModelChange(), score: try score(ModelChange()))
    // Without a target nothing speaks against going all the way.
    for share in stride(from: 0.1, through: target == nil ? 0.5 : 1, by: 0.1) {
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
    let head = Set(after.program.headParameterNames)
    let blocks = after.program.blocks.filter { head.isDisjoint(with: $0.parameterNames) }
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

  /// The checkpoint after, with a remedy applied.
  public func checkpoint(applying remedy: Remedy, epoch: Int) throws -> Checkpoint {
    try applying(remedy.change) { try after.checkpoint(epoch: epoch) }
  }
}
