import Metrics

/// What a transfer experiment came to.
public struct TransferResult: Sendable {
  /// One treatment at one cut.
  public struct Point: Sendable {
    /// How many blocks were copied.
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

  /// Test examples that the accuracies are of.
  public let testCount: Int

  init(_ plan: TransferPlan, testCount: Int, _ accuracy: (TransferPlan.Point) -> Double?) {
    self.testCount = testCount
    base = plan.seeds.compactMap { accuracy(TransferPlan.Point(seed: $0, kind: nil, cut: nil)) }
    curves = plan.kinds.map { kind in
      Curve(
        kind: kind,
        points: plan.cuts.compactMap { cut in
          let values = plan.seeds.compactMap { accuracy(TransferPlan.Point(seed: $0, kind: kind, cut: cut)) }
          guard !values.isEmpty else { return nil }
          return Point(copied: cut.blockCount, cut: cut.name, values: values, accuracy: MeanInterval(values))
        })
    }
  }

  public func curve(_ kind: TransferKind) -> Curve? { curves.first { $0.kind == kind } }

  /// Accuracies that are closer than this count as equal.
  public var tolerance: Double {
    Self.tolerance(testCount: testCount, near: base.isEmpty ? 0.5 : MeanInterval(base).mean)
  }

  /// A point, or one standard error of the difference of two accuracies where few test examples make it larger.
  static func tolerance(testCount: Int, near accuracy: Double) -> Double {
    max(0.01, (2 * accuracy * (1 - accuracy) / Double(max(1, testCount))).squareRoot())
  }
}
