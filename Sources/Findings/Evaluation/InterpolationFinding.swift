/// What the models along the line between two checkpoints score: `(1 − λ) before + λ after`.
public struct InterpolationFinding: Sendable, Codable, Equatable {
  /// One model on the line.
  public struct Point: Sendable, Codable, Equatable {
    /// λ, 0 before, 1 after, more where fine-tuning is carried further; `lambda` in JSON.
    public var share: Double
    /// Its score on the source task; nil where that was not measured.
    public var source: ScoredExamples?
    /// Likewise on the target.
    public var target: ScoredExamples?

    private enum CodingKeys: String, CodingKey {
      case share = "lambda"
      case source, target
    }

    /// - Parameters: see the properties.
    public init(share: Double, source: ScoredExamples?, target: ScoredExamples?) {
      self.share = share
      self.source = source
      self.target = target
    }

    /// Both scores together, counted so that more is better; NaN where one was not measured, or where they are counted
    /// in different units.
    fileprivate var sum: Double {
      guard let source = source?.scored, let target = target?.scored, source.score.unit == target.score.unit else {
        return .nan
      }
      return source.score.merit(source.value) + target.score.merit(target.value)
    }
  }

  /// The checkpoint at λ = 0.
  public var before: String
  /// The checkpoint at λ = 1.
  public var after: String
  /// Whether every head stays as it is after, rather than be interpolated.
  public var keepsHeads: Bool
  /// The task on whose inputs running statistics were measured anew at each λ; nil for none.
  public var reestimated: String?
  /// By λ, ascending.
  public var points: [Point]
  /// Which outputs of their heads the classes of both tasks are; nil where it is not known.
  public var matchedClasses: JudgedClasses?

  /// - Parameters: see the properties.
  public init(
    before: String, after: String, keepsHeads: Bool, reestimated: String?, points: [Point],
    matchedClasses: JudgedClasses? = nil
  ) {
    self.before = before
    self.after = after
    self.keepsHeads = keepsHeads
    self.reestimated = reestimated
    self.points = points
    self.matchedClasses = matchedClasses
  }

  /// The model with the highest sum of both scores, on the examples that it is then judged by; nil unless both tasks were
  /// measured.
  public var best: Point? { points.filter { $0.sum.isFinite }.max { $0.sum < $1.sum } }
}
