import Metrics

/// Why nothing can be said about forgetting.
public enum TooLittle: String, Sendable, Codable, CaseIterable {
  /// So few source examples were judged that an interval would say nothing.
  case fewExamples = "few examples"
  /// The model before was not established to be better than always naming the commonest class.
  case sourceAtChance = "source at chance"

  /// Fewer source examples than this are too few.
  public static let leastExamples = 50
}

extension Forgetting {
  /// Nil where enough was measured to say whether something was lost.
  public var tooLittle: TooLittle? {
    if sourceCount < TooLittle.leastExamples { return .fewExamples }
    guard score == .accuracy, chance.isFinite, before.isFinite else { return nil }
    let right = Int((before * Double(sourceCount)).rounded())
    let probability = binomialUpperTail(of: right, trials: sourceCount, probability: chance)
    return probability < EstablishedChange.significance ? nil : .sourceAtChance
  }
}
