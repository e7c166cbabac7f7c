/// What a diagnosis cannot measure of a model and a kind of task, and why.
public struct LeftOutMeasures: Sendable, Codable, Hashable {
  /// Why what was lost is not taken apart into readout and features; nil where it is.
  public var causes: CausesLeftOut?
  /// Why no probes are fitted; nil where they can be.
  public var probes: ProbesLeftOut?

  /// - Parameters: see the properties.
  public init(causes: CausesLeftOut? = nil, probes: ProbesLeftOut? = nil) {
    self.causes = causes
    self.probes = probes
  }
}

/// Why the source's head is not fitted anew.
public struct CausesLeftOut: Sendable, Codable, Hashable {
  /// What stands against it.
  public enum Reason: String, Sendable, Codable, Hashable, CaseIterable {
    /// The head is not one linear layer of one value.
    case head
    /// It has so many weights that fitting it would take too much.
    case size
    /// The kind of task does not say what a head is to say.
    case kind
  }

  /// What stands against it.
  public var reason: Reason
  /// Of the head, where they are too many.
  public var weightCount: Int?
  /// How many a head of such a task may have; of findings that do not say it ``DiagnosisThresholds/mostHeadWeights``.
  public var mostWeights: Int?

  /// - Parameters: see the properties.
  public init(_ reason: Reason, weightCount: Int? = nil, mostWeights: Int? = nil) {
    self.reason = reason
    self.weightCount = weightCount
    self.mostWeights = mostWeights
  }
}

/// Why no linear probes are fitted.
public enum ProbesLeftOut: String, Sendable, Codable, Hashable {
  /// A language model has more words than one is tried over.
  case words
  /// The kind of task does not say what one is to say.
  case kind
}
