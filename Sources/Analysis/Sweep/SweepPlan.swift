import Metrics
import Training

/// Which points a sweep is made of.
public struct SweepPlan: Sendable {
  public let methods: [SweepMethod]
  public let seeds: [UInt64]
  /// Looks for the strength of the only method, beside plain fine-tuning; nil for a grid.
  public let search: StrengthSearch?

  public init(methods: [SweepMethod], seeds: [UInt64], search: StrengthSearch? = nil) {
    self.methods = methods
    self.seeds = seeds
    self.search = search
  }

  /// One method and what its seeds came to.
  public struct Row: Sendable {
    public let method: SweepMethod
    public let outcomes: [(seed: UInt64, outcome: SweepOutcome?)]

    /// Of the seeds that finished, where every seed is done and none failed.
    public var source: MeanInterval? { interval { source, _, _ in source } }
    public var target: MeanInterval? { interval { _, target, _ in target } }
    public var forgetting: MeanInterval? { interval { _, _, forgetting in forgetting } }

    public var failure: String? {
      outcomes.lazy.compactMap { if case .failed(let reason)? = $0.outcome { reason } else { nil } }.first
    }

    public var isDone: Bool { failure != nil || outcomes.allSatisfy { $0.outcome != nil } }

    private func interval(_ value: (Double, Double, Double) -> Double) -> MeanInterval? {
      let values = outcomes.compactMap { entry -> Double? in
        guard case .finished(let source, let target, let forgetting)? = entry.outcome else { return nil }
        return value(source, target, forgetting)
      }
      return values.count == outcomes.count && !values.isEmpty ? MeanInterval(values) : nil
    }
  }

  /// All rows that the outcomes so far ask for, in order; those of a search come one after the other.
  ///
  /// - Throws: `TrainingError` where the method to search has no strength.
  public func rows(_ outcome: (SweepPoint) -> SweepOutcome?) throws -> [Row] {
    func row(_ method: SweepMethod) -> Row {
      Row(method: method, outcomes: seeds.map { ($0, outcome(SweepPoint(method: method, seed: $0))) })
    }
    guard let search, let method = methods.first(where: { $0 != .plain }) else { return methods.map(row) }
    var rows = [row(.plain)]
    var trials: [StrengthSearch.Trial] = []
    while rows.allSatisfy(\.isDone),
      let strength = search.next(after: trials, plain: rows[0].forgetting?.mean)
    {
      let next = row(try method.withStrength(strength))
      rows.append(next)
      trials.append(StrengthSearch.Trial(strength: strength, forgetting: next.forgetting?.mean))
    }
    return rows
  }

  /// The row within the budget whose target accuracy is best; nil without a budget, or where none is within it.
  public func choice(of rows: [Row]) -> Int? {
    guard let search else { return nil }
    return rows.indices.filter { (rows[$0].forgetting?.mean ?? .infinity) <= search.budget }
      .max { (rows[$0].target?.mean ?? 0) < (rows[$1].target?.mean ?? 0) }
  }
}
