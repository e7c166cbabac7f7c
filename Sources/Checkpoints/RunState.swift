/// What kind of run it is, how far it came, and on what it was computed.
public struct RunState: Sendable, Equatable, Codable {
  /// What the rows of the metrics are.
  public enum Kind: String, Sendable, Codable {
    /// One task, judged at every epoch.
    case training
    /// Several tasks one after the other; what would be its epochs are tasks.
    case sequence
    /// A result that no training led to.
    case result
    /// One task that something else trained; what would be its epochs are the checkpoints that it wrote.
    case watched
  }

  /// The epoch that a rule holds to be the best.
  public struct Best: Sendable, Equatable, Codable {
    /// The epoch, counted from 0, the model before any training.
    public var epoch: Int
    /// The rule in a line, as `target subject to source >= 0.9`.
    public var rule: String
    /// Whether the epoch keeps every bound of the rule, rather than missing them by least.
    public var keepsBounds: Bool

    /// An epoch that a rule chose.
    public init(epoch: Int, rule: String, keepsBounds: Bool) {
      self.epoch = epoch
      self.rule = rule
      self.keepsBounds = keepsBounds
    }
  }

  /// What a regularizer said of itself before training.
  public struct Regularizer: Sendable, Equatable, Codable {
    /// Its kind, numbered from the second of a kind on: `l2-sp`, `l2-sp-2`.
    public var name: String
    /// What it acts on and how strongly, in one line of words.
    public var summary: String

    /// A regularizer's name and its own words.
    public init(name: String, summary: String) {
      self.name = name
      self.summary = summary
    }
  }

  /// Of which head it is measured how far its answers moved, and on what: the gauge that needs no data of the source.
  public struct Gauge: Sendable, Equatable, Codable {
    /// The head that is asked.
    public var head: String
    /// How many of the target's examples it is asked about.
    public var count: Int
    /// What has an answer of its own within an example, as `tokens`; nil where an example has one.
    public var places: String?
    /// What it is counted in: `nats` or `squares`.
    public var unit: String

    /// A gauge of a head.
    public init(head: String, count: Int, places: String?, unit: String) {
      self.head = head
      self.count = count
      self.places = places
      self.unit = unit
    }
  }

  /// What is looked at within the epochs, and how often.
  public struct Watch: Sendable, Equatable, Codable {
    /// Some examples of one task, drawn once.
    public struct Sample: Sendable, Equatable, Codable {
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

    /// Steps, or a part of an epoch.
    public var interval: String
    /// Nil where the run has no data of it.
    public var source: Sample?
    /// Of the task that is trained.
    public var target: Sample
    /// How many of the target's are asked of for the gauge; nil where the model came with no head.
    public var gaugeCount: Int?

    /// What is looked at.
    public init(interval: String, source: Sample?, target: Sample, gaugeCount: Int?) {
      self.interval = interval
      self.source = source
      self.target = target
      self.gaugeCount = gaugeCount
    }
  }

  /// By what rule the run ended before its time; what it keeps is its last epoch.
  public struct Stop: Sendable, Equatable, Codable {
    /// As the user wrote it.
    public var rule: String
    /// Optimization steps done when a look established it.
    public var step: Int
    /// What the look found.
    public var value: Double
    /// The lower end of its 95 % interval.
    public var low: Double
    /// The upper end; likewise.
    public var high: Double

    /// An end.
    ///
    /// - Parameters: see the properties.
    public init(rule: String, step: Int, value: Double, low: Double, high: Double) {
      self.rule = rule
      self.step = step
      self.value = value
      self.low = low
      self.high = high
    }
  }

  /// Whose checkpoints were judged.
  public struct Watched: Sendable, Equatable, Codable {
    /// One of them.
    public struct Checkpoint: Sendable, Equatable, Codable {
      /// The epoch that it is in the run: its place, from 1.
      public var epoch: Int
      /// The file's or folder's name.
      public var name: String
      /// Optimization steps, by the name; nil where that does not say.
      public var step: Int?
      /// Its files with their sizes and times.
      public var signature: String

      /// A checkpoint.
      public init(epoch: Int, name: String, step: Int?, signature: String) {
        self.epoch = epoch
        self.name = name
        self.step = step
        self.signature = signature
      }
    }

    /// Where they are written, as it was given.
    public var folder: String
    /// In the order in which they were judged.
    public var checkpoints: [Checkpoint]

    /// A folder, and what was judged of it.
    public init(folder: String, checkpoints: [Checkpoint]) {
      self.folder = folder
      self.checkpoints = checkpoints
    }
  }

  /// What kind of run it is.
  public var kind: Kind
  /// Whether it came to its end, rather than being stopped before.
  public var isFinished: Bool
  /// Nil where the run has no rule, or no epoch yet.
  public var best: Best?
  /// Whether the target's head was drawn anew at epoch 0.
  public var targetHeadIsNew: Bool
  /// How many outputs the target's head had before some were added for the target's classes; nil of one that did not grow.
  public var grownFrom: Int?
  /// Optimization steps of an epoch.
  public var stepsPerEpoch: Int?
  /// The epochs that it was asked for, epoch 0 not counted.
  public var plannedEpochs: Int?
  /// Whether all tasks of a sequence share one head.
  public var sharesHead: Bool
  /// What held training back, in the order that the penalties are added in.
  public var regularizers: [Regularizer]
  /// libtorch's name of it: `cpu`, `cuda:0`.
  public var device: String?
  /// The version of libtorch.
  public var libtorch: String?
  /// The CPU's threads.
  public var threads: Int?
  /// How many processes trained it together; nil of one by itself.
  public var processCount: Int?
  /// The instructions that libtorch computes with on the CPU.
  public var cpuCapability: String?
  /// How a GPU was told to compute, where libtorch could do otherwise; nil of the CPU.
  public var arithmetic: String?
  /// Where it went on in another environment; nil where it never did.
  public var moves: [RunMove]?
  /// Nil where the model came with no head, or the run is of before there was a gauge.
  public var gauge: Gauge?
  /// Nil where the run was trained here.
  public var watched: Watched?
  /// Nil where the run is not looked at within its epochs.
  public var watch: Watch?
  /// Nil where no rule ended the run.
  public var stop: Stop?
  /// Of how many steps the last epoch was, where it ended before its time; nil of a whole one.
  public var lastEpochSteps: Int?

  /// The state of a run that begins, where nothing else is said.
  public init(
    kind: Kind = .training, isFinished: Bool = false, best: Best? = nil, targetHeadIsNew: Bool = false,
    stepsPerEpoch: Int? = nil, plannedEpochs: Int? = nil, grownFrom: Int? = nil, sharesHead: Bool = false,
    regularizers: [Regularizer] = [],
    device: String? = nil, libtorch: String? = nil, threads: Int? = nil, cpuCapability: String? = nil,
    arithmetic: String? = nil
  ) {
    self.kind = kind
    self.isFinished = isFinished
    self.best = best
    self.targetHeadIsNew = targetHeadIsNew
    self.grownFrom = grownFrom
    self.stepsPerEpoch = stepsPerEpoch
    self.plannedEpochs = plannedEpochs
    self.sharesHead = sharesHead
    self.regularizers = regularizers
    self.device = device
    self.libtorch = libtorch
    self.threads = threads
    self.cpuCapability = cpuCapability
    self.arithmetic = arithmetic
  }
}

/// The command that made a run, where a command did: an annotation that nothing but the command needs.
public struct CommandRecord: Sendable, Equatable, Codable {
  /// The words of the command line.
  public var arguments: [String]
  /// All its options as a configuration file, YAML; empty where the run is one of many that one command made.
  public var options: String

  /// A command line, with what it came to.
  ///
  /// - Parameter options: all options as YAML; empty where the command made many runs.
  public init(arguments: [String], options: String = "") {
    self.arguments = arguments
    self.options = options
  }
}
