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
  /// Freezing costs nothing up to a cut where AnB is as good as AnB+, within the ``tolerance``, at it and at every cut before.
  ///
  /// Only where the best copies fall short of the target's own network by more than that, and by more than seeds alone
  /// explain, a network of the target's own is advised.
  public func advice(cuts: [TransferCut]) -> TransferAdvice {
    guard let frozen = curve(.transfer)?.points, let tuned = curve(.transferTuned)?.points,
      let best = tuned.max(by: { $0.accuracy.mean < $1.accuracy.mean })
    else { return .tuneAll }
    // A seed's networks see the same examples in the same order: they are compared with each other.
    let losses = zip(base, best.values).map { $0 - $1 }
    if !losses.isEmpty, case let loss = MeanInterval(losses), loss.mean > tolerance, !(loss.low <= 0) {
      return .startAnew
    }
    let free = zip(frozen, tuned).prefix { $0.accuracy.mean >= $1.accuracy.mean - tolerance }
    guard let last = free.last?.0, let cut = cuts.first(where: { $0.name == last.cut }) else { return .tuneAll }
    return .freeze(cut)
  }
}
