/// What one training or fine-tuning run found: the answer that terminal, JSON, page and files all read.
public struct RunFinding: Codable, Sendable {
  /// What the run's rule made of the epochs.
  public struct Best: Codable, Equatable, Sendable {
    /// The epoch that the rule chose, counted from 0.
    public var epoch: Int
    /// As the user wrote it: `target subject to source >= 0.9`.
    public var rule: String
    /// Whether the epoch keeps the rule's bounds; if none does, it is the one that misses them by least.
    public var keepsBounds: Bool

    /// An epoch that a rule chose.
    public init(epoch: Int, rule: String, keepsBounds: Bool) {
      self.epoch = epoch
      self.rule = rule
      self.keepsBounds = keepsBounds
    }
  }

  /// An epoch that ended before its time.
  public struct PartialEpoch: Codable, Equatable, Sendable {
    /// The epoch, counted from 1.
    public var epoch: Int
    /// Optimization steps that it had.
    public var steps: Int
    /// Optimization steps of a whole one.
    public var stepsPerEpoch: Int

    /// A part of an epoch.
    public init(epoch: Int, steps: Int, stepsPerEpoch: Int) {
      self.epoch = epoch
      self.steps = steps
      self.stepsPerEpoch = stepsPerEpoch
    }
  }

  /// A checkpoint that something else trained, which is an epoch here.
  public struct WatchedCheckpoint: Codable, Equatable, Sendable {
    /// The epoch that it is here.
    public var epoch: Int
    /// The file's or folder's name.
    public var name: String
    /// Optimization steps by the name; nil where that does not say.
    public var step: Int?

    /// A checkpoint.
    public init(epoch: Int, name: String, step: Int?) {
      self.epoch = epoch
      self.name = name
      self.step = step
    }
  }

  /// One line of the run's configuration, in words.
  public struct Setting: Codable, Equatable, Sendable {
    /// What is set, as a reader knows it.
    public var name: String
    /// What it is set to, in words.
    public var value: String

    /// A line of the configuration: what is set, and to what.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The run's folder, as it was given.
  public var run: String
  /// The task learnt before; nil where the run has none, or only examples that stand in for it.
  public var sourceTask: String?
  /// The examples that stand in for the source's; nil where none do.
  public var proxyTask: String?
  /// The task that was trained.
  public var targetTask: String
  /// The epoch that the run stands for: the best one by its rule, else the last. Everything below that is not by epoch
  /// is of this one.
  public var chosenEpoch: Int
  /// How many epochs it was to have; nil where that is not known.
  public var plannedEpochs: Int?
  /// One for each epoch, epoch 0 first.
  public var epochs: [EpochFinding]
  /// How far the last epoch came, where it ended before its time; nil of a whole one.
  public var partialEpoch: PartialEpoch?
  /// The checkpoints that the epochs are, of a training elsewhere; nil where the run was trained here.
  public var watched: [WatchedCheckpoint]?
  /// What looks within the epochs found; nil where there were none.
  public var steps: StepCurve?
  /// What the rule chose; nil where the run has none.
  public var best: Best?
  /// By which examples the epoch was chosen, or how training went on; nil where nothing was chosen.
  public var chosenBy: ChoiceBasis?
  /// Of the source; nil where it was not measured twice.
  public var forgetting: Forgetting?
  /// What became of the model's confidence on both tasks; nil where it was not measured twice.
  public var confidence: RunConfidence?
  /// What one head that knows the classes of both tasks made of them; nil where each has its own.
  public var joint: JointHead?
  /// From epoch 0 to the chosen one; nil where it was not measured.
  public var drift: WeightDrift?
  /// Of epoch 0 and the chosen one, on the source's examples; nil where it was not measured.
  public var similarity: LayerSimilarity?
  /// The head whose answers to the target's inputs are watched, as ``EpochFinding/gauge``; nil where none is.
  public var gaugedHead: String?
  /// Which outputs of their heads the classes of both tasks are; nil where it is not known.
  public var matchedClasses: JudgedClasses?
  /// How it was made.
  public var configuration: [Setting]

  /// What a run found; what is left out was not measured.
  ///
  /// - Parameters:
  ///   - chosenEpoch: the epoch that the run is judged by; nil for the best one, else the last.
  public init(
    run: String, sourceTask: String? = nil, proxyTask: String? = nil, targetTask: String, chosenEpoch: Int? = nil,
    plannedEpochs: Int? = nil, epochs: [EpochFinding], partialEpoch: PartialEpoch? = nil,
    watched: [WatchedCheckpoint]? = nil, steps: StepCurve? = nil,
    best: Best? = nil, chosenBy: ChoiceBasis? = nil,
    forgetting: Forgetting? = nil, confidence: RunConfidence? = nil, joint: JointHead? = nil, drift: WeightDrift? = nil,
    similarity: LayerSimilarity? = nil, gaugedHead: String? = nil,
    matchedClasses: JudgedClasses? = nil, configuration: [Setting] = []
  ) {
    self.run = run
    self.sourceTask = sourceTask
    self.proxyTask = proxyTask
    self.targetTask = targetTask
    self.chosenEpoch = chosenEpoch ?? best?.epoch ?? epochs.last?.epoch ?? 0
    self.plannedEpochs = plannedEpochs
    self.epochs = epochs
    self.partialEpoch = partialEpoch
    self.watched = watched
    self.steps = steps
    self.best = best
    self.chosenBy = chosenBy
    self.forgetting = forgetting
    self.confidence = confidence
    self.joint = joint
    self.drift = drift
    self.similarity = similarity
    self.gaugedHead = gaugedHead
    self.matchedClasses = matchedClasses
    self.configuration = configuration
  }
}

extension RunFinding {
  /// The folder's own name.
  public var name: String { run.split(separator: "/").last.map(String.init) ?? run }

  /// Epoch 0; nil where it is not there.
  public var before: EpochFinding? { epochs.first { $0.epoch == 0 } }

  /// The chosen epoch; nil where nothing was trained.
  public var after: EpochFinding? { chosenEpoch > 0 ? epochs.first { $0.epoch == chosenEpoch } : nil }

  /// Whether a source task was watched.
  public var hasSource: Bool { sourceTask != nil || epochs.contains { $0.source != nil } }
}
