/// What the measures of a layer say together.
public enum LayerVerdict: String, Sendable, Codable {
  /// It drifted, and putting it back regains what was lost.
  case lostHere = "lost here"
  /// It is of the smallest set of layers that regains it.
  case lostTogether = "lost here with others"
  /// It hardly moved, and yet putting it back regains what was lost.
  case critical = "small drift, critical"
  /// Its features are others, but tell the classes apart as before.
  case informationIntact = "similarity fell, information intact"
  /// It drifted, and nothing was lost by that.
  case harmless = "drifted but harmless"
  /// Neither weights nor features changed much.
  case unchanged = "little changed"

  /// A layer counts where rewinding it regains, beyond its interval, a tenth of the loss or more.
  ///
  /// - Parameters:
  ///   - medianDrift: of all layers.
  ///   - similarity: CKA before against after; NaN where it was not measured, likewise `probeDrop`.
  ///   - gain: what rewinding regains.
  ///   - lost: what was lost of the same examples.
  ///   - isInSet: whether it is of the smallest set of layers that regains it.
  public init(
    drift: Double, medianDrift: Double, similarity: Double, probeDrop: Double, gain: Estimate, lost: Double,
    isInSet: Bool
  ) {
    typealias Line = DiagnosisThresholds
    let smallDrift = Line.smallDriftShare * medianDrift
    if gain.value >= max(Line.leastGain, lost / Line.lossPerLeastGain), gain.low > 0 {
      self = drift < smallDrift ? .critical : .lostHere
    } else if isInSet {
      self = .lostTogether
    } else if similarity < Line.changedSimilarity, !(probeDrop > Line.probeDrop) {
      self = .informationIntact
    } else if drift >= smallDrift, drift > Line.leastDrift {
      self = .harmless
    } else {
      self = .unchanged
    }
  }
}
