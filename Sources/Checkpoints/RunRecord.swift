import Foundation

/// What was measured at every epoch: ordered columns of numbers, one row an epoch, epoch 0 first.
public struct MetricTable: Sendable, Equatable {
  /// The names of the columns, in order.
  public private(set) var names: [String] = []
  /// The number of rows.
  public private(set) var rowCount = 0
  private var columns: [String: [Double]] = [:]

  /// A table without columns.
  public init() {}

  /// A column; nil where there is none of this name. NaN means not measured.
  public subscript(name: String) -> [Double]? { columns[name] }

  /// Sets one number, adding the column and the rows that are missing (as NaN).
  public mutating func set(_ name: String, row: Int, to value: Double) {
    if columns[name] == nil {
      names.append(name)
      columns[name] = Array(repeating: .nan, count: rowCount)
    }
    while rowCount <= row {
      for key in names { columns[key]?.append(.nan) }
      rowCount += 1
    }
    columns[name]?[row] = value
  }

  /// Removes all rows but the first ones.
  public mutating func keepRows(_ count: Int) {
    rowCount = min(rowCount, count)
    columns = columns.mapValues { Array($0.prefix(count)) }
  }

  /// One number; NaN where it was not measured.
  public func value(_ name: String, row: Int) -> Double {
    guard let column = columns[name], column.indices.contains(row) else { return .nan }
    return column[row]
  }

  /// Adds a row, in the order given.
  public mutating func append(_ row: KeyValuePairs<String, Double>) {
    let index = rowCount
    for (name, value) in row { set(name, row: index, to: value) }
  }

  /// Adds a whole column, or replaces it; shorter columns are filled with NaN.
  public mutating func setColumn(_ name: String, to values: [Double]) {
    for (row, value) in values.enumerated() { set(name, row: row, to: value) }
    if values.isEmpty, columns[name] == nil {
      names.append(name)
      columns[name] = Array(repeating: .nan, count: rowCount)
    }
  }

  // NaN equals NaN here: it says the same of both tables.
  public static func == (left: MetricTable, right: MetricTable) -> Bool {
    left.names == right.names && left.rowCount == right.rowCount
      && left.names.allSatisfy { name in
        zip(left.columns[name] ?? [], right.columns[name] ?? []).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
      }
  }
}

/// Numbers with a shape, in row-major order.
public struct NumberArray: Sendable, Equatable {
  /// Numbers along each axis, the slowest first.
  public var shape: [Int]
  /// All numbers, the last axis fastest: the product of ``shape`` of them.
  public var values: [Double]

  /// Numbers of a shape.
  ///
  /// - Parameter values: in row-major order; traps where they are not the product of `shape`.
  public init(shape: [Int], values: [Double]) {
    precondition(shape.reduce(1, *) == values.count, "\(values.count) values for the shape \(shape)")
    self.shape = shape
    self.values = values
  }

  /// Numbers along one axis.
  public init(_ values: [Double]) { self.init(shape: [values.count], values: values) }
}

/// The result of one analysis, with how it was made.
public struct AnalysisRecord: Sendable, Equatable {
  /// Estimator, sample count, fingerprint, formula: how the numbers were made.
  public var attributes: [String: String]
  /// The numbers, by name.
  public var numbers: [String: NumberArray]
  /// Lists of text, by name; layer names, say.
  public var strings: [String: [String]]

  /// A record of these parts, stored under `/analysis` by the name that the run gives it.
  public init(
    attributes: [String: String] = [:], numbers: [String: NumberArray] = [:], strings: [String: [String]] = [:]
  ) {
    self.attributes = attributes
    self.numbers = numbers
    self.strings = strings
  }
}

/// Everything that is known of a run but its weights.
///
/// As `run.h5` it is laid out so that h5py reads it without us:
///
/// ```
/// /                        attributes lethe_format, lethe_version, kind = "run", created, seed (decimal text)
/// /configuration           the options of training, JSON text; dataset, as all texts with an attribute xxh3
/// /data                    JSON text: base {path, folder, fromRun}, target, source, proxy {specification, folder, fromRun, name, fingerprint,
///                          testCount, imageShape, imageResize, readsImagesWhole, skipsUnreadable, fitsImages, head,
///                          validation {origin, fraction, seed, count, fingerprint}}, tasks [{name, data}]
/// /state                   JSON text: kind, isFinished, best {epoch, rule, keepsBounds}, targetHeadIsNew, stepsPerEpoch,
///                          plannedEpochs, sharesHead, regularizers [{name, summary}], device, libtorch, threads
/// /command                 JSON text: arguments, options (YAML); only where a command made the run
/// /checkpoints             JSON text: by epoch, the checksum at the end of its checkpoint, 32 hexadecimal digits
/// /metrics/<column>        float64, a row an epoch, epoch 0 first, NaN where not measured; attribute columns: their order
/// /predictions/<task>/<epoch>   int32, the class predicted for every test example that judges; epochs as 0000
/// /labels/<task>           int32, the true classes
/// /sums/<task>/<epoch>     float64, [examples, …], where labels are not classes: what each example adds to the score
/// /confidence/<task>/<epoch>    float64, [examples, …], what each example adds to how much confidence is worth: of epoch 0,
///                          the best and the last; only where it was measured
/// /steps/metrics/<column>  float64, a row a look within the epochs, the one before the first step first; attribute columns;
///                          /steps only where there were such looks
/// /steps/source/<step>     float64, [examples, …]: what each of the source's examples that are looked at adds to the score
/// /analysis/<name>         attributes, numbers/<name> (float64), strings/<name>
/// ```
///
/// A key without a value is left out of the JSON. Version 0.1 had an `/environment` in place of `/data` and `/state`; such files
/// are read too.
public struct RunRecord: Sendable, Equatable {
  /// The options of training, as JSON.
  public var configuration: String
  /// What it was made from.
  public var data: RunData
  /// How far it came, and how.
  public var state: RunState
  /// The command that made it; nil where a program did.
  public var command: CommandRecord?
  /// The checksum at the end of each epoch's checkpoint, by epoch: see `FileDigest`. Epochs that an older version wrote have
  /// none.
  public internal(set) var checkpoints: [String: String] = [:]
  /// The seed of everything random in it.
  public var seed: UInt64
  /// When it began, ISO 8601.
  public var created: String
  /// The version of the software that made it.
  public var letheVersion: String
  /// What was measured at every epoch.
  public var metrics: MetricTable
  /// The class predicted for every test example: by task (`source`, `target`), then by epoch.
  public var predictions: [String: [Int: [Int32]]]
  /// The true class of every test example, by task.
  public var labels: [String: [Int32]]
  /// What each test example adds to the score, a row an example, where labels are not classes: by task, then by epoch.
  public var sums: [String: [Int: NumberArray]] = [:]
  /// What each test example adds to how much the model's confidence is worth, a row an example: by task, then by epoch;
  /// only of epoch 0, the best and the last.
  public var confidences: [String: [Int: NumberArray]] = [:]
  /// What was measured at every look within the epochs, a row a look.
  public var steps = MetricTable()
  /// What each of the source's examples that are looked at adds to the score, a row an example: by step.
  public var stepSums: [Int: NumberArray] = [:]
  /// Analyses, by name.
  public var analysis: [String: AnalysisRecord]

  /// A record of a run that begins, where nothing else is said.
  ///
  /// - Parameters:
  ///   - configuration: the options of training, JSON.
  ///   - created: ISO 8601; now when nil.
  public init(
    configuration: String = "{}", data: RunData = RunData(), state: RunState = RunState(),
    command: CommandRecord? = nil, seed: UInt64 = 0, created: String? = nil,
    letheVersion: String = FileFormat.letheVersion, metrics: MetricTable = MetricTable(),
    predictions: [String: [Int: [Int32]]] = [:], labels: [String: [Int32]] = [:],
    analysis: [String: AnalysisRecord] = [:]
  ) {
    self.configuration = configuration
    self.data = data
    self.state = state
    self.command = command
    self.seed = seed
    self.created = created ?? FileFormat.now()
    self.letheVersion = letheVersion
    self.metrics = metrics
    self.predictions = predictions
    self.labels = labels
    self.analysis = analysis
  }
}

extension RunRecord {
  /// The epoch that the run's rule holds to be the best; nil where it has no rule.
  public var bestEpoch: Int? { state.best?.epoch }

  /// The last epoch that was measured; nil where none was.
  public var lastEpoch: Int? { metrics["epoch"]?.last.flatMap { Int(exactly: $0) } }

  /// Whether it came to its end, rather than being stopped before.
  public var isFinished: Bool { state.isFinished }

  /// Forgets what came after an epoch; all that was measured where it is nil.
  public mutating func keepEpochs(through epoch: Int?) {
    state.isFinished = false
    (state.stop, state.lastEpochSteps) = (nil, nil)
    analysis = [:]
    guard let epoch else {
      state.best = nil
      (metrics, predictions, labels, sums, confidences) = (MetricTable(), [:], [:], [:], [:])
      (steps, stepSums) = (MetricTable(), [:])
      return
    }
    let last = epoch * (state.stepsPerEpoch ?? 0)
    steps.keepRows((steps["step"] ?? []).count { $0 <= Double(last) })
    stepSums = stepSums.filter { $0.key <= last }
    if let best = state.best, best.epoch > epoch { state.best = nil }
    metrics.keepRows(epoch + 1)
    predictions = predictions.mapValues { $0.filter { $0.key <= epoch } }
    sums = sums.mapValues { $0.filter { $0.key <= epoch } }
    confidences = confidences.mapValues { $0.filter { $0.key <= epoch } }
  }
}
