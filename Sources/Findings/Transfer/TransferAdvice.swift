import Metrics

/// How far to freeze a network for a target, from the curves of a transfer experiment.
public struct TransferAdvice: Sendable, Codable, Equatable {
  /// What to do with the base network's layers.
  public enum Action: String, Sendable, Codable {
    /// Freezing the blocks up to a cut costs no more than the tolerance: what they compute serves the target as it is.
    case freeze
    /// Even the first block is worth training on.
    case tuneAll = "tune all"
    /// A network of the target's own does better than every copy.
    case startAnew = "start anew"
  }

  /// What to do, by the means; only the experiment's own schedule and amount of data stand behind it.
  public let action: Action
  /// What stays as it is; nil but for ``Action/freeze``.
  public let frozen: TransferResult.Cut?
  /// Whether the seeds carry it.
  public var isEstablished: Bool
  /// What it rests on: by how much AnB+ is better than AnB at the cut up to which is frozen, or at the first one, or the
  /// target's own network than the best copy; nil where that was not measured.
  public var evidence: SeedComparison?

  /// - Parameters: see the properties.
  public init(
    _ action: Action, frozen: TransferResult.Cut? = nil, isEstablished: Bool = false, evidence: SeedComparison? = nil
  ) {
    self.action = action
    self.frozen = frozen
    self.isEstablished = isEstablished
    self.evidence = evidence
  }

  private enum CodingKeys: String, CodingKey { case action, frozen, isEstablished, evidence }

  /// Advice that was stored before seeds were compared is not established.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try container.decode(Action.self, forKey: .action),
      frozen: try container.decodeIfPresent(TransferResult.Cut.self, forKey: .frozen),
      isEstablished: try container.decodeIfPresent(Bool.self, forKey: .isEstablished) ?? false,
      evidence: try container.decodeIfPresent(SeedComparison.self, forKey: .evidence))
  }
}

extension TransferAdvice {
  /// Freezing is advised up to the last cut at which, and at every cut before it, AnB+ is established to be at most
  /// the tolerance better than AnB; where that is established nowhere, as far as the means say so.
  ///
  /// A network of the target's own is advised where it is better than the best copy by more than the tolerance, unless
  /// the seeds speak against it.
  init(base: RepeatedScore, curves: [TransferResult.Curve], cuts: [TransferResult.Cut], tolerance: Double) {
    func points(_ kind: TransferKind) -> [TransferResult.Point]? { curves.first { $0.kind == kind }?.points }
    guard let frozen = points(.transfer), let tuned = points(.transferTuned),
      let best = tuned.max(by: { $0.result.merit < $1.result.merit })
    else {
      self.init(.tuneAll)
      return
    }
    // A seed's networks see the same examples in the same order: they are compared with each other.
    let shortfall = base.gain(over: best.result)
    if shortfall.difference.value > tolerance, !(shortfall.difference.low <= 0) {
      self.init(.startAnew, isEstablished: shortfall.isMore, evidence: shortfall)
      return
    }
    let costs = zip(frozen, tuned).map {
      (cut: $0.cut, cost: $1.result.gain(over: $0.result))
    }
    let carried = costs.prefix { $0.cost.isAtMost(tolerance) }
    let free = carried.isEmpty ? costs.prefix { $0.cost.difference.value <= tolerance } : carried
    if let last = free.last, let cut = cuts.first(where: { $0.name == last.cut }) {
      self.init(.freeze, frozen: cut, isEstablished: !carried.isEmpty, evidence: last.cost)
    } else {
      self.init(.tuneAll, isEstablished: costs.first?.cost.isMore ?? false, evidence: costs.first?.cost)
    }
  }
}
