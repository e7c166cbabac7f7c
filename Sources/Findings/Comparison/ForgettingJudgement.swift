/// Whether no more was lost than is allowed: of all examples, and of each group where a budget for groups is given.
public struct ForgettingJudgement: Sendable, Equatable, Codable {
  /// What became of a budget.
  public enum Verdict: String, Sendable, Codable {
    case kept
    /// More was lost, with 95 % confidence.
    case exceeded
    /// Too few examples to say.
    case unjudged
  }

  /// All examples, or a group.
  public struct Part: Sendable, Equatable, Codable {
    /// Nil for all examples.
    public var group: String?
    /// What may be lost, in the score's unit.
    public var allowed: Double
    /// What became of it.
    public var verdict: Verdict

    /// - Parameters: see the properties.
    public init(group: String?, allowed: Double, verdict: Verdict) {
      self.group = group
      self.allowed = allowed
      self.verdict = verdict
    }
  }

  /// All examples first, where they are judged.
  public var parts: [Part]

  /// - Parameter parts: see the property.
  public init(parts: [Part]) { self.parts = parts }

  /// Whether some budget was exceeded.
  public var isExceeded: Bool { parts.contains { $0.verdict == .exceeded } }
}

extension ComparisonFinding {
  /// The finding with its judgement.
  ///
  /// - Parameters:
  ///   - allowed: what may be lost of all examples, in the score's unit; nil where that is not judged.
  ///   - ofGroups: what may be lost of each group; nil where groups are not judged.
  public func judged(allowing allowed: Double?, ofGroups: Double?) -> ComparisonFinding {
    func part(_ group: String?, _ compared: ComparedScore, _ allowed: Double) -> ForgettingJudgement.Part {
      .init(
        group: group, allowed: allowed,
        verdict: compared.tooLittle != nil ? .unjudged : compared.exceeds(allowed) ? .exceeded : .kept)
    }
    var finding = self
    let all = allowed.map { [part(nil, whole, $0)] } ?? []
    let parts = ofGroups.map { allowed in groups.map { part($0.name, $0.compared, allowed) } } ?? []
    finding.judgement = all.isEmpty && ofGroups == nil ? nil : ForgettingJudgement(parts: all + parts)
    return finding
  }

  /// What a part of the judgement is of; nil for a group that is not there.
  public func compared(_ part: ForgettingJudgement.Part) -> ComparedScore? {
    part.group.map { name in groups.first { $0.name == name }?.compared } ?? whole
  }
}
