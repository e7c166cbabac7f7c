import Metrics

/// Runs that differ by nothing but their seed: one result, with its mean and interval over the seeds.
public struct SeededRuns: Sendable, Codable {
  /// Their folders.
  public var runs: [String]
  /// Their seeds, in the same order.
  public var seeds: [String]
  /// The task learnt before; nil where the runs have none.
  public var sourceTask: String?
  /// The task that was trained.
  public var targetTask: String
  /// The source's score at each run's epoch; nil unless every run has it; likewise what follows.
  public var source: RepeatedScore?
  /// The target's score there.
  public var target: RepeatedScore?
  /// What was lost of the source.
  public var forgetting: RepeatedMean?
  /// The same as a claim: whether the seeds establish that something was lost; nil where there is ``tooLittle``.
  public var loss: SeedComparison?
  /// Why nothing can be said about forgetting, of the first run of which that is so; nil where of none.
  public var tooLittle: TooLittle?

  /// - Parameter findings: at least one, of runs that ``RunFinding/settings(differingFrom:)`` tells apart by nothing.
  init(_ findings: [RunFinding]) {
    runs = findings.map(\.run)
    seeds = findings.map { $0.seed ?? "" }
    sourceTask = findings.first?.sourceTask
    targetTask = findings.first?.targetTask ?? ""
    source = Self.score(findings.map { $0.after?.source })
    target = Self.score(findings.map { $0.after?.target })
    let losses = findings.compactMap { $0.forgetting?.final }.filter(\.isFinite)
    if losses.count == findings.count, let score = findings.first?.forgetting?.score {
      forgetting = RepeatedMean(losses, within: score.differenceBounds)
      tooLittle = findings.lazy.compactMap { $0.forgetting?.tooLittle }.first
      if tooLittle == nil { loss = SeedComparison(differences: losses, within: score.differenceBounds) }
    }
  }

  private static func score(_ tasks: [ScoredTask?]) -> RepeatedScore? {
    let measured = tasks.compactMap { $0 }.filter(\.value.isFinite)
    guard let first = measured.first, measured.count == tasks.count else { return nil }
    return RepeatedScore(first.score, measured.map(\.value))
  }

  /// What the source is judged by.
  public var measure: Score { source?.score ?? .accuracy }

  /// The first run's folder, without the way to it.
  public var name: String { runs.first.flatMap { $0.split(separator: "/").last.map(String.init) } ?? "" }

  /// What others lost more than these, seed by seed; nil unless both have the same seeds, and enough examples to judge by.
  public func excess(of others: SeededRuns) -> SeedComparison? {
    guard let own = forgetting?.values, let other = others.forgetting?.values, Set(seeds) == Set(others.seeds),
      Set(seeds).count == seeds.count, tooLittle == nil, others.tooLittle == nil
    else { return nil }
    let order = others.seeds.compactMap { seeds.firstIndex(of: $0) }
    return SeedComparison(other, less: order.map { own[$0] }, within: measure.differenceBounds)
  }
}

extension SeededRuns {
  /// Runs gathered by what they were made with, in the order of the first of each; a run like no other is by itself.
  public static func groups(of findings: [RunFinding]) -> [SeededRuns] {
    var groups: [[RunFinding]] = []
    for finding in findings {
      let place = groups.firstIndex { group in
        group.allSatisfy { $0.isSameButForSeed(as: finding) }
      }
      if let place { groups[place].append(finding) } else { groups.append([finding]) }
    }
    return groups.map { SeededRuns($0) }
  }
}

extension RunFinding {
  /// What was drawn from; nil where it is not known.
  public var seed: String? { configuration.first { $0.name == "seed" }?.value }

  /// What the run was made with: its settings but for the seed, the command's words, the folder, and what became of it.
  private var conditions: [String: String] {
    Dictionary(
      configuration.filter { !["seed", "command", "output"].contains($0.name) && !$0.name.hasPrefix("state.") }
        .map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// Names of the settings in which two runs differ, but for the seed.
  public func settings(differingFrom other: RunFinding) -> [String] {
    let (own, others) = (conditions, other.conditions)
    return Set(own.keys).union(others.keys).filter { own[$0] != others[$0] }.sorted()
  }

  /// Whether two runs were made alike with different seeds.
  public func isSameButForSeed(as other: RunFinding) -> Bool {
    seed != nil && other.seed != nil && seed != other.seed && sourceTask == other.sourceTask
      && targetTask == other.targetTask && proxyTask == other.proxyTask && settings(differingFrom: other).isEmpty
  }
}
