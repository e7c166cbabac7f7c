import Metrics

/// A way of using a base network for a target, from the cheapest to the dearest.
public enum TransferStrategy: String, Sendable, Codable, CaseIterable {
  /// The whole base network frozen, its head trained: feature extraction.
  case head = "head alone"
  /// A linear classifier on the block that suits the target best, chosen on held-out training examples.
  case probe = "linear on the best block"
  /// Everything trained on from the base network's weights.
  case tuning = "fine-tuning"
  /// The same network drawn anew.
  case scratch = "from scratch"
}

/// Where feature extraction, fine-tuning and training from scratch win, by the amount of target data.
public struct TransferMap: Sendable, Codable {
  /// What one strategy came to.
  public struct Outcome: Sendable {
    /// How the network was reused.
    public var strategy: TransferStrategy
    /// How well it did on the target, one value a seed.
    public var result: RepeatedScore

    /// A strategy with its scores.
    init(strategy: TransferStrategy, _ result: RepeatedScore) {
      self.strategy = strategy
      self.result = result
    }
  }

  /// What the strategies come to for one amount of one target.
  public struct Cell: Sendable, Codable {
    /// Training examples of each class; nil for all there are, and where amounts are not of classes; in JSON `perClass`.
    public var amount: Int?
    /// Training examples in all that were asked for, of tasks whose examples have no class each; nil of others, and for all
    /// there are; in JSON `drawn`.
    public var drawnCount: Int?
    /// Training examples in all; in JSON `examples`.
    public var exampleCount: Int
    /// Test examples that the scores are of; in JSON `testExamples`.
    public var testCount: Int
    /// The strategy that wins, where the seeds carry it; nil where they do not.
    ///
    /// It is the cheapest of which it is established that no other is better by more than the score's tolerance at the
    /// ``leader``, if every cheaper one is established to be worse than the leader.
    public var winner: TransferStrategy?
    /// The strategy with the best mean, whether that is established or not; nil where none was measured.
    public var leader: TransferStrategy?
    /// Those that were measured, the cheapest first; in JSON `strategies`.
    public var outcomes: [Outcome]

    private enum CodingKeys: String, CodingKey {
      case amount = "perClass"
      case drawnCount = "drawn"
      case exampleCount = "examples"
      case testCount = "testExamples"
      case winner, leader
      case outcomes = "strategies"
    }

    /// - Parameters:
    ///   - drawnCount: in place of `amount`, where examples have no class each.
    ///   - values: scores on the target, one a seed, by strategy.
    public init(
      amount: Int?, drawnCount: Int? = nil, exampleCount: Int, testCount: Int, score: Score = .accuracy,
      values: [TransferStrategy: [Double]]
    ) {
      self.amount = amount
      self.drawnCount = drawnCount
      self.exampleCount = exampleCount
      self.testCount = testCount
      let outcomes = TransferStrategy.allCases.compactMap { strategy in
        values[strategy].flatMap { $0.isEmpty ? nil : Outcome(strategy: strategy, RepeatedScore(score, $0)) }
      }
      self.outcomes = outcomes
      let leader = outcomes.max { $0.result.merit < $1.result.merit }
      self.leader = leader?.strategy
      winner = leader.flatMap { Self.winner(among: outcomes, leader: $0) }
    }

    private static func winner(among outcomes: [Outcome], leader: Outcome) -> TransferStrategy? {
      guard outcomes.count > 1 else { return nil }
      let tolerance = leader.result.score.tolerance(at: leader.result.mean)
      for outcome in outcomes {
        let others = outcomes.filter { $0.strategy != outcome.strategy }
        if others.allSatisfy({ $0.result.gain(over: outcome.result).isAtMost(tolerance) }) {
          return outcome.strategy
        }
        // A dearer one wins only where what is cheaper is established to do worse.
        guard leader.result.gain(over: outcome.result, among: outcomes.count - 1).isMore else { return nil }
      }
      return nil
    }

    /// What a strategy came to; nil where it was not measured.
    public func result(_ strategy: TransferStrategy) -> RepeatedScore? {
      outcomes.first { $0.strategy == strategy }?.result
    }
  }

  /// One target, the cells by ascending amount.
  public struct Row: Sendable, Codable {
    /// The target's data.
    public var target: String
    /// By how much fine-tuning is better than the base network's own features with all the data, in the score's unit: the
    /// smaller, the more similar the target is to what the network was trained on. NaN where either was not measured.
    public var dissimilarity: Double
    /// The same seed by seed; nil where either was not measured.
    public var tuningGain: SeedComparison?
    /// One an amount; in JSON `amounts`.
    public var cells: [Cell]

    private enum CodingKeys: String, CodingKey {
      case target, dissimilarity, tuningGain
      case cells = "amounts"
    }

    /// A row; how unlike the target is follows from its last cell.
    ///
    /// - Parameter cells: by ascending amount.
    public init(target: String, cells: [Cell]) {
      self.target = target
      self.cells = cells
      let (head, tuned) = (cells.last?.result(.head), cells.last?.result(.tuning))
      dissimilarity = (tuned?.merit ?? .nan) - (head?.merit ?? .nan)
      if let tuned, let head { tuningGain = tuned.gain(over: head) }
    }
  }

  /// One of CS231n's four cases, as it was measured.
  public struct Case: Sendable, Codable {
    /// How much of the data there is.
    public enum Amount: String, Sendable, Codable { case little, much }

    /// Whether it is the least or the most data that was measured.
    public var data: Amount
    /// The target's data, by name.
    public var target: String
    /// The strategy that wins; nil where the seeds establish none.
    public var winner: TransferStrategy?
    /// The strategy with the best mean; nil where none was measured.
    public var leader: TransferStrategy?
  }

  /// How it was made, in words; empty until they are found; in JSON `protocol`.
  public var protocolText = ""
  /// How the networks were trained.
  public var schedule: TransferSchedule
  /// In the order that they were asked for; in JSON `targets`.
  public var rows: [Row]
  /// The least and the most data, for every target, the most similar first.
  public var cases: [Case]
  /// What wins with how much data, a sentence a target; empty until they are worded.
  public var findings: [String] = []

  private enum CodingKeys: String, CodingKey {
    case protocolText = "protocol"
    case schedule
    case rows = "targets"
    case cases, findings
  }

  /// A map of some targets; the four cases follow from the rows.
  public init(rows: [Row], schedule: TransferSchedule) {
    self.rows = rows
    self.schedule = schedule
    cases = Self.bySimilarity(rows).flatMap { row in
      [(Case.Amount.little, row.cells.first), (.much, row.cells.last)].compactMap { data, cell in
        cell.map { Case(data: data, target: row.target, winner: $0.winner, leader: $0.leader) }
      }
    }
  }

  /// What the ways are judged by.
  public var score: Score { rows.lazy.flatMap(\.cells).flatMap(\.outcomes).first?.result.score ?? .accuracy }

  /// The most similar target first.
  public var rowsBySimilarity: [Row] { Self.bySimilarity(rows) }

  private static func bySimilarity(_ rows: [Row]) -> [Row] { rows.sorted { $0.dissimilarity < $1.dissimilarity } }
}

extension TransferMap.Outcome: Codable {
  private enum CodingKeys: String, CodingKey { case strategy = "name" }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(strategy, forKey: .strategy)
    try result.encode(to: encoder)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      strategy: try container.decode(TransferStrategy.self, forKey: .strategy), try RepeatedScore(from: decoder))
  }
}
