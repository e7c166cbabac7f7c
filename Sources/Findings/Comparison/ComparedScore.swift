import Metrics

/// A score of two models on the same examples, and whether it changed.
public struct ComparedScore: Sendable, Equatable, Codable {
  /// The score of the one.
  public var before: Double
  /// The score of the other.
  public var after: Double
  /// By how much it got worse, whichever way is better, with its interval.
  public var loss: Estimate
  /// Two-sided, of the paired test; of a group adjusted for the tests of all groups.
  public var pValue: Double
  /// Examples that got worse; of right and wrong, those that went wrong. Nil where an example has no score of its own.
  public var lost: Int?
  /// Examples that got better; likewise.
  public var gained: Int?
  /// Examples in all.
  public var count: Int
  /// What is established.
  public var change: EstablishedChange
  /// Why nothing is; nil where enough was measured.
  public var tooLittle: TooLittle?

  /// A score of enough examples changed where the interval and the test say so.
  ///
  /// - Parameters: see the properties.
  public init(
    before: Double, after: Double, loss: Estimate, pValue: Double, lost: Int? = nil,
    gained: Int? = nil, count: Int
  ) {
    self.before = before
    self.after = after
    self.loss = loss
    self.pValue = pValue
    self.lost = lost
    self.gained = gained
    self.count = count
    tooLittle = count < TooLittle.leastExamples ? .fewExamples : nil
    change = tooLittle == nil ? EstablishedChange(loss: loss, pairedPValue: pValue) : .none
  }
}

extension ComparedScore {
  /// Whether more than this was lost: a loss is established, and the interval lies above it.
  public func exceeds(_ allowed: Double) -> Bool { loss.exceeds(allowed, change: change) }
}

extension Estimate {
  /// Whether an established loss is above what is allowed, with all of its interval.
  public func exceeds(_ allowed: Double, change: EstablishedChange) -> Bool { change == .loss && low > allowed }
}
