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
      /// By how much the source's score got worse.
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
    /// By how much the source's score got worse.
    public var forgetting: RepeatedMean?
    /// The same on the examples that choose; nil where not every seed held some aside.
    public var validation: Validation?
    /// Whether, by the means on the examples that choose, no other method is better on one task and as good on the other.
    public internal(set) var isOnFrontier = false
    /// A method that is established to be better on both tasks; nil where none is.
    public internal(set) var passedBy: String?
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
  /// The method at the frontier's knee, by the means; nil where it has none.
  public private(set) var knee: String?
  /// The method within the budget whose target score is best, by the means; nil without a budget, or where none is
  /// within it.
  public private(set) var choice: String?
  /// Whether the seeds carry what is said of ``candidate``: that it is best on both tasks, that it is the knee of a trade,
  /// or that it stays within the budget.
  public private(set) var isEstablished = false
  /// What that rests on, the weakest part of it: by how much the candidate is better than the next, rises above the line
  /// between the frontier's ends on the target's scale, or stays within the budget; nil without a candidate.
  public private(set) var evidence: SeedComparison?
  /// What that is counted in; nil without it.
  public private(set) var evidenceScore: Score?
  /// The most that may be forgotten, in the unit of the source's score; nil where no strength was looked for.
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
    case sweep, methods, knee, choice, isEstablished, evidence, evidenceScore, budget
    case seedCount = "seeds"
    case sourceTask, targetTask, sourceScore, targetScore, chosenBy, command
  }

  /// Finds the frontier of the methods, its knee, and the choice within the budget, by the scores on the examples that
  /// choose where `chosenBy` says that there are such, and which of it the seeds carry on the examples that judge.
  public init(
    sweep: String, methods: [Method], budget: Double?, seedCount: Int, sourceTask: String, targetTask: String,
    sourceScore: Score = .accuracy, targetScore: Score = .accuracy, chosenBy: ChoiceBasis? = nil
  ) {
    let contest = SweepContest(
      methods, isValidated: chosenBy?.examples == .validation, sourceScore: sourceScore, targetScore: targetScore)
    self.sweep = sweep
    self.methods = methods
    for place in methods.indices { self.methods[place].isOnFrontier = contest.isOnFrontier(place) }
    for place in methods.indices {
      self.methods[place].passedBy = contest.winner(over: place).map { methods[$0].method }
    }
    knee = contest.frontier.knee.map { methods[$0].method }
    self.budget = budget
    self.seedCount = seedCount
    self.sourceTask = sourceTask
    self.targetTask = targetTask
    self.sourceScore = sourceScore
    self.targetScore = targetScore
    self.chosenBy = chosenBy
    if let budget {
      guard let place = contest.choice(within: budget) else { return }
      choice = methods[place].method
      evidence = contest.room(of: place, within: budget)
      evidenceScore = sourceScore
      isEstablished = evidence?.isMore == true
    } else if self.methods.count(where: \.isOnFrontier) == 1 {
      let lead = contest.lead(of: contest.frontier.members[0])
      (evidence, evidenceScore) = (lead?.comparison, lead?.score)
      isEstablished = evidence?.isMore == true
    } else if let place = contest.frontier.knee {
      evidence = contest.rise(of: place)
      evidenceScore = targetScore
      isEstablished = contest.isTrade && evidence?.isMore == true
    }
  }

  /// Whether the methods on the frontier, several, came to the same on both tasks by the means that choose.
  public var isTied: Bool {
    let scores = methods.filter(\.isOnFrontier).map { row in
      chosenBy?.examples == .validation
        ? [row.validation?.source.mean, row.validation?.target.mean] : [row.source?.mean, row.target?.mean]
    }
    return scores.count > 1 && scores.allSatisfy { $0 == scores[0] }
  }

  /// What the sweep is about: the choice within the budget, else the knee of the means or, where one method passes all
  /// others, that one.
  public var candidate: Method? {
    let best = methods.filter(\.isOnFrontier)
    let name = budget != nil ? choice : knee ?? (best.count == 1 ? best[0].method : nil)
    return methods.first { $0.method == name }
  }

  /// What to train with: the choice where there is a budget, which is what was asked for; else the candidate where the
  /// seeds carry it.
  public var recommended: Method? { budget != nil || isEstablished ? candidate : nil }
}
