/// How many examples a diagnosis judged what on.
public struct JudgedCounts: Sendable, Codable, Hashable {
  /// Source test examples: causes, rewinds, classes and changed examples.
  public var source: Int
  /// Target test examples; nil without a target, or where it is not known.
  public var target: Int?
  /// Source test examples that similarity is measured on.
  public var similarity: Int?
  /// Likewise at each epoch of a run.
  public var epochs: Int?
  /// Source test examples that probes are judged on.
  public var probes: Int?
  /// The classes that probes are of; nil where they are of all.
  public var probedClasses: DrawnClasses?
  /// Source test examples that remedies are judged on, none of which had a part in choosing them.
  public var remedies: Int?

  /// - Parameters: see the properties.
  public init(
    source: Int, target: Int? = nil, similarity: Int? = nil, epochs: Int? = nil, probes: Int? = nil,
    probedClasses: DrawnClasses? = nil, remedies: Int? = nil
  ) {
    self.source = source
    self.target = target
    self.similarity = similarity
    self.epochs = epochs
    self.probes = probes
    self.probedClasses = probedClasses
    self.remedies = remedies
  }
}
