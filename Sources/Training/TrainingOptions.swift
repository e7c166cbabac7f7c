import Datasets
import Metrics
import Programs

/// A number for the parameters that a glob matches.
public struct GlobRule: Sendable, Codable, Equatable {
  public var pattern: String
  public var value: Double

  public init(pattern: String, value: Double) {
    self.pattern = pattern
    self.value = value
  }
}

public enum OptimizerKind: String, Sendable, Codable, CaseIterable {
  case sgd, adam, adamw
}

/// The type that the forward pass computes in; weights and optimizer stay in float32.
public enum Precision: String, Sendable, Codable, CaseIterable {
  case float32, bfloat16
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

/// Everything a training run is told.
public struct TrainingOptions: Sendable, Codable, Equatable {
  public var epochCount = 4
  public var batchSize = 64
  /// Batches whose gradients are averaged for one step.
  public var accumulation = 1
  public var learningRate = 0.01
  /// Rates of their own; later rules win, and over the layer decay.
  public var rateRules: [GlobRule] = []
  /// The factor of the rate from each block to the next one away from the head; 1 for none.
  public var layerDecay = 1.0
  public var optimizer = OptimizerKind.sgd
  public var momentum = 0.9
  public var usesNesterov = false
  public var weightDecay = 0.0
  /// Weight decays of their own; later rules win.
  public var decayRules: [GlobRule] = []
  public var labelSmoothing = 0.0
  public var classWeights = ClassWeights.equal
  /// Whether examples are drawn so that every class is as likely, with replacement, rather than each once an epoch.
  public var samplesEvenly = false
  /// Random changes of the training images, seeded by the run.
  public var transform = ImageTransform()
  public var schedule = Schedule()
  /// Globs over layers; frozen layers keep parameters and buffers byte for byte.
  public var frozen: [String] = []
  /// Whether everything but the head is frozen.
  public var trainsHeadOnly = false
  public var unfreezing = Unfreezing.none
  public var adapters: LowRankOptions?
  /// The largest Euclidean norm of a step's whole gradient.
  public var gradientNorm: Double?
  public var precision = Precision.float32
  /// The decay of an exponential moving average of the weights, which is then what is judged and stored.
  public var averagingDecay: Double?
  /// Which epoch is the best; nil keeps the last.
  public var selection: SelectionRule?
  /// Epochs without a better one after which the run ends.
  public var patience: Int?
  public var regularizers: [RegularizerSpecification] = []
  public var seed: UInt64 = 0
  /// How many of the training examples to use, drawn by the seed; all when nil.
  public var exampleCount: Int?
  /// Whether images of another size or of one channel are brought to the model's shape.
  public var fitsImages = false

  public init() {}

  /// - Parameter depth: blocks from the head to the parameter's.
  public func learningRate(of parameter: String, depth: Int) -> Double {
    if let rule = rateRules.last(where: { Glob($0.pattern).matches(parameter) }) { return rule.value }
    return (0..<depth).reduce(learningRate) { rate, _ in rate * layerDecay }
  }

  public func weightDecay(of parameter: String) -> Double {
    decayRules.last { Glob($0.pattern).matches(parameter) }?.value ?? weightDecay
  }

  /// The factor of all learning rates at a step, counted from 0 over the whole run.
  func rateFactor(step: Int, stepsPerEpoch: Int) -> Double {
    let probeSteps = unfreezing.probeEpochs * stepsPerEpoch
    guard step >= probeSteps else { return 1 }
    return schedule.factor(
      step: step - probeSteps, stepsPerEpoch: stepsPerEpoch, epochCount: epochCount - unfreezing.probeEpochs)
  }

  /// The examples of a split to train on.
  public func examples(of split: Split) -> Split {
    guard let exampleCount, exampleCount < split.count else { return split }
    var random = RandomSource(seed: seed)
    return split.selecting(random.sample(exampleCount, of: split.count))
  }
}
