import Findings
import Foundation
import TestSupport
import Testing
import Training

@testable import Analysis

@Suite struct SweepMethodTests {
  @Test func alternativesAreAllCombined() throws {
    let methods = try SweepMethod.grid("l2-sp:alpha=0.1|1,beta=0.01|0 + lwf:temperature=2|4")
    #expect(methods.count == 8)
    #expect(methods[0].label == "l2-sp:alpha=0.1,beta=0.01 + lwf:temperature=2")
    #expect(methods[7].regularizers.map(\.kind) == ["l2-sp", "lwf"])
    #expect(methods[7].regularizers[0].settings == ["alpha": "1", "beta": "0"])
    #expect(try SweepMethod.grid("none") == [.plain])
    // Kinds are alternatives too.
    #expect(try SweepMethod.grid("lwf|replay").map(\.label) == ["lwf", "replay"])
  }

  @Test(arguments: ["l2-sp:alpha=0.1|", "l2-sp:alpha=a|b", "l3|l2-sp", "l2-sp:gamma=1|2"])
  func whatIsNoMethodIsRefused(_ text: String) {
    #expect(throws: TrainingError.self) { try SweepMethod.grid(text) }
  }

  @Test func theStrengthIsTheFirstSetting() throws {
    let method = try SweepMethod(parsing: "lwf:temperature=3")
    #expect(try method.strengthSetting().name == "lambda")
    let stronger = try method.withStrength(7.5)
    #expect(stronger.label == "lwf:lambda=7.5,temperature=3")
    #expect(stronger.regularizers[0].settings["lambda"] == "7.5")
    #expect(throws: AnalysisError.noStrength(method: "none")) { try SweepMethod.plain.strengthSetting() }
  }
}

@Suite struct StrengthSearchTests {
  /// Runs a search against a known law.
  private func trials(
    budget: Double, start: Double = 0.1, count: Int = 12, _ law: (Double) -> Double?
  ) -> [StrengthSearch.Trial] {
    let search = StrengthSearch(start: start, budget: budget, trialCount: count)
    var trials: [StrengthSearch.Trial] = []
    while let strength = search.next(after: trials, plain: law(0)) {
      trials.append(StrengthSearch.Trial(strength: strength, forgetting: law(strength)))
    }
    return trials
  }

  @Test(arguments: [0.004, 0.1, 3.0, 200])
  func theWeakestStrengthWithinTheBudgetIsFound(_ true: Double) throws {
    // 20 points at 0, the budget of 5 at the strength looked for.
    let found = trials(budget: 0.05) { 0.2 / (1 + 3 * $0 / `true`) }
    let best = try #require(found.filter { ($0.forgetting ?? 1) <= 0.05 }.map(\.strength).min())
    #expect(best >= `true` && best < 1.3 * `true`, "\(found)")
    #expect(found.count <= 12)
  }

  @Test func aStrengthThatIsUnstableIsABound() throws {
    let found = trials(budget: 0.05) { $0 > 20 ? nil : 0.2 / (1 + 3 * $0 / 12) }
    let best = try #require(found.filter { ($0.forgetting ?? 1) <= 0.05 }.map(\.strength).min())
    #expect(best >= 12 && best <= 20, "\(found)")
  }

  @Test func nothingIsTriedWherePlainFineTuningIsWithinTheBudget() {
    #expect(trials(budget: 0.05) { _ in 0.01 }.isEmpty)
  }

  @Test func whatCannotBeReachedEnds() {
    #expect(trials(budget: 0.05, count: 100) { _ in 0.3 }.count < 10)
    #expect(trials(budget: 0.05, count: 3) { 0.2 / (1 + $0) }.count == 3)
  }
}

@Suite struct SweepPlanTests {
  private func plan(budget: Double?) throws -> SweepPlan {
    let search = budget.map { StrengthSearch(start: 1, budget: $0, trialCount: 4) }
    return SweepPlan(
      methods: try search == nil ? SweepMethod.grid("none|l2-sp:alpha=1") : [SweepMethod(parsing: "l2-sp:alpha=1")],
      seeds: [1, 2], search: search)
  }

  @Test func aGridIsKnownFromTheStart() throws {
    let rows = try plan(budget: nil).rows { _ in nil }
    #expect(
      rows.map(\.method.label) == ["none", "l2-sp:alpha=1"] && rows.allSatisfy { !$0.isDone && $0.forgetting == nil })
  }

  @Test func aSearchAsksForOneStrengthAfterTheOther() throws {
    let plan = try plan(budget: 0.05)
    #expect(try plan.rows { _ in nil }.map(\.method.label) == ["none"])
    let rows = try plan.rows { point in
      point.method == .plain ? .finished(source: 0.6, target: 0.9, forgetting: 0.3) : nil
    }
    #expect(rows.map(\.method.label) == ["none", "l2-sp:alpha=1"])
    // The first is too weak by one seed's failure to finish: the next waits.
    let waiting = try plan.rows { point in
      point.method == .plain || point.seed == 1 ? .finished(source: 0.6, target: 0.9, forgetting: 0.3) : nil
    }
    #expect(waiting.count == 2)
  }

  @Test func theBestTargetWithinTheBudgetIsChosen() throws {
    let plan = try plan(budget: 0.05)
    let rows = try plan.rows { point in
      guard point.method != .plain, let strength = try? point.method.strengthSetting().value else {
        return .finished(source: 0.6, target: 0.95, forgetting: 0.3)
      }
      return .finished(source: 0.9, target: 0.9 - strength / 1000, forgetting: strength >= 1 ? 0.02 : 0.1)
    }
    let folder = try TemporaryFolder()
    let result = try plan.result(
      of: rows, in: SweepFolder(folder.file("sweep"), options: ""), sourceTask: "s", targetTask: "t")
    #expect(result.choice == "l2-sp:alpha=1" && rows.count == 5)
    #expect(result.recommended?.runs.count == 2 && result.recommended?.source?.values == [0.9, 0.9])
  }

  /// Nats a token: intervals are not cut at 1, and the best target is the least.
  @Test func aBudgetOfALanguageModelIsInNatsAToken() throws {
    var plan = try plan(budget: 0.25)
    let nats = Score(name: "nats_per_token", unit: .natsPerToken, direction: .down)
    (plan.sourceScore, plan.targetScore) = (nats, nats)
    let rows = try plan.rows { point in
      let shift = point.seed == 1 ? 0.5 : 0
      guard point.method != .plain, let strength = try? point.method.strengthSetting().value else {
        return .finished(source: 3.5 + shift, target: 2, forgetting: 1)
      }
      return .finished(
        source: 2.6 + shift, target: 2.2 + strength / 1000, forgetting: strength >= 1 ? 0.1 : 0.5, validation: nil)
    }
    let folder = try TemporaryFolder()
    let result = try plan.result(
      of: rows, in: SweepFolder(folder.file("sweep"), options: ""), sourceTask: "s", targetTask: "t")
    #expect(result.choice == "l2-sp:alpha=1" && result.sourceScore == nats)
    // 3.5 and 4: half an interval is 12.706 · 0.3536 / √2 = 3.177.
    let source = try #require(result.methods[0].source)
    #expect(source.mean == 3.75 && abs(source.high - 6.927) < 0.001)
  }

  @Test func aStrengthIsLookedForByTheExamplesThatChoose() throws {
    let plan = try plan(budget: 0.05)
    func labels(_ validation: Double?) throws -> [String] {
      try plan.rows { point in
        // By the test examples plain fine-tuning is within the budget.
        .finished(
          source: 0.8, target: 0.9, forgetting: 0.01,
          validation: validation.map { RunFigures(source: 0.5, target: 0.9, forgetting: $0) })
      }.map(\.method.label)
    }
    #expect(try labels(nil) == ["none"])
    #expect(try labels(0.3).prefix(2) == ["none", "l2-sp:alpha=1"])
    // Where one seed held none aside, the test examples decide for all.
    let rows = try plan.rows { point in
      .finished(
        source: 0.8, target: 0.9, forgetting: 0.01,
        validation: point.seed == 1 ? RunFigures(source: 0.5, target: 0.9, forgetting: 0.3) : nil)
    }
    #expect(rows.map(\.method.label) == ["none"])
  }
}
