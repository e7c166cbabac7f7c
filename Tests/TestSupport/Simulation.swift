import Foundation

/// How often something came about in a simulation where the truth is known; `make bench` prints all of them.
public struct Simulation: Sendable {
  /// Whether many repetitions were asked for, `LETHE_SIMULATIONS=1`, rather than the few of a test.
  public static let isFull = ProcessInfo.processInfo.environment["LETHE_SIMULATIONS"] != nil

  /// Many repetitions, or the few of a test.
  public static func repetitions(_ many: Int, few: Int) -> Int { isFull ? many : few }

  /// How often it came about, of so many repetitions.
  public let hits: Int
  public let count: Int

  /// Counts and prints a line of the table: `simulated: interval over 3 seeds, normal: covered 94.9 % of 2000`.
  ///
  /// - Parameters:
  ///   - what: what is judged, and where the truth comes from.
  ///   - verb: what a hit is: `covered`, `false alarm`.
  public init(_ what: String, _ verb: String, _ count: Int, _ isHit: (Int) throws -> Bool) rethrows {
    hits = try (0..<count).count { try isHit($0) }
    self.count = count
    print(what, verb)
  }

  /// A line of the table from hits that were counted elsewhere.
  public init(_ what: String, _ verb: String, hits: Int, of count: Int) {
    (self.hits, self.count) = (hits, count)
    print(what, verb)
  }

  private func print(_ what: String, _ verb: String) {
    Swift.print("simulated: \(what): \(verb)", String(format: "%.1f %% of %d", 100 * share, count))
  }

  public var share: Double { Double(hits) / Double(count) }

  /// Whether the share may be one between the bounds: within three standard errors of so many repetitions.
  public func isWithin(_ bounds: ClosedRange<Double>) -> Bool {
    func error(_ share: Double) -> Double { 3 * (share * (1 - share) / Double(count)).squareRoot() }
    return share >= bounds.lowerBound - error(bounds.lowerBound)
      && share <= bounds.upperBound + error(bounds.upperBound)
  }
}
