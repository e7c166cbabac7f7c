/// What was measured at one epoch of a run; epoch 0 is the model before any training.
public struct EpochFinding: Codable, Equatable, Sendable {
  /// What was measured on the examples that choose, which neither train nor judge.
  public struct Validation: Codable, Equatable, Sendable {
    /// Of the task learnt before; nil where it has no such examples.
    public var source: ScoredTask?
    /// Agreement on the examples that stand in for the source's; likewise.
    public var proxy: ProxyAgreement?
    /// Of the task that is trained; likewise.
    public var target: ScoredTask?

    /// Scores; what is left out was not measured.
    public init(source: ScoredTask? = nil, proxy: ProxyAgreement? = nil, target: ScoredTask? = nil) {
      self.source = source
      self.proxy = proxy
      self.target = target
    }
  }

  /// How many passes through the training examples came before it.
  public var epoch: Int
  /// Of the task learnt before; nil where it was not measured.
  public var source: ScoredTask?
  /// How far the source's head still says what it said at epoch 0, where examples stand in for the source's.
  public var proxy: ProxyAgreement?
  /// How far the answers of the head that the model came with moved on the target's inputs; nil where it was not measured.
  public var gauge: OutputDivergence?
  /// Of the task that is trained; nil where it was not measured.
  public var target: ScoredTask?
  /// Whether the head of the trained task was drawn just before, so that its score says nothing yet.
  public var targetHeadIsNew: Bool
  /// On the examples that choose; nil where there are none.
  public var validation: Validation?
  /// Mean loss of the task over the epoch's training examples; NaN at epoch 0.
  public var trainingLoss: Double
  /// The regularizers' penalty before the epoch's last step.
  public var penalty: Double
  /// The base learning rate times the schedule's factor at the epoch's last step; NaN at epoch 0.
  public var learningRate: Double
  /// Blocks that began to train with this epoch.
  public var unfrozen: [String]
  /// How hard each regularizer held back; empty at epoch 0.
  public var regularizers: [RegularizerDose]
  /// Steps that moved nothing, as their gradients left the range of float16; nil where the network computes in another type.
  public var skippedSteps: Int?
  /// Seconds of training, evaluation not counted.
  public var seconds: Double

  /// One epoch; what is left out was not measured.
  ///
  /// - Parameters: see the properties.
  public init(
    epoch: Int, source: ScoredTask? = nil, proxy: ProxyAgreement? = nil, gauge: OutputDivergence? = nil,
    target: ScoredTask? = nil,
    targetHeadIsNew: Bool = false, validation: Validation? = nil, trainingLoss: Double = .nan,
    penalty: Double = .nan, learningRate: Double = .nan, unfrozen: [String] = [], regularizers: [RegularizerDose] = [],
    skippedSteps: Int? = nil, seconds: Double = .nan
  ) {
    self.epoch = epoch
    self.source = source
    self.proxy = proxy
    self.gauge = gauge
    self.target = target
    self.targetHeadIsNew = targetHeadIsNew
    self.validation = validation
    self.trainingLoss = trainingLoss
    self.penalty = penalty
    self.learningRate = learningRate
    self.unfrozen = unfrozen
    self.regularizers = regularizers
    self.skippedSteps = skippedSteps
    self.seconds = seconds
  }

  /// NaN equals NaN here: it says the same of both.
  public static func == (left: EpochFinding, right: EpochFinding) -> Bool {
    left.epoch == right.epoch && left.source == right.source && left.proxy == right.proxy
      && left.gauge == right.gauge
      && left.target == right.target && left.targetHeadIsNew == right.targetHeadIsNew
      && left.validation == right.validation && left.unfrozen == right.unfrozen
      && left.regularizers == right.regularizers && left.skippedSteps == right.skippedSteps
      && zip(left.numbers, right.numbers).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }

  private var numbers: [Double] { [trainingLoss, penalty, learningRate, seconds] }
}
