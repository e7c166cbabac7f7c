/// How far up one network can be reused for several targets: figure 3 of Yosinski et al. 2014.
public struct TransferComparison: Sendable, Codable {
  /// In the order that they were asked for; each was cut at the same places.
  public var targets: [TransferResult]

  /// One result a target, all of one base network and one set of cuts.
  public init(targets: [TransferResult]) { self.targets = targets }

  /// The target that loses least with everything frozen first.
  public var targetsByLoss: [TransferResult] {
    targets.sorted { ($0.differences.last?.mean ?? 0) > ($1.differences.last?.mean ?? 0) }
  }
}
