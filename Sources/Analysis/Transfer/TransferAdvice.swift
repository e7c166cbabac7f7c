import Metrics

/// How far to freeze a network for a target, from the curves of a transfer experiment.
public enum TransferAdvice: Sendable, Equatable {
  /// Freezing the blocks up to the cut costs nothing: what they compute serves the target as it is.
  case freeze(TransferCut)
  /// Even the first block is worth training on.
  case tuneAll
  /// A network of the target's own does better than every copy.
  case startAnew

  /// What stays as it is.
  public var frozen: TransferCut? { if case .freeze(let cut) = self { cut } else { nil } }
}

extension TransferResult {
  /// Freezing costs nothing up to a cut where AnB is within the margin of AnB+ at it and at every cut before.
  public func advice(cuts: [TransferCut]) -> TransferAdvice {
    guard let frozen = curve(.transfer)?.points, let tuned = curve(.transferTuned)?.points,
      let best = tuned.map(\.accuracy.mean).max()
    else { return .tuneAll }
    if !base.isEmpty, best < MeanInterval(base).mean - margin { return .startAnew }
    let free = zip(frozen, tuned).prefix { $0.accuracy.mean >= $1.accuracy.mean - margin }
    guard let last = free.last?.0, let cut = cuts.first(where: { $0.name == last.cut }) else { return .tuneAll }
    return .freeze(cut)
  }
}
