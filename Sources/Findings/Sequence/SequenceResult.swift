import Metrics

/// What a sequence of tasks came to, learnt one after the other.
public struct SequenceResult: Sendable, Codable {
  /// The run's folder.
  public var run: String
  public let tasks: [String]
  /// The score on each task (column) after training each (row); NaN where it was not measured.
  public let matrix: [[Double]]
  /// Mean score over all tasks after the last one.
  public let averageScore: Double
  public let backwardTransfer: Double
  /// What earlier tasks gave to later ones; nil without a baseline.
  public let forwardTransfer: Double?
  public private(set) var forgetting: Double
  /// Whose definition of forgetting that is.
  public private(set) var definition: AccuracyMatrix.Compatibility
  /// Whether all tasks share one head.
  public let sharesHead: Bool
  /// Scores of a randomly initialized network; nil where every task has a head of its own.
  public let baseline: [Double]?
  public let score: Score

  private enum CodingKeys: String, CodingKey {
    case run, tasks, matrix
    case averageScore = "averageAccuracy"
    case backwardTransfer, forwardTransfer, forgetting, definition, sharesHead, baseline, score
  }

  /// - Parameter matrix: square, a row and a column a task.
  public init(
    run: String, tasks: [String], matrix: [[Double]], baseline: [Double]?, sharesHead: Bool, score: Score = .accuracy,
    definition: AccuracyMatrix.Compatibility = .chaudhry
  ) {
    let measured = AccuracyMatrix(matrix)
    self.run = run
    self.tasks = tasks
    self.matrix = matrix
    averageScore = measured.averageAccuracy
    backwardTransfer = measured.backwardTransfer
    forwardTransfer = baseline.map { measured.forwardTransfer(randomBaseline: $0) }
    forgetting = measured.forgetting(compatibility: definition)
    self.definition = definition
    self.sharesHead = sharesHead
    self.baseline = baseline
    self.score = score
  }

  /// The same, with forgetting as someone else defines it.
  public func defined(by definition: AccuracyMatrix.Compatibility) -> SequenceResult {
    var other = self
    other.definition = definition
    other.forgetting = AccuracyMatrix(matrix).forgetting(compatibility: definition)
    return other
  }
}
