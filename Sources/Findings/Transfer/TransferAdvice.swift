import Metrics

/// How far to freeze a network for a target, from the curves of a transfer experiment.
public struct TransferAdvice: Sendable, Codable, Equatable {
  /// What to do with the base network's layers.
  public enum Action: String, Sendable, Codable {
    /// Freezing the blocks up to a cut costs nothing: what they compute serves the target as it is.
    case freeze
    /// Even the first block is worth training on.
    case tuneAll = "tune all"
    /// A network of the target's own does better than every copy.
    case startAnew = "start anew"
  }

  /// What to do; only the experiment's own schedule and amount of data stand behind it.
  public let action: Action
  /// What stays as it is; nil but for ``Action/freeze``.
  public let frozen: TransferResult.Cut?

  /// Freezes the blocks up to a cut.
  public static func freeze(_ cut: TransferResult.Cut) -> TransferAdvice { .init(action: .freeze, frozen: cut) }
  /// Trains everything on.
  public static let tuneAll = TransferAdvice(action: .tuneAll, frozen: nil)
  /// Leaves the base network alone.
  public static let startAnew = TransferAdvice(action: .startAnew, frozen: nil)
}

extension TransferAdvice {
  /// Freezing costs nothing up to a cut where AnB is as good as AnB+, within the tolerance, at it and at every cut before.
  ///
  /// Only where the best copies fall short of the target's own network by more than that, and by more than seeds alone
  /// explain, a network of the target's own is advised.
  init(base: [Double], curves: [TransferResult.Curve], cuts: [TransferResult.Cut], tolerance: Double) {
    func points(_ kind: TransferKind) -> [TransferResult.Point]? { curves.first { $0.kind == kind }?.points }
    guard let frozen = points(.transfer), let tuned = points(.transferTuned),
      let best = tuned.max(by: { $0.result.mean < $1.result.mean })
    else {
      self = .tuneAll
      return
    }
    // A seed's networks see the same examples in the same order: they are compared with each other.
    let losses = zip(base, best.result.values).map { $0 - $1 }
    if !losses.isEmpty, case let loss = MeanInterval(losses), loss.mean > tolerance, !(loss.low <= 0) {
      self = .startAnew
      return
    }
    let free = zip(frozen, tuned).prefix { $0.result.mean >= $1.result.mean - tolerance }
    let cut = free.last.flatMap { last in cuts.first { $0.name == last.0.cut } }
    self = cut.map { .freeze($0) } ?? .tuneAll
  }
}
