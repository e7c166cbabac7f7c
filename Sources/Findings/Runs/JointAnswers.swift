/// What one head that knows the classes of source and target makes of the test examples of both, at one epoch.
public struct JointAnswers: Codable, Equatable, Sendable {
  /// Counted from 0, the model before any training.
  public var epoch: Int
  /// Of both tasks' test examples together, the share that is right among all classes of the head.
  public var accuracy: Double
  /// How many these are.
  public var count: Int
  /// Of the source's examples, the share that is taken for a class which the target alone has: the bias toward the new.
  public var sourceTakenForTarget: Double
  /// Of the target's examples, the share that is taken for a class which the source alone has.
  public var targetTakenForSource: Double

  /// - Parameters: see the properties; shares are fractions.
  public init(
    epoch: Int, accuracy: Double, count: Int, sourceTakenForTarget: Double, targetTakenForSource: Double
  ) {
    self.epoch = epoch
    self.accuracy = accuracy
    self.count = count
    self.sourceTakenForTarget = sourceTakenForTarget
    self.targetTakenForSource = targetTakenForSource
  }
}

/// What one head made of both tasks, epoch by epoch.
public struct JointHead: Codable, Equatable, Sendable {
  /// How many classes the head has.
  public var classCount: Int
  /// The epochs at which both tasks were judged.
  public var epochs: [JointAnswers]

  /// - Parameters: see the properties.
  public init(classCount: Int, epochs: [JointAnswers]) {
    self.classCount = classCount
    self.epochs = epochs
  }
}
