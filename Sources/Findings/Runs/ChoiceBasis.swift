/// By which examples something was chosen, and by which it is judged.
public struct ChoiceBasis: Codable, Equatable, Sendable {
  /// What chose.
  public enum Examples: String, Codable, Sendable {
    /// Examples that are neither trained on nor judge.
    case validation
    /// The test examples, which also judge: what they say of what they chose is flattered.
    case test
  }

  /// What was chosen.
  public enum Choice: String, Codable, Sendable {
    /// The epoch that a run stands for.
    case epoch
    /// After which epoch training ended.
    case stop
    /// When the learning rates fall.
    case learningRate
    /// When blocks begin to train.
    case unfreezing
    /// How training is held back.
    case method
    /// How strongly training is held back.
    case strength
    /// Where the network is cut.
    case cut
    /// The rate at which it is trained.
    case rate
  }

  /// How many examples of each task; nil where a task has no say, or where that is not known.
  public struct Counts: Codable, Equatable, Sendable {
    /// Of the task learnt before.
    public var source: Int?
    /// Of the examples that stand in for the source's.
    public var proxy: Int?
    /// Of the task that is trained.
    public var target: Int?

    /// Counts; those left out have no say.
    public init(source: Int? = nil, proxy: Int? = nil, target: Int? = nil) {
      self.source = source
      self.proxy = proxy
      self.target = target
    }
  }

  /// What chose.
  public var examples: Examples
  /// What was chosen.
  public var choices: [Choice]
  /// How many examples chose.
  public var choosing: Counts
  /// How many judge, of the tasks that had a say.
  public var judging: Counts

  /// A choice's basis.
  ///
  /// - Parameters: see the properties.
  public init(
    _ examples: Examples, choices: [Choice], choosing: Counts = Counts(), judging: Counts = Counts()
  ) {
    self.examples = examples
    self.choices = choices
    self.choosing = choosing
    self.judging = judging
  }
}
