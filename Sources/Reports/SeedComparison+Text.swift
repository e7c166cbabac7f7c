import Findings

// Differences of fractions over seeds, as a reader wants them.
extension SeedComparison {
  /// `3 seeds`, `one seed`.
  var seeds: String { seedCount == 1 ? "one seed" : NumberText.plural(seedCount, "seed") }

  /// `1.2 to 4.0 over 5 seeds`; nil without an interval.
  var interval: String? {
    guard difference.low.isFinite, difference.high.isFinite else { return nil }
    return "\(NumberText.interval(difference.low, difference.high, scale: 100)) over \(seeds)"
  }

  /// Why nothing is established.
  var doubt: String {
    switch seedCount {
    case 0: "the runs have no pairs of one seed"
    case ..<Self.fewestSeeds: "\(seeds), and fewer than \(Self.fewestSeeds) establish nothing"
    case _ where !isJudged: "the differences of \(seeds) agree to the last digit and show no spread to judge by"
    default: "\(NumberText.points(difference.value)) points, \(interval ?? NumberText.missing)"
    }
  }

  /// `2.6 points (1.2 to 4.0 over 5 seeds)`.
  var text: String { "\(NumberText.points(difference.value)) points" + (interval.map { " (\($0))" } ?? "") }
}
