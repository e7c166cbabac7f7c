/// What a run measured over its optimizer steps, as the logs of other tools take it.
///
/// A value that is NaN was not measured, and no log has it.
public struct RunLog: Sendable {
  /// One row of the run's metric tables, by epoch or by step; epoch 0, step 0 is the model before any training.
  public struct Row: Sendable {
    /// Epochs done, parts of one counted; 0 before any.
    public var epoch: Double
    /// Optimizer steps done so far, over all epochs.
    public var step: Int
    /// When the row was measured, in seconds since 1970.
    public var wallTime: Double
    /// The metric columns' names, such as `source_accuracy` or `dose.l2-sp.penalty`, and their values, in order; of a look
    /// within the epochs they begin with ``lookPrefix``.
    public var values: [(name: String, value: Double)]

    /// What stands before the columns of a look within the epochs.
    public static let lookPrefix = "step."

    /// A row; values that are NaN are kept and no log writes them.
    public init(epoch: Double, step: Int, wallTime: Double, values: [(name: String, value: Double)]) {
      self.epoch = epoch
      self.step = step
      self.wallTime = wallTime
      self.values = values
    }

    /// The values that were measured.
    public var measured: [(name: String, value: Double)] { values.filter { !$0.value.isNaN } }
  }

  /// What a run was told of one thing.
  public enum Setting: Sendable, Equatable {
    case number(Double)
    case text(String)
    case flag(Bool)
  }

  /// How far one layer moved, or how alike it stayed, from epoch 0 to the one that the run stands for.
  public struct Layer: Sendable, Equatable {
    /// `drift` (relative), `cka` and its relatives.
    public var measure: String
    /// The layer's name.
    public var name: String
    /// Without a unit; a drift relative to the layer's norm before.
    public var value: Double

    /// A layer's value.
    public init(measure: String, name: String, value: Double) {
      self.measure = measure
      self.name = name
      self.value = value
    }
  }

  /// When the run began, in seconds since 1970.
  public var startTime: Double
  /// The rows, earliest first.
  public var rows: [Row]
  /// Optimizer steps in one epoch.
  public var stepsPerEpoch: Int
  /// Epochs the run was to have; it has fewer rows where it was interrupted.
  public var epochCount: Int
  /// Optimizer steps the run was to have, where it was to end within an epoch; nil for whole epochs.
  public var stepLimit: Int?
  /// Examples in one optimizer step.
  public var batchSize: Int
  /// The value by which the best checkpoint was chosen; nil where none was.
  public var bestMetric: Double?
  /// The best checkpoint's path, as the log should name it; nil where none was chosen.
  public var bestCheckpoint: String?
  /// What the run was told, by name.
  public var settings: [(name: String, value: Setting)] = []
  /// What is known of its layers.
  public var layers: [Layer] = []

  /// A log of these rows, in the order given.
  public init(
    startTime: Double, rows: [Row], stepsPerEpoch: Int, epochCount: Int, stepLimit: Int? = nil, batchSize: Int,
    bestMetric: Double? = nil, bestCheckpoint: String? = nil
  ) {
    self.startTime = startTime
    self.rows = rows
    self.stepsPerEpoch = stepsPerEpoch
    self.epochCount = epochCount
    self.stepLimit = stepLimit
    self.batchSize = batchSize
    self.bestMetric = bestMetric
    self.bestCheckpoint = bestCheckpoint
  }
}
