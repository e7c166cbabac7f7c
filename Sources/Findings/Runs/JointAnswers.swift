/// What one head that knows the classes of source and target makes of the test examples of both, at one epoch.
///
/// In JSON the score stands under its own name: `{"accuracy": 0.7, "count": 300, …}`.
public struct JointAnswers: Equatable, Sendable {
  /// Counted from 0, the model before any training.
  public var epoch: Int
  /// What both tasks are judged by.
  public var score: Score
  /// Its value over both tasks' test examples together, judged among all classes of the head.
  public var value: Double
  /// How many these are.
  public var count: Int
  /// Of what is answered to the source's examples, the share that is a class which the target alone has: the bias toward the
  /// new. NaN where nothing was answered.
  public var sourceTakenForTarget: Double
  /// Of what is answered to the target's examples, the share that is a class which the source alone has; likewise.
  public var targetTakenForSource: Double

  /// - Parameters: see the properties; shares are fractions.
  public init(
    epoch: Int, _ score: Score, _ value: Double, count: Int, sourceTakenForTarget: Double,
    targetTakenForSource: Double
  ) {
    self.epoch = epoch
    self.score = score
    self.value = value
    self.count = count
    self.sourceTakenForTarget = sourceTakenForTarget
    self.targetTakenForSource = targetTakenForSource
  }

  /// NaN equals NaN here: it says the same of both.
  public static func == (left: JointAnswers, right: JointAnswers) -> Bool {
    left.epoch == right.epoch && left.score == right.score && left.count == right.count
      && zip(left.numbers, right.numbers).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }

  private var numbers: [Double] { [value, sourceTakenForTarget, targetTakenForSource] }
}

extension JointAnswers: Codable {
  private enum Names {
    static let epoch = ScoreKey("epoch")
    static let count = ScoreKey("count")
    static let source = ScoreKey("sourceTakenForTarget")
    static let target = ScoreKey("targetTakenForSource")
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: ScoreKey.self)
    try container.encode(epoch, forKey: Names.epoch)
    try container.encode(value, of: score)
    try container.encode(count, forKey: Names.count)
    try container.encode(sourceTakenForTarget, forKey: Names.source)
    try container.encode(targetTakenForSource, forKey: Names.target)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: ScoreKey.self)
    epoch = try container.decode(Int.self, forKey: Names.epoch)
    (score, value) = try container.decodeScore()
    count = try container.decode(Int.self, forKey: Names.count)
    sourceTakenForTarget = try container.decode(Double.self, forKey: Names.source)
    targetTakenForSource = try container.decode(Double.self, forKey: Names.target)
  }
}

/// What one head made of both tasks, epoch by epoch.
public struct JointHead: Codable, Equatable, Sendable {
  /// How many classes the head has.
  public var classCount: Int
  /// What has an answer of its own within an example, as `tokens`; ``labels`` where each is said to be there or not; nil
  /// where an example has one.
  public var places: String?
  /// The places of examples whose labels are each there or not.
  public static let labels = "labels"
  /// The epochs at which both tasks were judged.
  public var epochs: [JointAnswers]

  /// - Parameters: see the properties.
  public init(classCount: Int, places: String? = nil, epochs: [JointAnswers]) {
    self.classCount = classCount
    self.places = places
    self.epochs = epochs
  }
}
