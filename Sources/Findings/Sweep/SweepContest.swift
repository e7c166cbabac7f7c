import Metrics

/// Who passes whom in a sweep, by the means and by what the seeds carry.
struct SweepContest {
  let frontier: Frontier
  private let methods: [SweepResult.Method]
  private let sourceScore: Score
  private let targetScore: Score

  /// The score on the source and the target, and what was forgotten, by the means on the examples that choose.
  private let choosing: [(source: Double, target: Double, forgetting: Double)]

  /// - Parameter isValidated: whether there are examples that choose, apart from those that judge: the frontier, its knee
  ///   and the choice are found on them, and whether the seeds carry what is said of them on those that judge.
  init(_ methods: [SweepResult.Method], isValidated: Bool, sourceScore: Score, targetScore: Score) {
    self.methods = methods
    choosing = methods.map { method in
      let own = method.validation
      return (
        source: (isValidated ? own?.source : method.source).map { sourceScore.merit($0.mean) } ?? .nan,
        target: (isValidated ? own?.target : method.target).map { targetScore.merit($0.mean) } ?? .nan,
        forgetting: (isValidated ? own?.forgetting : method.forgetting)?.mean ?? .infinity
      )
    }
    self.sourceScore = sourceScore
    self.targetScore = targetScore
    frontier = Frontier(choosing.map { ($0.source, $0.target) })
  }

  /// Whether no other method is better by the means: it is on the frontier, or came to the same as one that is.
  func isOnFrontier(_ place: Int) -> Bool {
    frontier.members.contains { member in
      place == member
        || (choosing[place].source == choosing[member].source && choosing[place].target == choosing[member].target)
    }
  }

  /// Each seed's values, higher the better; empty of what was not trained.
  private func source(_ place: Int) -> [Double] { methods[place].source?.values.map(sourceScore.merit) ?? [] }
  private func target(_ place: Int) -> [Double] { methods[place].target?.values.map(targetScore.merit) ?? [] }

  private var trained: [Int] { methods.indices.filter { !source($0).isEmpty && !target($0).isEmpty } }

  /// By how much one method is better than another on the source, then on the target.
  private func comparisons(_ place: Int, _ other: Int, among count: Int) -> [SeedComparison] {
    [
      SeedComparison(source(place), less: source(other), among: count, within: sourceScore.differenceBounds),
      SeedComparison(target(place), less: target(other), among: count, within: targetScore.differenceBounds),
    ]
  }

  /// A method that is better on both tasks, established among all that might be; the best on the target of several.
  func winner(over place: Int) -> Int? {
    let others = trained.filter { $0 != place }
    guard trained.contains(place) else { return nil }
    return others.filter { comparisons($0, place, among: others.count).allSatisfy(\.isMore) }
      .max { Self.mean(target($0)) < Self.mean(target($1)) }
  }

  /// The least that a method is ahead of any other on either task, and the score that it is counted in; nil where there
  /// is no other.
  ///
  /// Leads in different units are weighed by what the seeds make of them: their lengths in widths of their intervals.
  func lead(of place: Int) -> (comparison: SeedComparison, score: Score)? {
    let others = trained.filter { $0 != place }
    let leads = others.flatMap { other in
      zip(comparisons(place, other, among: others.count), [sourceScore, targetScore]).map {
        (comparison: $0, score: $1)
      }
    }
    let doubtful = leads.filter { !$0.comparison.isMore }
    func size(_ comparison: SeedComparison) -> Double {
      let width = comparison.difference.high - comparison.difference.low
      return sourceScore.unit == targetScore.unit || !(width > 0)
        ? comparison.difference.value : comparison.difference.value / width
    }
    return (doubtful.isEmpty ? leads : doubtful).min { size($0.comparison) < size($1.comparison) }
  }

  /// Whether the frontier's ends are established to be a trade: one better on the source, the other on the target.
  var isTrade: Bool {
    guard let first = frontier.members.first, let last = frontier.members.last, first != last else { return false }
    let ends = comparisons(last, first, among: 1)
    return ends[0].isMore && ends[1].isLess
  }

  /// How far a member lies above the line between the frontier's ends, on the target's scale, seed by seed; nil for an end.
  ///
  /// With the axes scaled by the means' frontier the height of a point is `s/W + t/H`, and the line's height at the
  /// member is the two ends' by the member's place between them: a linear contrast of one seed's values.
  func rise(of place: Int) -> SeedComparison? {
    guard let first = frontier.members.first, let last = frontier.members.last, place != first, place != last else {
      return nil
    }
    let width = Self.mean(source(last)) - Self.mean(source(first))
    let height = Self.mean(target(first)) - Self.mean(target(last))
    let share = (Self.mean(source(place)) - Self.mean(source(first))) / width
    func heights(_ place: Int) -> [Double] { zip(source(place), target(place)).map { $0 / width * height + $1 } }
    let (own, left, right) = (heights(place), heights(first), heights(last))
    guard own.count == left.count, own.count == right.count else { return nil }
    let rises = own.indices.map { own[$0] - (1 - share) * left[$0] - share * right[$0] }
    return SeedComparison(differences: rises, among: frontier.members.count - 2)
  }

  /// The method within a budget whose target score is best.
  func choice(within budget: Double) -> Int? {
    methods.indices.filter { choosing[$0].forgetting <= budget }
      .max { choosing[$0].target < choosing[$1].target }
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  /// What a method leaves of a budget.
  func room(of place: Int, within budget: Double) -> SeedComparison? {
    methods[place].forgetting.map { SeedComparison(differences: $0.values.map { budget - $0 }) }
  }
}
