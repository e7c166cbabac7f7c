/// Which outputs of a head the classes of some data are, and how that is known.
public struct ClassMatch: Sendable, Codable, Equatable {
  /// How it is known.
  public enum Basis: String, Sendable, Codable, CaseIterable {
    /// Head and data name their classes, and the names were looked for.
    case name
    /// Somebody said which output each class is.
    case number
    /// Not both name their classes, but there are as many: taken in their order.
    case order
  }

  /// Who names no classes.
  public enum Side: String, Sendable, Codable, CaseIterable { case head, data, both }

  /// How it is known; `matchedBy` in JSON.
  public var basis: Basis
  /// Who names no classes, where they were taken in their order; nil elsewhere.
  public var unnamed: Side?
  /// The head's output of each class, in the order of the data's classes, from 0; no output twice.
  public var outputs: [Int]
  /// How many outputs the head has: all of them are judged, also where the data have fewer classes.
  public var outputCount: Int

  private enum CodingKeys: String, CodingKey {
    case basis = "matchedBy"
    case unnamed, outputs, outputCount
  }

  /// - Parameters: see the properties.
  public init(_ basis: Basis, unnamed: Side? = nil, outputs: [Int], outputCount: Int) {
    self.basis = basis
    self.unnamed = unnamed
    self.outputs = outputs
    self.outputCount = outputCount
  }

  /// Whether every output is a class of the data, in the same order.
  public var isIdentity: Bool { outputs == Array(0..<outputCount) }

  /// Whether there is nothing to say of it: the classes are the head's, as both or neither of them name them, or as
  /// somebody said.
  public var isPlain: Bool { isIdentity && (basis != .order || unnamed == .both) }
}

/// How the classes of the two tasks that are judged were matched with their heads'.
public struct JudgedClasses: Sendable, Codable, Equatable {
  /// The source's; nil where its labels do not count, or there is none.
  public var source: ClassMatch?
  /// The target's; nil where it was not judged.
  public var target: ClassMatch?

  /// - Parameters: see the properties.
  public init(source: ClassMatch? = nil, target: ClassMatch? = nil) {
    self.source = source
    self.target = target
  }

  /// Of one head that judges both tasks, the outputs that the source alone has and those that the target alone has; nil where
  /// it is not known, or the classes of one are all the other's.
  public var apart: (source: Set<Int>, target: Set<Int>)? {
    guard let source, let target else { return nil }
    let (known, new) = (Set(source.outputs), Set(target.outputs))
    let parts = (source: known.subtracting(new), target: new.subtracting(known))
    return parts.source.isEmpty || parts.target.isEmpty ? nil : parts
  }
}
