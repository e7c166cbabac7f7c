/// The search for the strength that keeps forgetting within a budget and costs the target least.
///
/// Forgetting is taken to fall as the strength grows: the weakest strength within the budget is looked for, by tenfold
/// steps and then by halving the interval of logarithms.
public struct StrengthSearch: Sendable {
  /// How one strength did.
  struct Trial: Sendable, Equatable {
    /// What was tried: the value of the regularizer's first setting.
    var strength: Double
    /// By how much the source's score got worse in the mean; nil where training was unstable.
    var forgetting: Double?
  }

  /// The strength that is tried first.
  let start: Double
  /// The most that may be forgotten, in the unit of the source's score.
  public let budget: Double
  /// The most strengths that are tried; each costs a training a seed.
  public let trialCount: Int

  /// A search from a strength on, within a budget.
  ///
  /// - Parameters:
  ///   - start: tried first; 0.1 in place of what is not above 0.
  ///   - budget: the most that may be forgotten, in the unit of the source's score.
  ///   - trialCount: the most strengths that are tried.
  public init(start: Double, budget: Double, trialCount: Int) {
    self.start = start > 0 ? start : 0.1
    self.budget = budget
    self.trialCount = trialCount
  }

  /// The next strength to try; nil where the search is over.
  ///
  /// - Parameter plain: what is forgotten without any; the search needs no strength where that is within the budget.
  func next(after trials: [Trial], plain: Double?) -> Double? {
    if let plain, plain <= budget { return nil }
    guard trials.count < trialCount else { return nil }
    guard !trials.isEmpty else { return start }
    let failed = trials.filter { $0.forgetting == nil }.map(\.strength).min()
    let weak = trials.filter { ($0.forgetting ?? 0) > budget }.map(\.strength).max()
    let strong = trials.filter { trial in
      trial.forgetting.map { $0 <= budget } == true && trial.strength > weak ?? 0
    }.map(\.strength).min()
    switch (weak, strong ?? failed) {
    case (nil, nil): return start
    case (nil, let strong?): return strong > start * 1e-4 ? strong / 10 : nil
    case (let weak?, nil): return weak < start * 1e5 ? weak * 10 : nil
    case (let weak?, let strong?):
      // Closer than this, seeds decide.
      return strong / weak > 1.25 ? (weak * strong).squareRoot() : nil
    }
  }
}
