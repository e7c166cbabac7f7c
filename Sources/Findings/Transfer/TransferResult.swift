import Metrics

/// What a transfer experiment found: how far up a network can be reused for a target.
///
/// Yosinski, Clune, Bengio, Lipson, "How transferable are features in deep neural networks?", NeurIPS 2014.
public struct TransferResult: Sendable, Codable {
  /// A place where the network was cut: what lies before it was copied, the rest drawn anew.
  public struct Cut: Sendable, Codable, Equatable {
    /// The last block that is copied.
    public var name: String
    /// How many blocks are copied; in JSON `copiedLayers`.
    public var blockCount: Int
    /// Globs that freeze exactly what is copied.
    public var frozenPatterns: [String]

    private enum CodingKeys: String, CodingKey {
      case name
      case blockCount = "copiedLayers"
      case frozenPatterns
    }

    /// A cut; in JSON the number of blocks is `copiedLayers`.
    ///
    /// - Parameter blockCount: how many blocks are copied, the named one the last.
    public init(name: String, blockCount: Int, frozenPatterns: [String] = []) {
      self.name = name
      self.blockCount = blockCount
      self.frozenPatterns = frozenPatterns
    }
  }

  /// One treatment at one cut.
  public struct Point: Sendable {
    /// How many blocks were copied; in JSON `copiedLayers`.
    public var copied: Int
    /// The last of them.
    public var cut: String
    /// How well the network did on the target, one value a seed.
    public var result: RepeatedScore

    /// The scores of a treatment at a cut.
    public init(copied: Int, cut: String, _ result: RepeatedScore) {
      self.copied = copied
      self.cut = cut
      self.result = result
    }
  }

  /// One treatment at every cut that was measured.
  public struct Curve: Sendable, Codable {
    /// How the copied part was treated; in JSON `name`.
    public var kind: TransferKind
    /// One a cut that was measured, by ascending number of copied blocks.
    public var points: [Point]

    private enum CodingKeys: String, CodingKey {
      case kind = "name"
      case points
    }

    /// A treatment, with what it came to at the cuts.
    public init(kind: TransferKind, points: [Point]) {
      self.kind = kind
      self.points = points
    }
  }

  /// What the trained networks came to on the examples that choose the cut.
  public struct Validation: Sendable, Codable {
    /// Of the target's own network.
    public var base: RepeatedScore
    /// One a treatment.
    public var curves: [Curve]

    /// Scores, one a seed.
    public init(base: RepeatedScore, curves: [Curve]) {
      self.base = base
      self.curves = curves
    }
  }

  /// The target's data.
  public var target: String
  /// How it was made, in words; empty until they are found; in JSON `protocol`.
  public var protocolText = ""
  /// The last block that is copied, of every cut.
  public private(set) var layers: [String]
  /// In the network's order.
  public var cuts: [Cut] { didSet { layers = cuts.map(\.name) } }
  /// How the networks were trained.
  public var schedule: TransferSchedule
  /// Training examples of the target that every network had, of so many; in JSON `examples`.
  public var exampleCount: Int
  /// Training examples that the target has; in JSON `availableExamples`.
  public var availableCount: Int
  /// Test examples that the scores are of; nil where that is not known; in JSON `testExamples`.
  public var testCount: Int?
  /// A difference of means up to this counts as none, in the score's unit: `Score/tolerance(at:)` of the target's own
  /// network, or what was stored.
  public var tolerance: Double
  /// The target's own network, with nothing copied.
  public var base: RepeatedScore
  /// One a treatment that was measured.
  public var curves: [Curve]
  /// The same on the examples that choose; nil where the networks held none aside.
  public var validation: Validation?
  /// By which examples the advice and the rate to follow are found; nil where that is not known.
  public var chosenBy: ChoiceBasis?
  /// How far to freeze the network for this target, from the curves alone.
  public var advice: TransferAdvice
  /// Whether nothing but the head is trained where the advice is followed.
  public var trainsHeadAlone: Bool
  /// Whether the fine-tuning that is advised goes on with the base network's head, as a language model's does; nil where it
  /// draws a new one.
  public var keepsHead: Bool?
  /// What costs no training, said of every cut, and of the network as a whole.
  public var scores: [TransferScore] = []
  /// What costs no training, said of the network as a whole.
  public var networkScores = TransferNetworkScores()
  /// The fine-tuning that is advised, at several rates.
  public var trials: [TransferTrial] = []
  /// What the curves show, a sentence each; empty until they are worded.
  public var findings: [String] = []
  /// What to do, in a sentence; likewise.
  public var recommendation = ""
  /// The command that does it; nil where there is none.
  public var command: String?

  private enum CodingKeys: String, CodingKey {
    case target
    case protocolText = "protocol"
    case layers, cuts, schedule
    case exampleCount = "examples"
    case availableCount = "availableExamples"
    case testCount = "testExamples"
    case tolerance, base, curves, validation, chosenBy, advice, trainsHeadAlone,
      keepsHead, scores, networkScores, trials,
      findings, recommendation
    case command
  }

  /// What the trained networks came to, and what that advises by the examples that choose.
  ///
  /// - Parameters:
  ///   - base: scores of the target's own network.
  ///   - trainsHeadAlone: whether nothing but the head is trained once the blocks up to a cut, or none, are frozen.
  public init(
    target: String, cuts: [Cut], schedule: TransferSchedule, exampleCount: Int, availableCount: Int, testCount: Int?,
    base: RepeatedScore, curves: [Curve], validation: Validation? = nil, chosenBy: ChoiceBasis? = nil,
    trainsHeadAlone: (Cut?) -> Bool = { _ in false }
  ) {
    self.target = target
    self.cuts = cuts
    layers = cuts.map(\.name)
    self.schedule = schedule
    self.exampleCount = exampleCount
    self.availableCount = availableCount
    self.testCount = testCount
    self.base = base
    self.curves = curves
    self.validation = validation
    self.chosenBy = chosenBy
    let choosing = validation ?? Validation(base: base, curves: curves)
    tolerance = base.score.tolerance(at: base.mean)
    advice = TransferAdvice(
      base: choosing.base, curves: choosing.curves, cuts: cuts, tolerance: tolerance)
    self.trainsHeadAlone = trainsHeadAlone(advice.frozen)
  }

  /// The curve of a treatment; nil where it was not measured.
  public func curve(_ kind: TransferKind) -> Curve? { curves.first { $0.kind == kind } }

  /// What every network is judged by.
  public var score: Score { base.score }

  /// By how much the frozen copy (AnB) is better than the target's own network, by cut: below 0 where it is worse.
  ///
  /// A seed's networks are compared with each other.
  public var differences: [RepeatedMean] {
    curve(.transfer)?.points.map { point in
      let values = point.result.values
      return values.count == base.values.count
        ? RepeatedMean(
          zip(values, base.values).map { score.merit($0) - score.merit($1) }, within: score.differenceBounds)
        : RepeatedMean(mean: point.result.merit - base.merit)
    } ?? []
  }

  /// By how much the frozen copy is better than the target's own network at the deepest cut, as a claim; nil without one.
  public var deepestDifference: SeedComparison? {
    curve(.transfer)?.points.last.map { $0.result.gain(over: base) }
  }

  /// Whether two scores on the test examples differ by more than the tolerance and, where they are shares, than two
  /// standard errors of the difference of such shares of examples.
  public func areApart(_ value: Double, _ other: Double) -> Bool {
    guard score.unit == .fraction else { return abs(value - other) > tolerance }
    let variance = value * (1 - value) + other * (1 - other)
    let error = testCount.map { 2 * (variance / Double(max(1, $0))).squareRoot() } ?? 0
    return abs(value - other) > max(tolerance, error)
  }
}

extension TransferResult.Point: Codable {
  private enum CodingKeys: String, CodingKey {
    case copied = "copiedLayers"
    case cut
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(copied, forKey: .copied)
    try container.encode(cut, forKey: .cut)
    try result.encode(to: encoder)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      copied: try container.decode(Int.self, forKey: .copied), cut: try container.decode(String.self, forKey: .cut),
      try RepeatedScore(from: decoder))
  }
}
