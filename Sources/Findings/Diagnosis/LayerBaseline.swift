import Metrics

/// The state of the network after that its layers are judged in, and what the source lost by it.
public struct LayerBaseline: Sendable, Codable {
  /// Whether the running statistics are measured anew on the source first: where they are an established cause of their
  /// own, no layer answers for what they cost.
  public var restoresStatistics: Bool
  /// What was lost of the judged examples, before against that state.
  public var loss: Estimate
  /// Of the paired test of it.
  public var pairedPValue: Double

  /// - Parameters: see the properties.
  public init(restoresStatistics: Bool = false, loss: Estimate, pairedPValue: Double) {
    self.restoresStatistics = restoresStatistics
    self.loss = loss
    self.pairedPValue = pairedPValue
  }

  /// Whether that is more than chance explains.
  public var change: EstablishedChange { EstablishedChange(loss: loss, pairedPValue: pairedPValue) }

  /// What is established to be lost, as a fraction; 0 where nothing is.
  public var establishedLoss: Double { change == .loss ? loss.value : 0 }
}

extension LayerEvidence.Source {
  init(_ change: EstablishedChange) {
    switch change {
    case .loss: self = .lost
    case .gain: self = .gained
    case .none: self = .unchanged
    }
  }
}

extension [DiagnosedLayer] {
  /// With what the measures of each say together, from the input on.
  ///
  /// - Parameters:
  ///   - isJudged: whether enough was measured to say anything.
  ///   - scale: of what counts, as ``DiagnosisThresholds/scale(of:before:)``.
  func judged(against baseline: LayerBaseline, isJudged: Bool, scale: Double = 1) -> [DiagnosedLayer] {
    let drifts = map(\.drift).filter { !$0.isNaN }.sorted()
    let median = drifts.isEmpty ? 0 : quantile(0.5, ofSorted: drifts)
    var isGoneBelow = false
    return map { layer in
      let evidence = LayerEvidence(
        source: isJudged ? .init(baseline.change) : .notJudged,
        rewind: .init(gain: layer.gain, lost: baseline.establishedLoss, scale: scale, isInSet: layer.isInSmallestSet),
        information: .init(drop: layer.probeDrop, scale: scale, isGoneBelow: isGoneBelow),
        features: .init(similarity: layer.similarity), drift: .init(layer.drift, median: median))
      isGoneBelow = isGoneBelow || evidence.information.isGone
      var result = layer
      result.verdict = LayerVerdict(evidence)
      return result
    }
  }
}
