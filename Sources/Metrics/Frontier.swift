/// The trade between two accuracies: which of several ways are not worse than another one in both.
public struct Frontier: Sendable, Equatable {
  /// Places of the ways on the frontier among those given, in order of rising source accuracy.
  public let members: [Int]
  /// The place of its knee: the member furthest from the line between the frontier's ends, both axes scaled to 0 … 1.
  /// Nil where fewer than three are on it, or none lies above that line.
  ///
  /// Satopää et al., "Finding a “Kneedle” in a Haystack", 2011.
  public let knee: Int?

  /// - Parameter points: source and target accuracy of each way.
  public init(_ points: [(source: Double, target: Double)]) {
    let valid = points.indices.filter { points[$0].source.isFinite && points[$0].target.isFinite }
    func dominates(_ first: Int, _ second: Int) -> Bool {
      let (a, b) = (points[first], points[second])
      guard a.source >= b.source, a.target >= b.target else { return false }
      return a.source > b.source || a.target > b.target || first < second
    }
    let members = valid.filter { place in !valid.contains { $0 != place && dominates($0, place) } }
      .sorted { points[$0].source < points[$1].source }
    self.members = members
    guard members.count > 2, let first = members.first, let last = members.last else {
      knee = nil
      return
    }
    let width = points[last].source - points[first].source
    let height = points[first].target - points[last].target
    // Above the falling diagonal by this much.
    func rise(_ place: Int) -> Double {
      (points[place].source - points[first].source) / width + (points[place].target - points[last].target) / height - 1
    }
    knee = members.max { rise($0) < rise($1) }.flatMap { rise($0) > 0 ? $0 : nil }
  }
}
