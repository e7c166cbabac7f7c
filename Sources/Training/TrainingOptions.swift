import Datasets
import Programs
import Torch

/// A number for the parameters that a glob matches.
public struct GlobRule: Sendable, Codable, Equatable {
  /// A glob over parameters, `*.bias` say.
  public var pattern: String
  /// A learning rate or a weight decay, as the list says that the rule is in.
  public var value: Double

  /// A rule for the parameters that a glob matches; a glob that matches nothing is refused at the run.
  public init(pattern: String, value: Double) {
    self.pattern = pattern
    self.value = value
  }
}

/// What makes a step of a gradient, computed as `torch.optim` does.
///
/// `sgd` has ``TrainingOptions/momentum``; `adam` (Kingma and Ba 2015) and `adamw` (Loshchilov and Hutter 2019) have
/// β₁ 0.9, β₂ 0.999 and ε 1e-8. Weight decay is added to the gradient; `adamw` takes it from the weights instead.
public enum OptimizerKind: String, Sendable, Codable, CaseIterable {
  case sgd, adam, adamw
}

/// The type that the forward pass computes in; weights and optimizer stay in float32.
public enum Precision: String, Sendable, Codable, CaseIterable {
  case float32, bfloat16
  /// With the loss scaled, as ``LossScale`` has it.
  case float16

  /// Nil of ``float32``.
  var type: DType? {
    switch self {
    case .float32: nil
    case .bfloat16: .bfloat16
    case .float16: .float16
    }
  }
}

/// Which blocks of the network train from when on.
public enum Unfreezing: Sendable, Codable, Equatable {
  /// All from the first step.
  case none
  /// From the head down, one more block after every so many epochs. Howard and Ruder 2018.
  case every(epochs: Int)
  /// From the head down, one more block when the target's accuracy has not risen for more than `patience` epochs.
  case onPlateau(patience: Int)
  /// The head alone for so many epochs, at the base rate, then all. Kumar et al. 2022.
  case afterProbe(epochs: Int)

  /// Epochs in which the head alone is fitted, before the schedule begins.
  var probeEpochs: Int { if case .afterProbe(let epochs) = self { epochs } else { 0 } }
}

/// What a task's loss makes of each answer.
public enum LossForm: String, Sendable, Codable, CaseIterable {
  /// `−log p`.
  case crossEntropy = "cross-entropy"
  /// `−p · log p`, the first p a constant: each answer weighed by how likely it is to the model already. Wu et al., "On
  /// the Generalization of SFT", 2025 (arXiv 2508.05629), call it dynamic fine-tuning.
  case dynamic = "dft"
}

/// Everything a training run is told.
public struct TrainingOptions: Sendable, Codable, Equatable {
  /// Passes through the training examples, those that fit the head alone included; 0 judges the model as it is.
  public var epochCount = 4
  /// Steps after which training ends, in place of ``epochCount``, which is then as many as they take; the last may have
  /// fewer steps than the others. Nil for whole epochs.
  public var stepLimit: Int?
  /// Examples a batch; the last of an epoch may have fewer.
  public var batchSize = 64
  /// Tokens a batch, padding included, which then say how many examples it has: as many as do not pass them. Inputs of a
  /// data set have one length, so it is the same number for every batch.
  public var tokensPerBatch: Int?
  /// Batches whose gradients are averaged for one step.
  public var accumulation = 1
  /// The base rate: the head's, and every layer's where no rule or decay says otherwise.
  public var learningRate = 0.01
  /// Rates of their own; later rules win, and over the layer decay.
  public var rateRules: [GlobRule] = []
  /// The factor of the rate from each block to the next one away from the head; 1 for none.
  public var layerDecay = 1.0
  /// What makes steps of gradients.
  public var optimizer = OptimizerKind.sgd
  /// The momentum of `sgd`, from 0 to below 1; Adam has none.
  public var momentum = 0.9
  /// Whether the momentum is Nesterov's; needs one above 0.
  public var usesNesterov = false
  /// The pull of weights toward zero, not toward where they began.
  ///
  /// Parameters that a regularizer such as `l2-sp` pulls elsewhere have none.
  public var weightDecay = 0.0
  /// Weight decays of their own; later rules win.
  public var decayRules: [GlobRule] = []
  /// The share of the probability that is spread over all classes, from 0 to below 1.
  public var labelSmoothing = 0.0
  /// What an example of each class counts in the loss.
  public var classWeights = ClassWeights.equal
  /// Which of the head's classes the loss is over; nil for all of them.
  public var lossClasses: LossClasses?
  /// What the loss makes of each answer; nil is the cross-entropy.
  public var lossForm: LossForm?
  /// Whether examples are drawn so that every class is as likely, with replacement, rather than each once an epoch.
  public var samplesEvenly = false
  /// Random changes of the training images, seeded by the run.
  public var transform = ImageTransform()
  /// How the learning rates change over the run.
  public var schedule = Schedule()
  /// Globs over layers; frozen layers keep parameters and buffers byte for byte.
  public var frozen: [String] = []
  /// Whether everything but the head is frozen.
  public var trainsHeadOnly = false
  /// Which blocks train from when on.
  public var unfreezing = Unfreezing.none
  /// Low-rank changes trained in place of the weights, beside the head; nil for the weights themselves.
  public var adapters: LowRankOptions?
  /// The largest Euclidean norm of a step's whole gradient.
  public var gradientNorm: Double?
  /// What the forward pass computes in.
  public var precision = Precision.float32
  /// Whether blocks keep nothing but what enters them, and are run a second time for their gradients: less memory, more
  /// time, the same numbers. Nil is no. What regularizers estimate before training is not done so.
  public var gradientCheckpointing: Bool?
  /// Whether several processes that train together have parts of the weights each, of their gradients and of what the
  /// optimizer keeps; a block's weights are gathered while it runs, forwards and, as ``gradientCheckpointing`` has it, once
  /// more for its gradients. Nil is no: each has all. One by itself has all in any case.
  public var shardsWeights: Bool?
  /// Whether batch normalization is by the statistics over the batches of all processes that train together; nil is no: each
  /// normalizes its own part. One by itself has the whole batch.
  public var sharesStatistics: Bool?
  /// The decay of an exponential moving average of the weights, which is then what is judged and stored. It warms up:
  /// step t, from 1, has `min(decay, (1 + t) / (10 + t))`.
  public var averagingDecay: Double?
  /// Which epoch is the best; nil keeps the last.
  public var selection: SelectionRule?
  /// Epochs without a better one after which the run ends.
  public var patience: Int?
  /// How many of the last epochs keep their checkpoints, beside epoch 0 and the best one; nil keeps all.
  public var keptCheckpointCount: Int?
  /// How often the run is looked at within its epochs, on a sample of each task; nil looks at whole epochs alone, unless
  /// there is a ``stopRule``.
  public var evaluationInterval: EvaluationInterval?
  /// How many examples of each task such a look is at, drawn once; when nil ``standardEvaluationSampleCount``, or as many
  /// as looks take a tenth of an epoch with, but ``fewestEvaluationSamples``.
  public var evaluationSampleCount: Int?
  /// What ends the run as soon as a look establishes it; nil for nothing.
  public var stopRule: StopRule?
  /// Which examples choose, where something is chosen; nil for those that the data hold ready, else a tenth of the
  /// training examples.
  public var validation: ValidationRule?
  /// What holds training back, each with its settings; their penalties are added.
  public var regularizers: [RegularizerSpecification] = []
  /// Of everything random: new heads, the draw and the order of examples, dropout, changes of images.
  public var seed: UInt64 = 0
  /// How many of the training examples to use, drawn by the seed; all when nil.
  public var exampleCount: Int?
  /// Whether images of another size or of one channel are brought to the model's shape.
  public var fitsImages = false

  /// What no count of these options may pass: epochs, examples a batch, batches a step, ranks. Beyond it is a slip, and
  /// products of three of them would not fit an integer.
  public static let largestCount = 1_000_000
  /// What no number of steps may pass.
  public static let largestStepCount = 1_000_000_000
  /// What no number of examples may pass.
  public static let largestExampleCount = 1_000_000_000

  /// Examples of each task that are looked at within an epoch, where nobody says how many.
  public static let standardEvaluationSampleCount = 500
  /// Fewer than these are not looked at to save time.
  public static let fewestEvaluationSamples = 100

  /// Plain fine-tuning: SGD with momentum at a constant rate, nothing frozen, no regularizer.
  public init() {}

  /// - Parameter depth: blocks from the head to the parameter's.
  public func learningRate(of parameter: String, depth: Int) -> Double {
    if let rule = rateRules.last(where: { Glob($0.pattern).matches(parameter) }) { return rule.value }
    return (0..<depth).reduce(learningRate) { rate, _ in rate * layerDecay }
  }

  /// The weight decay of a parameter: that of the last rule which matches it, else the common one.
  func weightDecay(of parameter: String) -> Double {
    decayRules.last { Glob($0.pattern).matches(parameter) }?.value ?? weightDecay
  }

  /// The factor of all learning rates at a step, counted from 0 over the whole run.
  func rateFactor(step: Int, stepsPerEpoch: Int) -> Double {
    let probeSteps = unfreezing.probeEpochs * stepsPerEpoch
    guard step >= probeSteps else { return 1 }
    return schedule.factor(
      step: step - probeSteps, stepsPerEpoch: stepsPerEpoch, epochCount: epochCount - unfreezing.probeEpochs,
      stepLimit: stepLimit.map { $0 - probeSteps })
  }

  /// The examples of a split that are used: trained on, but for those that choose.
  public func examples(of split: Split) -> Split {
    exampleIndices(of: split).map(split.selecting) ?? split
  }
}
