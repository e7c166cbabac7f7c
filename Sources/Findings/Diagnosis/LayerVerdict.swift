/// What the measures of a layer say together: no more than they establish.
public enum LayerVerdict: String, Sendable, Codable, CaseIterable {
  // MARK: Where it was lost

  /// Putting it back regains what counts of an established loss.
  case lostHere = "lost here"
  /// Likewise, though it drifted less than other layers.
  case critical = "small drift, critical"
  /// It is of the smallest set of layers that regains the loss.
  case lostTogether = "lost here with others"
  /// Putting it back regains a part that is established, and too small to count.
  case littleLostHere = "a little lost here"
  /// Putting it back brings more than was lost: that is not forgetting alone.
  case exceeds = "regains more than was lost"

  // MARK: What its features still say

  /// A probe lost what it could read here, and is not established to have lost it in a layer before.
  case informationGone = "information gone from here on"
  /// A probe lost what it could read, here as in a layer before.
  case informationGoneBelow = "information gone, by way of layers below"
  /// Likewise, where no loss of the source's score is established.
  case informationGoneUnfelt = "information gone, no loss established"
  /// Its features are others, and a probe reads as much of them as before.
  case informationIntact = "similarity fell, information intact"

  // MARK: What changed

  /// Its features are others; putting it back regains nothing that counts.
  case changedInVain = "similarity fell, rewinding regains nothing"
  /// Its features are others; whether that matters is not established.
  case changed = "similarity fell, effect not established"
  /// Its features are others; nothing is established to be lost.
  case changedWithoutLoss = "similarity fell, no loss established"
  /// It drifted; a probe reads as much as before, and putting it back regains nothing that counts.
  case harmless = "drifted but harmless"
  /// It drifted; putting it back regains nothing that counts.
  case driftedInVain = "drifted, rewinding regains nothing"
  /// It drifted; whether that matters is not established.
  case drifted = "drifted, effect not established"
  /// It drifted; nothing is established to be lost.
  case driftedWithoutLoss = "drifted, no loss established"
  /// It drifted little, and its features are what they were.
  case unchanged = "little changed"
  /// It drifted little; whether its features are what they were is not known.
  case littleDrift = "little drift"
  /// Too little was measured to say.
  case notJudged = "not judged"

  /// The verdict on any evidence.
  public init(_ evidence: LayerEvidence) {
    let isLost = evidence.source == .lost
    switch evidence.rewind {
    case _ where evidence.source == .notJudged: self = .notJudged
    case .exceeds: self = .exceeds
    case .regains where isLost: self = evidence.drift == .ordinary ? .lostHere : .critical
    case .withOthers where isLost: self = .lostTogether
    default: self = Self.inItself(evidence, isLost: isLost)
    }
  }

  /// Of a layer that is not where it was lost.
  private static func inItself(_ evidence: LayerEvidence, isLost: Bool) -> LayerVerdict {
    switch evidence.information {
    case .gone: return isLost ? .informationGone : .informationGoneUnfelt
    case .goneBelow: return isLost ? .informationGoneBelow : .informationGoneUnfelt
    case _ where isLost && evidence.rewind == .little: return .littleLostHere
    case .intact where evidence.features == .changed: return .informationIntact
    default: break
    }
    let regainsNothing = evidence.rewind == .nothing
    switch (evidence.features, evidence.drift) {
    case (.changed, _): return !isLost ? .changedWithoutLoss : regainsNothing ? .changedInVain : .changed
    case (_, .ordinary) where regainsNothing && evidence.information == .intact: return .harmless
    case (_, .ordinary): return !isLost ? .driftedWithoutLoss : regainsNothing ? .driftedInVain : .drifted
    case (.alike, _): return .unchanged
    default: return .littleDrift
    }
  }
}
