import Metrics

/// What fine-tuning did to one of the source's classes.
public struct ClassChange: Sendable, Codable {
  /// The class.
  public var name: String
  /// How many of the judged examples are of it.
  public var count: Int
  /// The score on them before; NaN of none, likewise after.
  public var before: Double
  /// The score after.
  public var after: Double
  /// How many went wrong.
  public var lost: Int
  /// How many came right.
  public var gained: Int

  enum CodingKeys: String, CodingKey {
    case name = "class"
    case count, before, after, lost, gained
  }

  /// - Parameters:
  ///   - name: the class.
  ///   - before: the score on its examples, likewise `after`.
  ///   - change: its examples before and after.
  public init(_ name: String, before: Double, after: Double, _ change: PairedComparison) {
    self.name = name
    self.before = before
    self.after = after
    count = change.count
    lost = change.lost
    gained = change.gained
  }
}
