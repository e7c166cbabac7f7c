/// What was measured of a layer, reduced to what it establishes: all that a verdict rests on.
public struct LayerEvidence: Sendable, Hashable {
  /// What happened to the source's score where the layers are judged.
  public enum Source: Sendable, CaseIterable {
    /// Too little was measured to say.
    case notJudged
    /// No change is established.
    case unchanged
    /// It is established to be better.
    case gained
    /// It is established to be worse.
    case lost
  }

  /// What putting the layer back to what it was regains.
  public enum Rewind: Sendable, CaseIterable {
    /// It was not measured, or no effect is established and none is ruled out.
    case unclear
    /// Its interval rules out what would count.
    case nothing
    /// An established gain, too small to count.
    case little
    /// An established gain that counts.
    case regains
    /// An established gain of more than all that was lost.
    case exceeds
    /// Alone nothing that counts; it is of a set of layers that was found on one half of the examples and is established
    /// on the other to regain the loss.
    case withOthers
  }

  /// What a linear probe can still read of the layer's features.
  public enum Information: Sendable, CaseIterable {
    /// Without probes.
    case notMeasured
    /// Neither loss nor its absence is established.
    case unclear
    /// No loss that counts: its interval rules one out.
    case intact
    /// An established loss, and none below is established.
    case gone
    /// An established loss, as it is in a layer below.
    case goneBelow
  }

  /// How alike the layer's features are to what they were.
  public enum Features: Sendable, CaseIterable {
    /// Not measured, or without a signal.
    case notMeasured
    /// The interval of CKA holds the line.
    case unclear
    /// The whole interval of CKA is above the line.
    case alike
    /// The whole interval is below it.
    case changed
  }

  /// How far its weights moved.
  public enum Drift: Sendable, CaseIterable {
    /// Hardly, relative to their size.
    case none
    /// Less than other layers.
    case small
    /// As far as other layers, or further.
    case ordinary
  }

  /// Of the whole network.
  public var source: Source
  /// Of the layer alone.
  public var rewind: Rewind
  /// By a probe of the layer.
  public var information: Information
  /// By CKA of the layer with itself.
  public var features: Features
  /// Of the layer's parameters.
  public var drift: Drift

  /// - Parameters: see the properties.
  public init(source: Source, rewind: Rewind, information: Information, features: Features, drift: Drift) {
    self.source = source
    self.rewind = rewind
    self.information = information
    self.features = features
    self.drift = drift
  }
}

// MARK: From numbers

extension LayerEvidence.Rewind {
  /// - Parameters:
  ///   - gain: what rewinding the layer alone regains, with its interval.
  ///   - lost: what was lost, as a fraction; 0 where no loss is established.
  ///   - scale: of what counts, as ``DiagnosisThresholds/scale(of:before:)``.
  ///   - isInSet: whether it is of the smallest set of layers that is established to regain the loss.
  init(gain: Estimate, lost: Double, scale: Double = 1, isInSet: Bool) {
    let needed = DiagnosisThresholds.gainNeeded(lost: lost, scale: scale)
    switch gain {
    case _ where gain.hasInterval && gain.low > max(0, lost) && gain.value >= needed: self = .exceeds
    case _ where gain.hasInterval && gain.low > 0 && gain.value >= needed: self = .regains
    case _ where isInSet: self = .withOthers
    case _ where gain.hasInterval && gain.low > 0: self = .little
    case _ where gain.hasInterval && gain.high < needed: self = .nothing
    default: self = .unclear
    }
  }
}

extension LayerEvidence.Information {
  /// - Parameters:
  ///   - drop: what a probe lost, with its interval.
  ///   - scale: of what counts, as ``DiagnosisThresholds/scale(of:before:)``.
  ///   - isGoneBelow: whether a loss is established in a layer before this one.
  init(drop: Estimate, scale: Double = 1, isGoneBelow: Bool) {
    switch drop {
    case _ where !drop.isMeasured: self = .notMeasured
    case _ where drop.hasInterval && drop.value > scale * DiagnosisThresholds.probeDrop && drop.low > 0:
      self = isGoneBelow ? .goneBelow : .gone
    case _ where drop.hasInterval && drop.high < scale * DiagnosisThresholds.mostIntactDrop: self = .intact
    default: self = .unclear
    }
  }

  var isGone: Bool { self == .gone || self == .goneBelow }
}

extension LayerEvidence.Features {
  /// - Parameter similarity: CKA before against after, with its interval.
  init(similarity: Estimate) {
    switch similarity {
    case _ where !similarity.isMeasured: self = .notMeasured
    case _ where similarity.hasInterval && similarity.high < DiagnosisThresholds.changedSimilarity: self = .changed
    case _ where similarity.hasInterval && similarity.low >= DiagnosisThresholds.changedSimilarity: self = .alike
    default: self = .unclear
    }
  }
}

extension LayerEvidence.Drift {
  /// - Parameter median: of the layers' drifts.
  init(_ drift: Double, median: Double) {
    if !(drift > DiagnosisThresholds.leastDrift) {
      self = .none
    } else {
      self = drift < DiagnosisThresholds.smallDriftShare * median ? .small : .ordinary
    }
  }
}
