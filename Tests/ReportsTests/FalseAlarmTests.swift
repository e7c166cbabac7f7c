import Findings
import Metrics
import TestSupport
import Testing

@testable import Reports

/// How often anything is claimed over seeds where in truth all ways are equal, and how often a true difference is found.
///
/// Accuracies of a seed share what the seed does to all ways, two points of deviation, and have one point of their own.
/// `LETHE_SIMULATIONS=1 swift test --filter FalseAlarmTests` repeats it more often.
@Suite struct FalseAlarmTests {
  /// One value a seed for each way, plus what is truly the way's own.
  private static func accuracies(
    _ ways: [Double], seeds: Int, using random: inout RandomSource
  ) -> [[Double]] {
    let shared = (0..<seeds).map { _ in 0.02 * random.normal() }
    return ways.map { own in shared.map { 0.8 + own + $0 + 0.01 * random.normal() } }
  }

  private static func sweep(
    source: [Double], target: [Double], seeds: Int, budget: Double? = nil, using random: inout RandomSource
  ) -> SweepResult {
    let (sources, targets) = (
      accuracies(source, seeds: seeds, using: &random), accuracies(target, seeds: seeds, using: &random)
    )
    let methods = sources.indices.map { (place: Int) -> SweepResult.Method in
      let forgetting = sources[place].map { 0.85 - $0 }
      return SweepResult.Method(
        method: "\(place)", source: RepeatedMean(sources[place], within: 0...1),
        target: RepeatedMean(targets[place], within: 0...1), forgetting: RepeatedMean(forgetting, within: -1...1))
    }
    return SweepResult(
      sweep: "", methods: methods, budget: budget, seedCount: seeds, sourceTask: "a", targetTask: "b")
  }

  @Test(arguments: [1, 2, 3, 5]) func ofEqualMethodsNoneIsSaidToBeBetter(_ seeds: Int) {
    for count in [2, 3, 6] {
      var random = RandomSource(seed: 41)
      let none = [Double](repeating: 0, count: count)
      let alarms = Simulation(
        "sweep of \(count) equal methods, \(seeds) seeds", "false alarm", Simulation.repetitions(3000, few: 300)
      ) { _ in
        let result = Self.sweep(source: none, target: none, seeds: seeds, using: &random)
        return result.isEstablished || result.methods.contains { $0.passedBy != nil }
      }
      #expect(alarms.isWithin(0...0.05), "\(alarms.share)")
      if seeds < SeedComparison.fewestSeeds { #expect(alarms.hits == 0) }
    }
  }

  /// On a straight trade no method is a knee.
  @Test(arguments: [2, 3, 5]) func onAStraightFrontierThereIsSeldomAKnee(_ seeds: Int) {
    var random = RandomSource(seed: 42)
    let (source, target) = ([0, 0.05, 0.1, 0.15], [0.15, 0.1, 0.05, 0])
    let alarms = Simulation(
      "sweep of 4 methods on a straight trade, \(seeds) seeds", "false alarm", Simulation.repetitions(3000, few: 300)
    ) { _ in
      Self.sweep(source: source, target: target, seeds: seeds, using: &random).isEstablished
    }
    #expect(alarms.isWithin(0...0.05), "\(alarms.share)")
    let found = Simulation(
      "sweep with a knee of 5 points, \(seeds) seeds", "found", Simulation.repetitions(3000, few: 300)
    ) { _ in
      let result = Self.sweep(
        source: [0, 0.125, 0.15], target: [0.15, 0.075, 0], seeds: seeds, using: &random)
      return result.isEstablished && result.knee == "1"
    }
    #expect(seeds < SeedComparison.fewestSeeds ? found.hits == 0 : found.share > 0.3, "\(found.share)")
  }

  /// A method that truly forgets just the budget is seldom said to stay within it.
  @Test(arguments: [3, 5]) func aBudgetIsNotSaidToBeKeptByWhatIsOnIt(_ seeds: Int) {
    var random = RandomSource(seed: 43)
    let alarms = Simulation(
      "method that forgets the budget, \(seeds) seeds", "false alarm", Simulation.repetitions(3000, few: 300)
    ) { _ in
      Self.sweep(source: [0], target: [0], seeds: seeds, budget: 0.05, using: &random).isEstablished
    }
    #expect(alarms.isWithin(0...0.05), "\(alarms.share)")
  }

  @Test(arguments: [1, 2, 3, 5]) func ofEqualTreatmentsNothingIsClaimed(_ seeds: Int) {
    var random = RandomSource(seed: 44)
    let cuts = (1...4).map { TransferResult.Cut(name: "\($0)", blockCount: $0) }
    let none = [Double](repeating: 0, count: 1 + 4 * cuts.count)
    var (claims, advised) = (0, 0)
    let repetitions = Simulation.repetitions(2000, few: 200)
    for _ in 0..<repetitions {
      let values = Self.accuracies(none, seeds: seeds, using: &random)
      let curves = TransferKind.allCases.enumerated().map { (index: Int, kind: TransferKind) -> TransferResult.Curve in
        .init(
          kind: kind,
          points: cuts.enumerated().map { place, cut in
            .init(
              copied: cut.blockCount, cut: cut.name,
              RepeatedScore(.accuracy, values[1 + index * cuts.count + place]))
          })
      }
      let result = TransferResult(
        target: "t", cuts: cuts, schedule: TransferSchedule(epochCount: 1, learningRate: 0.1, seedCount: seeds),
        exampleCount: 10, availableCount: 10, testCount: 10_000, base: RepeatedScore(.accuracy, values[0]),
        curves: curves)
      if result.sentences.contains(where: { !$0.hasPrefix("By the means") }) { claims += 1 }
      if result.advice.isEstablished, result.advice.action != .freeze { advised += 1 }
    }
    for (what, hits) in [("effects", claims), ("advice", advised)] {
      let alarms = Simulation(
        "transfer of 4 equal treatments at 4 cuts, \(what), \(seeds) seeds", "false alarm", hits: hits, of: repetitions)
      // Three effects, each at 5 % two-sided.
      #expect(alarms.isWithin(0...0.075), "\(what): \(alarms.share)")
      if seeds < SeedComparison.fewestSeeds { #expect(alarms.hits == 0) }
    }
  }

  @Test(arguments: [1, 2, 3, 5, 10]) func ofEqualWaysNoDearerOneWinsOnTheMap(_ seeds: Int) {
    var random = RandomSource(seed: 45)
    func cell(_ ways: [Double]) -> TransferMap.Cell {
      let values = Self.accuracies(ways, seeds: seeds, using: &random)
      return TransferMap.Cell(
        amount: 5, exampleCount: 25, testCount: 10_000,
        values: Dictionary(uniqueKeysWithValues: zip(TransferStrategy.allCases, values)))
    }
    let repetitions = Simulation.repetitions(2000, few: 200)
    let alarms = Simulation("map of 4 equal ways, \(seeds) seeds", "false alarm", repetitions) { _ in
      let winner = cell([0, 0, 0, 0]).winner
      return winner != nil && winner != .head
    }
    #expect(alarms.isWithin(0...0.05), "\(alarms.share)")
    let found = Simulation("map of a way 5 points above the others, \(seeds) seeds", "found", repetitions) { _ in
      cell([0, 0, 0.05, 0]).winner == .tuning
    }
    #expect(seeds < SeedComparison.fewestSeeds ? found.hits == 0 : found.share > 0.1, "\(found.share)")
  }

  /// Runs that lose nothing in truth, and that differ by their seed.
  @Test(arguments: [2, 3, 5]) func runsThatLoseNothingAreSeldomSaidToForget(_ seeds: Int) throws {
    var random = RandomSource(seed: 46)
    let alarms = try Simulation(
      "report of \(seeds) runs that lose nothing", "false alarm", Simulation.repetitions(3000, few: 300)
    ) { _ in
      let runs = (0..<seeds).map { (seed: Int) -> RunFinding in
        let loss = 0.01 * random.normal()
        return RunFinding(
          run: "\(seed)", sourceTask: "a", targetTask: "b", epochs: [],
          forgetting: Forgetting(epoch: 1, before: 0.9, after: 0.9 - loss, final: loss, sourceCount: 2000),
          configuration: [.init("seed", "\(seed)")])
      }
      let groups = SeededRuns.groups(of: runs)
      #expect(groups.count == 1)
      let loss = try #require(groups[0].loss)
      return loss.isMore || loss.isLess
    }
    #expect(alarms.isWithin(0...0.05), "\(alarms.share)")
  }
}
