import Findings

// Differences of fractions over seeds, as a reader wants them.
extension SeedComparison {
  /// `3 seeds`, `one seed`.
  var seeds: String { seedCount == 1 ? "one seed" : NumberText.plural(seedCount, "seed") }

  /// `1.2 to 4.0 over 5 seeds`; nil without an interval.
  var interval: String? { interval(of: .accuracy) }

  /// Likewise of a difference in another unit.
  func interval(of score: Score) -> String? {
    guard difference.low.isFinite, difference.high.isFinite else { return nil }
    return "\(score.interval(difference.low, difference.high)) over \(seeds)"
  }

  /// Why nothing is established.
  var doubt: String { doubt(of: .accuracy) }

  /// Likewise of a difference in another unit.
  func doubt(of score: Score) -> String {
    switch seedCount {
    case 0: "the runs have no pairs of one seed"
    case ..<Self.fewestSeeds: "\(seeds), and fewer than \(Self.fewestSeeds) establish nothing"
    case _ where !isJudged: "the differences of \(seeds) agree to the last digit and show no spread to judge by"
    default: "\(score.amount(difference.value)), \(interval(of: score) ?? NumberText.missing)"
    }
  }

  /// `2.6 points (1.2 to 4.0 over 5 seeds)`.
  var text: String { text(of: .accuracy) }

  /// Likewise of a difference in another unit.
  func text(of score: Score) -> String {
    score.amount(difference.value) + (interval(of: score).map { " (\($0))" } ?? "")
  }
}
