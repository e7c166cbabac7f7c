/// How the networks of a transfer experiment, or of a map, were trained: the same for all.
public struct TransferSchedule: Sendable, Codable, Equatable {
  /// Passes through the training examples; in JSON `epochs`.
  public var epochCount: Int
  /// The head's, and that of all layers where nothing else is said.
  public var learningRate: Double
  /// Fewer examples than this many steps need are gone through again and again; nil where they are not.
  public var leastSteps: Int?
  /// How many seeds every network was trained with; in JSON `seeds`.
  public var seedCount: Int

  private enum CodingKeys: String, CodingKey {
    case epochCount = "epochs"
    case learningRate
    case leastSteps
    case seedCount = "seeds"
  }

  /// A schedule that all networks share.
  ///
  /// - Parameters:
  ///   - leastSteps: of small amounts; nil where no network is trained longer for having few examples.
  ///   - seedCount: trainings of every network; in JSON `seeds`.
  public init(epochCount: Int, learningRate: Double, leastSteps: Int? = nil, seedCount: Int) {
    self.epochCount = epochCount
    self.learningRate = learningRate
    self.leastSteps = leastSteps
    self.seedCount = seedCount
  }
}
