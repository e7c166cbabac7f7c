import Metrics

/// What a sweep found: which ways of holding back are worth their price.
public struct SweepResult: Sendable, Codable {
  /// One way of holding back, and what its seeds came to.
  public struct Method: Sendable, Codable {
    /// What the seeds came to on the examples that choose.
    public struct Validation: Sendable, Codable {
      /// The score on the source.
      public var source: RepeatedMean
      /// The score on the target.
      public var target: RepeatedMean
      /// By how much the source's score got worse, a fraction.
      public var forgetting: RepeatedMean

      /// Scores, one a seed.
      public init(source: RepeatedMean, target: RepeatedMean, forgetting: RepeatedMean) {
        self.source = source
        self.target = target
        self.forgetting = forgetting
      }
    }

    /// As a user would write it: `l2-sp:alpha=0.1`, `lwf + l2-sp`, `none`.
    public var method: String
    /// The score on the source at each run's chosen epoch, one a seed; nil unless every seed finished.
    public var source: RepeatedMean?
    /// The same on the target.
    public var target: RepeatedMean?
    /// By how much the source's score got worse, a fraction.
    public var forgetting: RepeatedMean?
    /// The same on the examples that choose; nil where not every seed held some aside.
    public var validation: Validation?
    /// Whether no other method is better on one task and as good on the other.
    public internal(set) var isOnFrontier = false
    /// Why it could not be trained.
    public var failure: String?
    /// Paths of its runs, one a seed.
    public var runs: [String]

    /// One method; whether it is on the frontier is found by the result that it is part of.
    ///
    /// - Parameter failure: why it could not be trained; nil where it could.
    public init(
      method: String, source: RepeatedMean?, target: RepeatedMean?, forgetting: RepeatedMean?,
      validation: Validation? = nil, failure: String? = nil, runs: [String] = []
    ) {
      self.method = method
      self.source = source
      self.target = target
      self.forgetting = forgetting
      self.validation = validation
      self.failure = failure
      self.runs = runs
    }
  }

  /// The sweep's folder.
  public var sweep: String
  /// All methods, in the order of the sweep, those on the frontier marked.
  public private(set) var methods: [Method]
  /// The method at the frontier's knee; nil where it has none.
  public private(set) var knee: String?
  /// The method within the budget whose target score is best; nil without a budget, or where none is within it.
  public private(set) var choice: String?
  /// The most that may be forgotten, a fraction; nil where no strength was looked for.
  public var budget: Double?
  /// How many seeds each method was trained with; in JSON `seeds`.
  public var seedCount: Int
  /// The task learnt before.
  public var sourceTask: String
  /// The task that every method was trained on.
  public var targetTask: String
  /// What the source is judged by; its direction decides what the frontier is.
  public var sourceScore: Score
  /// What the target is judged by; likewise.
  public var targetScore: Score
  /// By which examples the frontier, its knee and the choice are found; nil where nothing was trained.
  public var chosenBy: ChoiceBasis?
  /// The command that trains with the method that is recommended.
  public var command: String?

  private enum CodingKeys: String, CodingKey {
    case sweep, methods, knee, choice, budget
    case seedCount = "seeds"
    case sourceTask, targetTask, sourceScore, targetScore, chosenBy, command
  }

  /// Finds the frontier of the methods, its knee, and the choice within the budget, by the scores on the examples that
  /// choose where `chosenBy` says that there are such.
  public init(
    sweep: String, methods: [Method], budget: Double?, seedCount: Int, sourceTask: String, targetTask: String,
    sourceScore: Score = .accuracy, targetScore: Score = .accuracy, chosenBy: ChoiceBasis? = nil
  ) {
    let isValidated = chosenBy?.examples == .validation
    /// Higher is better.
    func merit(_ mean: RepeatedMean?, _ score: Score) -> Double {
      mean.map { score.direction == .up ? $0.mean : -$0.mean } ?? .nan
    }
    func source(_ method: Method) -> Double {
      merit(isValidated ? method.validation?.source : method.source, sourceScore)
    }
    func target(_ method: Method) -> Double {
      merit(isValidated ? method.validation?.target : method.target, targetScore)
    }
    let frontier = Frontier(methods.map { (source($0), target($0)) })
    self.sweep = sweep
    self.methods = methods
    for place in frontier.members { self.methods[place].isOnFrontier = true }
    knee = frontier.knee.map { methods[$0].method }
    self.budget = budget
    self.seedCount = seedCount
    self.sourceTask = sourceTask
    self.targetTask = targetTask
    self.sourceScore = sourceScore
    self.targetScore = targetScore
    self.chosenBy = chosenBy
    guard let budget else { return }
    choice =
      methods.filter { ((isValidated ? $0.validation?.forgetting : $0.forgetting)?.mean ?? .infinity) <= budget }
      .max { target($0) < target($1) }?.method
  }

  /// What to train with: the choice where there is a budget, else the knee.
  public var recommended: Method? {
    let name = budget == nil ? knee : choice
    return methods.first { $0.method == name }
  }
}
