/// What one training or fine-tuning run measured: all that a report needs to be drawn.
///
/// Accuracies and forgetting measures are fractions; reports show them as percentages and points. A number that was
/// not measured is NaN (or `nil` where the type says so).
public struct RunSummary: Sendable {
  /// One row of the run's metric table; epoch 0 is the model before any training.
  public struct Epoch: Sendable {
    public var epoch: Int
    public var sourceAccuracy: Double?
    public var sourceLoss: Double
    public var targetAccuracy: Double?
    public var targetLoss: Double
    /// Agreement with itself at epoch 0 on examples that stand in for the source's, and mean KL divergence from it.
    public var proxyAgreement: Double?
    public var proxyDivergence: Double?
    /// Mean loss of the task over the epoch's training examples.
    public var trainingLoss: Double
    /// The base rate times the schedule's factor, at the epoch's last step.
    public var learningRate: Double
    public var penalty: Double
    public var seconds: Double
    public var doses: [Dose]

    public init(
      epoch: Int, sourceAccuracy: Double? = nil, sourceLoss: Double = .nan, targetAccuracy: Double? = nil,
      targetLoss: Double = .nan, proxyAgreement: Double? = nil, proxyDivergence: Double? = nil,
      trainingLoss: Double = .nan, learningRate: Double = .nan, penalty: Double = .nan, seconds: Double = .nan,
      doses: [Dose] = []
    ) {
      self.trainingLoss = trainingLoss
      self.learningRate = learningRate
      self.proxyAgreement = proxyAgreement
      self.proxyDivergence = proxyDivergence
      self.epoch = epoch
      self.sourceAccuracy = sourceAccuracy
      self.sourceLoss = sourceLoss
      self.targetAccuracy = targetAccuracy
      self.targetLoss = targetLoss
      self.penalty = penalty
      self.seconds = seconds
      self.doses = doses
    }
  }

  /// How hard one regularizer held back in an epoch; shares and ratios are fractions.
  public struct Dose: Sendable {
    public var name: String
    /// Mean over the epoch's steps.
    public var penalty: Double
    /// The penalty over the whole loss.
    public var lossShare: Double
    /// Norm of its gradient over the norm of the task's.
    public var gradientRatio: Double
    /// Share of a displacement from the start that it takes back within the epoch; NaN where that has no meaning.
    public var pulledBack: Double

    public init(
      name: String, penalty: Double, lossShare: Double = .nan, gradientRatio: Double = .nan, pulledBack: Double = .nan
    ) {
      self.name = name
      self.penalty = penalty
      self.lossShare = lossShare
      self.gradientRatio = gradientRatio
      self.pulledBack = pulledBack
    }
  }

  /// Forgetting of the source task, positive where accuracy was lost; `low` and `high` bound `final` with 95 % confidence.
  public struct Forgetting: Sendable {
    public var final: Double
    public var low: Double
    public var high: Double
    public var maxMinusFinal: Double
    public var worst: Double
    public var relative: Double
    public var area: Double
    public var pValue: Double
    public var lost: Int
    public var gained: Int
    public var sourceCount: Int

    public init(
      final: Double, low: Double = .nan, high: Double = .nan, maxMinusFinal: Double = .nan, worst: Double = .nan,
      relative: Double = .nan, area: Double = .nan, pValue: Double = .nan, lost: Int = 0, gained: Int = 0,
      sourceCount: Int = 0
    ) {
      self.final = final
      self.low = low
      self.high = high
      self.maxMinusFinal = maxMinusFinal
      self.worst = worst
      self.relative = relative
      self.area = area
      self.pValue = pValue
      self.lost = lost
      self.gained = gained
      self.sourceCount = sourceCount
    }
  }

  /// How far the weights of one layer moved from the first checkpoint to the last.
  public struct DriftRow: Sendable {
    public var layer: String
    public var relative: Double
    public var l2: Double
    public var cosine: Double
    public var maxAbsolute: Double

    public init(
      layer: String, relative: Double, l2: Double = .nan, cosine: Double = .nan, maxAbsolute: Double = .nan
    ) {
      self.layer = layer
      self.relative = relative
      self.l2 = l2
      self.cosine = cosine
      self.maxAbsolute = maxAbsolute
    }
  }

  /// Similarity of the layers of A (before) and B (after); `matrix` is `[layersA][layersB]`.
  public struct CKARecord: Sendable {
    /// CKA of one layer with itself, before and after. `lowSignal` marks features with no structure above the noise.
    public struct Diagonal: Sendable {
      public var layer: String
      public var cka: Double
      public var low: Double
      public var high: Double
      public var lowSignal: Bool

      public init(layer: String, cka: Double, low: Double = .nan, high: Double = .nan, lowSignal: Bool = false) {
        self.layer = layer
        self.cka = cka
        self.low = low
        self.high = high
        self.lowSignal = lowSignal
      }
    }

    public var estimator: String
    public var sampleCount: Int
    public var dataName: String
    public var layersA: [String]
    public var layersB: [String]
    public var matrix: [[Double]]
    public var diagonal: [Diagonal]

    public init(
      estimator: String, sampleCount: Int, dataName: String, layersA: [String], layersB: [String], matrix: [[Double]],
      diagonal: [Diagonal]
    ) {
      self.estimator = estimator
      self.sampleCount = sampleCount
      self.dataName = dataName
      self.layersA = layersA
      self.layersB = layersB
      self.matrix = matrix
      self.diagonal = diagonal
    }
  }

  public var name: String
  /// The task learned before, or `nil` when the run has none (`lethe train`).
  public var sourceTask: String?
  /// The examples that stand in for the source's, or `nil` where none do.
  public var proxyTask: String?
  public var targetTask: String
  public var epochs: [Epoch]
  public var forgetting: Forgetting?
  public var drift: [DriftRow]
  public var cka: CKARecord?
  public var configuration: [(String, String)]
  /// The epoch that the run's rule chose.
  public var bestEpoch: Best?
  /// How many epochs it was to have.
  public var plannedEpochs: Int?

  public init(
    name: String, sourceTask: String?, proxyTask: String? = nil, targetTask: String, epochs: [Epoch],
    forgetting: Forgetting? = nil,
    drift: [DriftRow] = [], cka: CKARecord? = nil, configuration: [(String, String)] = [],
    bestEpoch: Best? = nil, plannedEpochs: Int? = nil
  ) {
    self.name = name
    self.sourceTask = sourceTask
    self.proxyTask = proxyTask
    self.targetTask = targetTask
    self.epochs = epochs
    self.forgetting = forgetting
    self.drift = drift
    self.cka = cka
    self.configuration = configuration
    self.bestEpoch = bestEpoch
    self.plannedEpochs = plannedEpochs
  }
}

extension RunSummary {
  /// The measured source accuracies, in the order of the epochs.
  var sourceAccuracies: [Double] { epochs.compactMap(\.sourceAccuracy).filter(\.isFinite) }

  /// The measured target accuracies, in the order of the epochs. A new head has none at epoch 0.
  var targetAccuracies: [Double] { epochs.compactMap(\.targetAccuracy).filter(\.isFinite) }

  var hasSource: Bool { sourceTask != nil || !sourceAccuracies.isEmpty }

  /// The accuracy at epoch 0, nil where it was not measured.
  func before(_ accuracy: (Epoch) -> Double?) -> Double? {
    epochs.first { $0.epoch == 0 }.flatMap(accuracy).flatMap { $0.isFinite ? $0 : nil }
  }

  /// The accuracy at the last epoch after epoch 0 that has one.
  func after(_ accuracy: (Epoch) -> Double?) -> Double? {
    epochs.filter { $0.epoch > 0 }.compactMap(accuracy).last(where: \.isFinite)
  }
}

extension RunSummary {
  /// What a rule made of the epochs.
  public struct Best: Sendable {
    public var epoch: Int
    public var rule: String
    /// Whether the epoch keeps the rule's bounds; if none does, it is the one that misses them by least.
    public var keepsBounds: Bool

    public init(epoch: Int, rule: String, keepsBounds: Bool) {
      self.epoch = epoch
      self.rule = rule
      self.keepsBounds = keepsBounds
    }
  }
}
