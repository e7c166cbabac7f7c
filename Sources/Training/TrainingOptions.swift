import Datasets
import Metrics
import Programs

/// A learning rate for the parameters that a glob matches.
public struct RateRule: Sendable, Codable, Equatable {
  public var pattern: String
  public var learningRate: Double

  public init(pattern: String, learningRate: Double) {
    self.pattern = pattern
    self.learningRate = learningRate
  }
}

public enum OptimizerKind: String, Sendable, Codable, CaseIterable {
  case sgd, adam, adamw
}

/// Everything a training run is told.
public struct TrainingOptions: Sendable, Codable, Equatable {
  public var epochCount = 4
  public var batchSize = 64
  public var learningRate = 0.01
  /// Later rules win.
  public var rateRules: [RateRule] = []
  public var optimizer = OptimizerKind.sgd
  public var momentum = 0.9
  public var usesNesterov = false
  public var weightDecay = 0.0
  public var labelSmoothing = 0.0
  public var schedule = Schedule()
  /// Globs over layers; frozen layers keep parameters and buffers byte for byte.
  public var frozen: [String] = []
  public var regularizers: [RegularizerSpecification] = []
  public var seed: UInt64 = 0
  /// How many of the training examples to use, drawn by the seed; all when nil.
  public var exampleCount: Int?
  /// Whether images of another size or of one channel are brought to the model's shape.
  public var fitsImages = false

  public init() {}

  public func learningRate(of parameter: String) -> Double {
    rateRules.last { Glob($0.pattern).matches(parameter) }?.learningRate ?? learningRate
  }

  /// The examples of a split to train on.
  func examples(of split: Split) -> Split {
    guard let exampleCount, exampleCount < split.count else { return split }
    var random = RandomSource(seed: seed)
    return split.selecting(Array(random.permutation(count: split.count).prefix(exampleCount)))
  }

  /// - Throws: ``TrainingError/badOption(_:)`` naming the option, what it was and what it may be.
  public func validate() throws {
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      if !condition { throw TrainingError.badOption(message()) }
    }
    try require(epochCount >= 0, "--epochs must not be negative, found \(epochCount)")
    if let exampleCount { try require(exampleCount >= 1, "--examples must be at least 1, found \(exampleCount)") }
    try require(batchSize >= 1, "--batch-size must be at least 1, found \(batchSize)")
    for rate in [learningRate] + rateRules.map(\.learningRate) {
      try require(rate >= 0 && rate.isFinite, "--lr must be zero or positive, found \(rate)")
    }
    try require((0..<1).contains(momentum), "--momentum must be in 0..<1, found \(momentum)")
    try require(!usesNesterov || momentum > 0, "--nesterov needs a momentum above 0")
    try require(weightDecay >= 0 && weightDecay.isFinite, "--weight-decay must not be negative, found \(weightDecay)")
    try require((0..<1).contains(labelSmoothing), "--label-smoothing must be in 0..<1, found \(labelSmoothing)")
  }
}
