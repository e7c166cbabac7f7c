/// What looks at a run within its epochs found: each at the same examples, drawn once.
public struct StepCurve: Codable, Equatable, Sendable {
  /// The examples of one task that are looked at.
  public struct Sample: Codable, Equatable, Sendable {
    /// How many.
    public var count: Int
    /// Whether they are of those that choose, rather than of those that judge.
    public var chooses: Bool

    /// A sample.
    public init(count: Int, chooses: Bool) {
      self.count = count
      self.chooses = chooses
    }
  }

  /// When the source was at its worst, though it was better at the end: the stability gap.
  ///
  /// De Lange, van de Ven and Tuytelaars, "Continual evaluation for lifelong learning: identifying the stability gap",
  /// ICLR 2023.
  public struct WorstMoment: Codable, Equatable, Sendable {
    /// Optimization steps done by then.
    public var step: Int
    /// The source's score before the first step.
    public var before: ScoredTask
    /// At its worst.
    public var worst: ScoredTask
    /// At the last look.
    public var last: ScoredTask
    /// By how much it was worse than before the first step.
    public var lost: Estimate
    /// By how much it is better at the last look than at its worst.
    public var regained: Estimate
    /// Of ``regained``, two-sided and paired, times the looks among which the worst was found.
    public var pairedPValue: Double

    /// A moment.
    ///
    /// - Parameters: see the properties.
    public init(
      step: Int, before: ScoredTask, worst: ScoredTask, last: ScoredTask, lost: Estimate, regained: Estimate,
      pairedPValue: Double
    ) {
      self.step = step
      self.before = before
      self.worst = worst
      self.last = last
      self.lost = lost
      self.regained = regained
      self.pairedPValue = pairedPValue
    }

    /// Whether it is more than chance that the source recovered, of which the worst of many looks is no proof.
    public var isEstablished: Bool {
      EstablishedChange(loss: lost, pairedPValue: .nan) == .loss
        && EstablishedChange(loss: regained, pairedPValue: pairedPValue) == .loss
    }
  }

  /// By what rule the run ended.
  public struct Stop: Codable, Equatable, Sendable {
    /// As the user wrote it: `forgetting > 2pp`.
    public var rule: String
    /// Optimization steps done when a look established it.
    public var step: Int
    /// What the look found, its whole interval beyond the rule's limit.
    public var figure: Estimate
    /// Of which examples that is.
    public var sample: Sample
    /// What it is counted in; nil where it is a divergence.
    public var score: Score?
    /// Whether it is a difference of two scores.
    public var isDifference: Bool
    /// The last look before at which the rule did not hold: what the run keeps is the model as it was then.
    public var keptStep: Int

    /// An end.
    ///
    /// - Parameters: see the properties.
    public init(
      rule: String, step: Int, figure: Estimate, sample: Sample, score: Score?, isDifference: Bool, keptStep: Int
    ) {
      self.rule = rule
      self.step = step
      self.figure = figure
      self.sample = sample
      self.score = score
      self.isDifference = isDifference
      self.keptStep = keptStep
    }
  }

  /// How often it was looked, as it was asked for: steps, or a part of an epoch.
  public var interval: String
  /// Optimization steps of an epoch.
  public var stepsPerEpoch: Int
  /// Nil where the run has no data of it.
  public var source: Sample?
  /// Of the task that is trained.
  public var target: Sample
  /// The looks, the one before the first step first.
  public var points: [StepFinding]
  /// Nil where there is no source, or its worst look is the last.
  public var worst: WorstMoment?
  /// Nil where no rule ended the run.
  public var stop: Stop?

  /// Looks at a run.
  ///
  /// - Parameters: see the properties.
  public init(
    interval: String, stepsPerEpoch: Int, source: Sample?, target: Sample, points: [StepFinding],
    worst: WorstMoment? = nil, stop: Stop? = nil
  ) {
    self.interval = interval
    self.stepsPerEpoch = stepsPerEpoch
    self.source = source
    self.target = target
    self.points = points
    self.worst = worst
    self.stop = stop
  }
}

/// What one look at a run found, on a sample of each task.
public struct StepFinding: Codable, Equatable, Sendable {
  /// Optimization steps done, over all epochs.
  public var step: Int
  /// Of the task learnt before; nil where it was not measured.
  public var source: ScoredTask?
  /// Of the task that is trained; nil where its head was just drawn.
  public var target: ScoredTask?
  /// How far the answers of the head that the model came with moved on the target's inputs; nil where it came with none.
  public var gauge: OutputDivergence?
  /// Mean loss of the task over the training examples since the look before; NaN before the first step.
  public var trainingLoss: Double
  /// The base learning rate times the schedule's factor at the last step; likewise.
  public var learningRate: Double

  /// A look.
  ///
  /// - Parameters: see the properties.
  public init(
    step: Int, source: ScoredTask? = nil, target: ScoredTask? = nil, gauge: OutputDivergence? = nil,
    trainingLoss: Double = .nan, learningRate: Double = .nan
  ) {
    self.step = step
    self.source = source
    self.target = target
    self.gauge = gauge
    self.trainingLoss = trainingLoss
    self.learningRate = learningRate
  }

  /// NaN equals NaN here: it says the same of both.
  public static func == (left: StepFinding, right: StepFinding) -> Bool {
    left.step == right.step && left.source == right.source && left.target == right.target && left.gauge == right.gauge
      && zip([left.trainingLoss, left.learningRate], [right.trainingLoss, right.learningRate])
        .allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }
}
