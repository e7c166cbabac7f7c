import Findings
import Training

/// Which points a sweep is made of.
public struct SweepPlan: Sendable {
  /// The ways of holding back that are compared; a search takes the first that is not plain fine-tuning.
  public let methods: [SweepMethod]
  /// The seeds that every method is trained with, one run each.
  public let seeds: [UInt64]
  /// Looks for the strength of the only method, beside plain fine-tuning; nil for a grid.
  public let search: StrengthSearch?
  /// What the source is judged by.
  public var sourceScore = Score.accuracy
  /// What the target is judged by.
  public var targetScore = Score.accuracy

  /// A grid of methods and seeds, or the search for one method's strength.
  ///
  /// - Parameters:
  ///   - methods: in the order of the rows.
  ///   - seeds: the same for every method.
  ///   - search: how the strength of the only method but the plain one is looked for; nil for a grid.
  public init(methods: [SweepMethod], seeds: [UInt64], search: StrengthSearch? = nil) {
    self.methods = methods
    self.seeds = seeds
    self.search = search
  }

  /// One method and what its seeds came to.
  public struct Row: Sendable {
    /// How the runs of the row were held back.
    public let method: SweepMethod
    /// What became of each seed, in the order of the plan; nil where that is not known yet.
    public let outcomes: [(seed: UInt64, outcome: SweepOutcome?)]
    fileprivate let sourceScore: Score
    fileprivate let targetScore: Score

    /// Why a seed could not be trained.
    public var failure: String? {
      outcomes.lazy.compactMap { if case .failed(let reason)? = $0.outcome { reason } else { nil } }.first
    }

    /// Whether nothing is left to train: every seed is done, or one of them failed.
    var isDone: Bool { failure != nil || outcomes.allSatisfy { $0.outcome != nil } }

    /// By how much the source's score got worse.
    public var forgetting: RepeatedMean? { mean(within: sourceScore.differenceBounds) { $0.forgetting } }

    /// The same on the examples that choose, where every seed held some aside, else on those that judge.
    var choosingForgetting: RepeatedMean? { validation?.forgetting ?? forgetting }

    /// Nil unless every seed finished and held examples aside that choose.
    private var validation: SweepResult.Method.Validation? {
      guard let source = mean(validated: true, within: sourceScore.bounds, { $0.source }),
        let target = mean(validated: true, within: targetScore.bounds, { $0.target }),
        let forgetting = mean(validated: true, within: sourceScore.differenceBounds, { $0.forgetting })
      else { return nil }
      return SweepResult.Method.Validation(source: source, target: target, forgetting: forgetting)
    }

    /// What a finding says of it.
    ///
    /// - Parameter folder: that of the runs.
    func finding(in folder: SweepFolder) -> SweepResult.Method {
      SweepResult.Method(
        method: method.label, source: mean(within: sourceScore.bounds) { $0.source },
        target: mean(within: targetScore.bounds) { $0.target }, forgetting: forgetting, validation: validation,
        failure: failure,
        runs: outcomes.map { folder.runPath(SweepPoint(method: method, seed: $0.seed)) })
    }

    /// Nil unless every seed finished.
    private func mean(
      validated: Bool = false, within bounds: ClosedRange<Double>, _ value: (RunFigures) -> Double
    ) -> RepeatedMean? {
      let values = outcomes.compactMap { entry -> Double? in
        guard case .finished(let source, let target, let forgetting, let validation)? = entry.outcome else {
          return nil
        }
        let judged = RunFigures(source: source, target: target, forgetting: forgetting)
        return (validated ? validation : judged).map(value)
      }
      return values.count == outcomes.count && !values.isEmpty ? RepeatedMean(values, within: bounds) : nil
    }
  }

  /// All rows that the outcomes so far ask for, in order; those of a search come one after the other.
  ///
  /// - Throws: `TrainingError` where the method to search has no strength.
  public func rows(_ outcome: (SweepPoint) -> SweepOutcome?) throws -> [Row] {
    func row(_ method: SweepMethod) -> Row {
      Row(
        method: method, outcomes: seeds.map { ($0, outcome(SweepPoint(method: method, seed: $0))) },
        sourceScore: sourceScore, targetScore: targetScore)
    }
    guard let search, let method = methods.first(where: { $0 != .plain }) else { return methods.map(row) }
    var rows = [row(.plain)]
    var trials: [StrengthSearch.Trial] = []
    while rows.allSatisfy(\.isDone),
      let strength = search.next(after: trials, plain: rows[0].choosingForgetting?.mean)
    {
      let next = row(try method.withStrength(strength))
      rows.append(next)
      trials.append(StrengthSearch.Trial(strength: strength, forgetting: next.choosingForgetting?.mean))
    }
    return rows
  }

  /// What the rows came to.
  ///
  /// - Parameter folder: that of the runs.
  public func result(of rows: [Row], in folder: SweepFolder, sourceTask: String, targetTask: String) -> SweepResult {
    let points = rows.flatMap { row in row.outcomes.map { SweepPoint(method: row.method, seed: $0.seed) } }
    return SweepResult(
      sweep: folder.path, methods: rows.map { $0.finding(in: folder) }, budget: search?.budget, seedCount: seeds.count,
      sourceTask: sourceTask, targetTask: targetTask, sourceScore: sourceScore, targetScore: targetScore,
      chosenBy: folder.basis(of: search == nil ? .method : .strength, between: points))
  }
}
