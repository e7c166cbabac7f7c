import Metrics

/// What a transfer experiment came to.
public struct TransferResult: Sendable {
  /// One treatment at one cut.
  public struct Point: Sendable {
    /// How many blocks were copied, from 1.
    public let copied: Int
    public let cut: String
    /// One a seed.
    public let values: [Double]
    public let accuracy: MeanInterval
  }

  public struct Curve: Sendable {
    public let kind: TransferKind
    public let points: [Point]
  }

  /// The target's own network, one accuracy a seed.
  public let base: [Double]
  public let curves: [Curve]

  init(_ plan: TransferPlan, _ accuracy: (TransferPlan.Point) -> Double?) {
    base = plan.seeds.compactMap { accuracy(TransferPlan.Point(seed: $0, kind: nil, cut: nil)) }
    curves = plan.kinds.map { kind in
      Curve(
        kind: kind,
        points: plan.cuts.enumerated().compactMap { index, cut in
          let values = plan.seeds.compactMap { accuracy(TransferPlan.Point(seed: $0, kind: kind, cut: cut)) }
          guard !values.isEmpty else { return nil }
          return Point(copied: index + 1, cut: cut.name, values: values, accuracy: MeanInterval(values))
        })
    }
  }

  public func curve(_ kind: TransferKind) -> Curve? { curves.first { $0.kind == kind } }

  /// Accuracies that are closer than this count as equal: a point.
  public static let tolerance = 0.01
}
