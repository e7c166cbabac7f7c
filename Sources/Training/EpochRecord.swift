import Evaluation
import Findings

/// One epoch of a run, as it is stored.
public struct EpochRecord: Sendable {
  /// Counted from 0, the model before any training.
  public var epoch: Int
  /// Of the task learnt before; nil where there is no data of it.
  public var source: EvaluationResult?
  /// How far the source task's head still says what it said at epoch 0.
  public var proxy: ProxyAgreement?
  /// How far the answers of the head that the model came with moved on the target's inputs; nil where it came with none.
  public var gauge: OutputDivergence?
  /// Nil at epoch 0 where the head of the trained task is new.
  public var target: EvaluationResult
  /// Whether the target is judged by a head that was just drawn, so that its figures say nothing: epoch 0 alone.
  public var targetHeadIsNew: Bool
  /// The scores on the examples that choose; none where the test examples do, or nothing is chosen.
  public var validation = ValidationScores()
  /// Mean loss of the task over the training examples, in nats, without penalties; NaN at epoch 0.
  public var trainingLoss: Double
  /// The regularizers' penalty before the epoch's last step, summed.
  public var penalty: Double
  /// The base learning rate times the schedule's factor at the last step; NaN at epoch 0.
  public var learningRate: Double
  /// Blocks that began to train with this epoch.
  public var newBlocks: [String]
  /// How hard each regularizer held back; empty at epoch 0.
  public var doses: [RegularizerDose]
  /// Steps that moved nothing, as their gradients left the range of float16; nil in another type.
  public var skippedSteps: Int?
  /// Seconds of training, evaluation not counted.
  public var seconds: Double
}

/// What an epoch came to on the examples that choose; nil where a task has no such.
public struct ValidationScores: Sendable {
  /// Of the task learnt before.
  public var source: EvaluationResult?
  /// On the examples that stand in for the source's.
  public var proxy: ProxyAgreement?
  /// Of the task that is trained.
  public var target: EvaluationResult?

  /// Scores; those left out were not measured.
  public init(source: EvaluationResult? = nil, proxy: ProxyAgreement? = nil, target: EvaluationResult? = nil) {
    self.source = source
    self.proxy = proxy
    self.target = target
  }

  /// Whether nothing was measured.
  var isEmpty: Bool { source == nil && proxy == nil && target == nil }
}
