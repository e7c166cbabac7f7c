import Metrics

/// What a sequence of tasks came to, learnt one after the other.
public struct SequenceResult: Sendable, Codable {
  /// The run's folder.
  public var run: String
  /// The names of the tasks, in the order that they were learnt in.
  public let tasks: [String]
  /// The score on each task (column) after training each (row); NaN where it was not measured.
  public let matrix: [[Double]]
  /// Mean score over all tasks after the last one; in JSON `averageAccuracy`.
  public let averageScore: Double
  /// How later tasks changed earlier ones, a mean of differences of the score: negative is loss, whichever way is better.
  ///
  /// Lopez-Paz and Ranzato, "Gradient Episodic Memory for Continual Learning", NeurIPS 2017.
  public let backwardTransfer: Double
  /// What earlier tasks gave to later ones, positive where it helped, whichever way is better; nil without a baseline.
  public let forwardTransfer: Double?
  /// Mean forgetting of the tasks before the last, as ``definition`` has it; only some definitions let it be negative.
  public private(set) var forgetting: Double
  /// Whose definition of forgetting that is.
  public private(set) var definition: AccuracyMatrix.Compatibility
  /// Whether all tasks share one head.
  public let sharesHead: Bool
  /// Scores of a randomly initialized network; nil where tasks have no outputs before they are learnt.
  public let baseline: [Double]?
  /// What the matrix counts.
  public let score: Score
  /// By which examples epochs were chosen, or how training went on; nil where nothing was chosen.
  public var chosenBy: ChoiceBasis?

  private enum CodingKeys: String, CodingKey {
    case run, tasks, matrix
    case averageScore = "averageAccuracy"
    case backwardTransfer, forwardTransfer, forgetting, definition, sharesHead, baseline, score, chosenBy
  }

  /// - Parameter matrix: square, a row and a column a task.
  public init(
    run: String, tasks: [String], matrix: [[Double]], baseline: [Double]?, sharesHead: Bool, score: Score = .accuracy,
    definition: AccuracyMatrix.Compatibility = .chaudhry, chosenBy: ChoiceBasis? = nil
  ) {
    // Of a score that is better low, the measures are those of its negative.
    let measured = Self.merits(matrix, score)
    self.run = run
    self.tasks = tasks
    self.matrix = matrix
    averageScore = score.merit(measured.averageAccuracy)
    backwardTransfer = measured.backwardTransfer
    forwardTransfer = baseline.map { measured.forwardTransfer(randomBaseline: $0.map(score.merit)) }
    forgetting = measured.forgetting(compatibility: definition)
    self.definition = definition
    self.sharesHead = sharesHead
    self.baseline = baseline
    self.score = score
    self.chosenBy = chosenBy
  }

  /// The same, with forgetting as someone else defines it.
  public func defined(by definition: AccuracyMatrix.Compatibility) -> SequenceResult {
    var other = self
    other.definition = definition
    other.forgetting = Self.merits(matrix, score).forgetting(compatibility: definition)
    return other
  }

  private static func merits(_ matrix: [[Double]], _ score: Score) -> AccuracyMatrix {
    AccuracyMatrix(matrix.map { $0.map(score.merit) })
  }
}
