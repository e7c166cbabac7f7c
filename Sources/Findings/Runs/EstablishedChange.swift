/// Whether a score changed by more than chance explains: the one rule, wherever it is said.
public enum EstablishedChange: String, Codable, Sendable {
  /// It got worse.
  case loss
  /// It got better.
  case gain
  /// Neither is established; that is no proof of equality.
  case none

  /// A paired test with a smaller p-value than this is more than chance.
  public static let significance = 0.05

  /// A change is established when the 95 % interval of what was lost leaves out 0 and the paired test is below
  /// ``significance``. Where one of the two was not measured, the other decides; without either nothing is established.
  public init(loss: Estimate, pairedPValue: Double) {
    let (hasInterval, hasTest) = (loss.low.isFinite && loss.high.isFinite, pairedPValue.isFinite)
    let leavesOutZero = !hasInterval || loss.low > 0 || loss.high < 0
    let isUnlikely = !hasTest || pairedPValue < Self.significance
    guard hasInterval || hasTest, leavesOutZero, isUnlikely, loss.value != 0, loss.value.isFinite else {
      self = .none
      return
    }
    self = loss.value > 0 ? .loss : .gain
  }
}
