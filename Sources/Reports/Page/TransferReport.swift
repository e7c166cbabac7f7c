/// The report of a transfer experiment: how far up a network can be reused. Accuracies are fractions.
public struct TransferReport: Sendable {
  /// One treatment at one cut.
  public struct Point: Sendable {
    /// How many blocks are copied.
    public var copied: Int
    public var accuracy: MeanValue

    public init(copied: Int, _ accuracy: MeanValue) {
      self.copied = copied
      self.accuracy = accuracy
    }
  }

  public struct Cut: Sendable {
    /// The last block that is copied, and how many are.
    public var name: String
    public var blockCount: Int

    public init(name: String, blockCount: Int) {
      self.name = name
      self.blockCount = blockCount
    }
  }

  public struct Curve: Sendable {
    /// `AnB+`.
    public var name: String
    public var points: [Point]

    public init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  /// Something that costs no training, said of every cut.
  public struct Score: Sendable {
    public var name: String
    /// One a cut; NaN where it could not be measured.
    public var values: [Double]
    public var isFraction: Bool
    /// Rank correlation over the cuts with AnB and with AnB+.
    public var frozenCorrelation: Double
    public var tunedCorrelation: Double

    public init(
      name: String, values: [Double], isFraction: Bool = false, frozenCorrelation: Double, tunedCorrelation: Double
    ) {
      self.name = name
      self.values = values
      self.isFraction = isFraction
      self.frozenCorrelation = frozenCorrelation
      self.tunedCorrelation = tunedCorrelation
    }
  }

  /// The fine-tuning that is recommended, at one rate of the layers under the head.
  public struct Trial: Sendable {
    public var rate: String
    public var target: MeanValue
    /// Source accuracy lost; nil where it was not measured.
    public var forgetting: MeanValue?

    public init(rate: String, target: MeanValue, forgetting: MeanValue?) {
      self.rate = rate
      self.target = target
      self.forgetting = forgetting
    }
  }

  public var title: String
  public var target: String
  /// The target's own network, with nothing copied.
  public var base: MeanValue
  public var cuts: [Cut]
  public var curves: [Curve]
  /// Test examples that the accuracies are of.
  public var testCount: Int?
  public var scores: [Score] = []
  /// What is said of the network as a whole.
  public var wholeScores: [(name: String, value: Double, meaning: String)] = []
  public var trials: [Trial] = []
  /// The place of the trial that is recommended.
  public var choice: Int?
  /// What to do, in a sentence, and the command that does it.
  public var recommendation: String
  public var command: String?
  /// How it was made.
  public var protocolText: String

  public init(
    title: String, target: String, base: MeanValue, cuts: [Cut], curves: [Curve], recommendation: String,
    command: String? = nil, protocolText: String
  ) {
    self.title = title
    self.target = target
    self.base = base
    self.cuts = cuts
    self.curves = curves
    self.recommendation = recommendation
    self.command = command
    self.protocolText = protocolText
  }

  func curve(_ name: String) -> Curve? { curves.first { $0.name == name } }

  func name(_ point: Point) -> String {
    cuts.first { $0.blockCount == point.copied }?.name ?? "\(point.copied)"
  }
}

extension TransferReport {
  /// What the curves show of the paper's three effects, where they are larger than a point, than the test examples tell
  /// apart (two standard errors) and than the intervals.
  public var findings: [String] {
    var found: [String] = []
    func isBelow(_ point: MeanValue, _ other: MeanValue) -> Bool {
      let variance = point.mean * (1 - point.mean) + other.mean * (1 - other.mean)
      let error = testCount.map { 2 * (variance / Double(max(1, $0))).squareRoot() } ?? 0
      return other.mean - point.mean > max(0.01, error) && !(point.high >= other.mean) && !(other.low <= point.mean)
    }
    func points(_ difference: Double) -> String { "\(NumberText.points(difference)) points" }
    if let dip = curve("BnB")?.points.min(by: { $0.accuracy.mean < $1.accuracy.mean }), isBelow(dip.accuracy, base) {
      found.append(
        "Cutting after \(name(dip)) breaks fragile co-adaptation: BnB falls by \(points(base.mean - dip.accuracy.mean))."
      )
    }
    if let last = curve("AnB")?.points.last, isBelow(last.accuracy, base) {
      let fall = base.mean - last.accuracy.mean
      var text =
        "Frozen layers up to \(name(last)) are specific to what they were trained on: AnB falls by \(points(fall))"
      if let own = curve("BnB")?.points.last, own.copied == last.copied {
        text +=
          ", of which the cut alone costs \(NumberText.points(min(fall, max(0, base.mean - own.accuracy.mean)))) (BnB)"
      }
      found.append(text + ".")
    }
    if let best = curve("AnB+")?.points.max(by: { $0.accuracy.mean < $1.accuracy.mean }), isBelow(base, best.accuracy) {
      found.append(
        "Copied layers that are trained on help: AnB+ gains \(points(best.accuracy.mean - base.mean)) at \(name(best))."
      )
    }
    if let best = curve("AnB+")?.points.max(by: { $0.accuracy.mean < $1.accuracy.mean }),
      let tried = trials.map(\.target).max(by: { $0.mean < $1.mean }), isBelow(tried, best.accuracy)
    {
      found.append(
        "Fine-tuning the whole copy stays \(points(best.accuracy.mean - tried.mean)) below AnB+ at \(name(best)): what "
          + "lies above it serves the target better drawn anew.")
    }
    return found
  }

  /// The score that ranks the cuts most as AnB does, in a sentence.
  public var bestScore: String? {
    let ranked = scores.filter { $0.frozenCorrelation.isFinite }
    guard let best = ranked.max(by: { $0.frozenCorrelation < $1.frozenCorrelation }) else { return nil }
    let correlation = NumberText.fixed(best.frozenCorrelation, 2)
    return best.frozenCorrelation > 0
      ? "Of these, \(best.name) ranks the \(cuts.count) cuts most as AnB does: rank correlation \(correlation)."
      : "None of these ranks the \(cuts.count) cuts as AnB does; \(best.name) comes nearest, rank correlation "
        + "\(correlation)."
  }

  /// What the scores say beside their table, a sentence each.
  public var scoreNotes: [String] {
    (bestScore.map { [$0] } ?? [])
      + wholeScores.map { "\($0.name) of the whole network: \(NumberText.fixed($0.value, 3)) (\($0.meaning))." }
  }
}
