import Findings
import Testing

@testable import Reports

@Suite struct SweepResultPageTests {
  /// Values of each seed a point apart, and a tenth of a point that is the method's own.
  private func method(_ name: String, _ source: Double, _ target: Double, seeds: Int) -> SweepResult.Method {
    let own: Double = ["none": 0.001, "weak": -0.0005, "strong": 0.0015, "bad": -0.001][name] ?? 0
    let shifts: [Double] = Array([-0.01 + own, 0.01 - own, 0].prefix(seeds))
    return .init(
      method: name, source: RepeatedMean(shifts.map { source + $0 }, within: 0...1),
      target: RepeatedMean(shifts.map { target - $0 / 2 }, within: 0...1),
      forgetting: RepeatedMean(shifts.map { 0.9 - source - $0 }, within: -1...1))
  }

  private func result(budget: Double? = nil, seeds: Int = 2, names: Set<String>? = nil) -> SweepResult {
    let methods = [
      method("none", 0.6, 0.95, seeds: seeds), method("weak", 0.8, 0.94, seeds: seeds),
      method("strong", 0.85, 0.8, seeds: seeds), method("bad", 0.7, 0.7, seeds: seeds),
      .init(method: "wild", source: nil, target: nil, forgetting: nil, failure: "unstable"),
    ]
    return SweepResult(
      sweep: "folder/sweep", methods: methods.filter { names?.contains($0.method) ?? true }, budget: budget,
      seedCount: seeds, sourceTask: "old", targetTask: "new")
  }

  @Test func twoSeedsShowAKneeAndEstablishNone() {
    let result = result()
    #expect(result.methods.filter(\.isOnFrontier).map(\.method) == ["none", "weak", "strong"])
    #expect(result.knee == "weak" && result.choice == nil && result.recommended == nil && !result.isEstablished)
    // Above the line from (60, 95) to (85, 80) at 80: 95 − 15 · 20/25 = 83, so 11 points.
    #expect(
      result.verdict.hasPrefix("By the means the knee of the frontier is weak (target 94.0 %")
        && result.verdict.hasSuffix(
          "points of the target above the line between the frontier's ends. That is not established: 2 seeds, and fewer than "
            + "3 establish nothing."),
      "\(result.verdict)")
    let notes = result.table().rows.map(\.last)
    #expect(
      notes == [
        "frontier", "frontier, knee by the means", "frontier", "below the frontier, not established", "not trained",
      ])
    #expect(result.failures == ["wild: unstable"])
    #expect(result.chart().points.allSatisfy { !$0.isMarked })
  }

  @Test func threeSeedsEstablishAKneeThatStandsOutInEach() throws {
    let result = result(seeds: 3)
    #expect(result.knee == "weak" && result.isEstablished && result.recommended?.method == "weak")
    let evidence = try #require(result.evidence)
    #expect(abs(evidence.difference.value - 0.11) < 0.005 && evidence.difference.low > 0 && evidence.seedCount == 3)
    #expect(
      result.verdict.hasPrefix("The knee of the frontier is weak: target")
        && result.verdict.contains("over 3 seeds) of the target above the line"), "\(result.verdict)")
    let notes = result.table().rows.map(\.last)
    #expect(notes[1] == "frontier, knee" && notes[3] == "passed by weak")
  }

  /// 12.7 · 1.4 points are more than any difference here; without pairs by seed nothing is told apart at all.
  @Test func bestOnBothTasksNeedsSeeds() {
    let pair: Set<String> = ["weak", "bad"]
    let two = result(names: pair)
    #expect(two.verdict.hasPrefix("By the means weak is best on both tasks (target") && two.recommended == nil)
    #expect(two.chart().title == "By the means weak is best on both tasks")
    let three = result(seeds: 3, names: pair)
    #expect(three.verdict.hasPrefix("weak is best on both tasks: target") && three.recommended?.method == "weak")
    #expect(three.chart().title == "weak is best on both tasks")
    let one = result(seeds: 1, names: pair)
    #expect(one.verdict.hasSuffix("not established: one seed, and fewer than 3 establish nothing."), "\(one.verdict)")
    let alone = result(seeds: 3, names: ["weak"])
    #expect(alone.verdict.hasPrefix("Only weak was trained") && alone.chart().title == "Only weak was trained")
  }

  @Test func seedsThatDisagreeDoNotEstablishTheBest() {
    func method(_ name: String, _ values: [Double]) -> SweepResult.Method {
      .init(method: name, source: RepeatedMean(values), target: RepeatedMean(values), forgetting: RepeatedMean(values))
    }
    let result = SweepResult(
      sweep: "", methods: [method("a", [0.8, 0.9, 0.85]), method("b", [0.81, 0.8, 0.8])], budget: nil, seedCount: 3,
      sourceTask: "old", targetTask: "new")
    // Differences −1, 10, 5: mean 4.667, s = 5.508, half = 4.3027 · 5.508 / √3 = 13.68.
    #expect(result.verdict.hasSuffix("not established: 4.7 points, −9.0 to 18.3 over 3 seeds."), "\(result.verdict)")
  }

  @Test func aBudgetIsKeptByTheBestTarget() {
    // 10 points and 5 points are forgotten; the knee is the same but is not what was asked for.
    let kept = result(budget: 0.1 + 1e-9)
    #expect(kept.choice == "weak" && kept.knee == "weak" && kept.recommended?.method == "weak")
    #expect(
      kept.verdict.hasPrefix("By the means weak has the best target accuracy of those that forgot at most 10.0 points"))
    #expect(kept.verdict.contains("That it keeps within the budget is not established: 2 seeds"))
    #expect(kept.table().rows[1].last == "frontier, within the budget by the mean")
    #expect(result(budget: 0.06).choice == "strong")
    let missed = result(budget: 0.01)
    #expect(
      missed.recommended == nil
        && missed.verdict == "By the means no strength that was tried forgets 1.0 points or less.")
    #expect(result(budget: 0.31).verdict.hasPrefix("By the means plain fine-tuning forgot no more than 31.0 points"))
    // Three seeds forget 11.05, 8.95 and 10 points, 10 ± 2.6: 15 are kept, 11 are not established.
    let wide = result(budget: 0.15, seeds: 3)
    #expect(wide.isEstablished && wide.table().rows[1].last == "frontier, within the budget")
    #expect(
      wide.verdict.hasSuffix("It keeps below the budget by 5.0 points (2.4 to 7.6 over 3 seeds)."), "\(wide.verdict)")
    #expect(!result(budget: 0.11, seeds: 3).isEstablished)
  }

  @Test func aScoreOfWhichLessIsBetterHasItsFrontierTheOtherWay() {
    func perplexities(_ name: String, _ mean: Double) -> SweepResult.Method {
      .init(method: name, source: RepeatedMean([mean]), target: RepeatedMean([0.9]), forgetting: nil)
    }
    let perplexity = Score(name: "perplexity", unit: .number, direction: .down)
    let result = SweepResult(
      sweep: "", methods: [perplexities("a", 9), perplexities("b", 8)], budget: nil, seedCount: 1, sourceTask: "old",
      targetTask: "new", sourceScore: perplexity)
    #expect(result.methods.map(\.isOnFrontier) == [false, true])
  }

  /// Nats a token of three methods and three seeds: 2.5 and 3.0 by the first, and so on; each seed's pattern its own.
  private func tokens(budget: Double? = nil, seeds: Int = 3) -> SweepResult {
    let nats = Score(name: "nats_per_token", unit: .natsPerToken, direction: .down)
    func method(_ name: String, _ source: Double, _ target: Double, _ own: Double) -> SweepResult.Method {
      let shifts: [Double] = Array([-0.01 + own, 0.01 - own, 0].prefix(seeds))
      return .init(
        method: name, source: RepeatedMean(shifts.map { source + $0 }),
        target: RepeatedMean(shifts.map { target - $0 }),
        forgetting: RepeatedMean(shifts.map { source + $0 - 2.4 }))
    }
    return SweepResult(
      sweep: "s",
      methods: [
        method("none", 3.4, 2.1, 0.001), method("weak", 2.6, 2.15, -0.0005), method("strong", 2.5, 2.6, 0.0015),
      ],
      budget: budget, seedCount: seeds, sourceTask: "English", targetTask: "code", sourceScore: nats, targetScore: nats)
  }

  @Test func natsATokenHaveTheirUnitAndTheirWay() throws {
    let result = tokens()
    // At 2.6 the line from (3.4, 2.1) to (2.5, 2.6) has 2.1 + 0.5 · 0.8/0.9 = 2.5444: 0.394 above the knee's 2.15.
    #expect(result.knee == "weak" && result.isEstablished)
    let evidence = try #require(result.evidence)
    #expect(abs(evidence.difference.value - 0.3944) < 0.002 && result.evidenceScore?.unit == .natsPerToken)
    #expect(
      result.verdict.hasPrefix("The knee of the frontier is weak: target 2.150 ± 0.026 nats a token, source 2.600")
        && result.verdict.contains(") of the target below the line between the frontier's ends."), "\(result.verdict)")
    #expect(!result.verdict.contains("points") && !result.verdict.contains("%"))
    #expect(result.table().rows[1].prefix(4) == ["weak", "2.600 ± 0.026", "2.150 ± 0.026", "0.200 ± 0.026"])
    let chart = result.chart()
    #expect(chart.xTitle == "nats a token on the source, English; less is better" && chart.xLimits == nil)
    #expect(chart.points[1].x == 2.6 && chart.points[1].hover == "2.600, 2.150")
    #expect(chart.subtitle.hasPrefix("cross-entropy on the test examples after training; means of 3 seeds"))
    let kept = tokens(budget: 0.25)
    #expect(kept.choice == "weak")
    #expect(
      kept.verdict.hasPrefix(
        "By the means weak has the best target cross-entropy of those that forgot at most 0.250 nats a token:"))
    #expect(kept.verdict.contains("It keeps below the budget by 0.050 nats a token (0.024 to 0.076 over 3 seeds)."))
    #expect(
      tokens(budget: 0.01).verdict == "By the means no strength that was tried forgets 0.010 nats a token or less.")
    #expect(tokens(seeds: 1).verdict.contains("0.394 nats a token of the target below the line"))
  }

  /// Best on a language model's source and on a target of accuracies: what is least ahead is said in its own unit.
  @Test func tasksOfTwoUnitsAreWeighedByTheirIntervals() {
    func method(_ name: String, _ source: [Double], _ target: [Double]) -> SweepResult.Method {
      .init(method: name, source: RepeatedMean(source), target: RepeatedMean(target), forgetting: nil)
    }
    let result = SweepResult(
      sweep: "",
      methods: [method("a", [2, 2.01, 1.99], [0.9, 0.8, 0.85]), method("b", [3, 3, 3], [0.81, 0.8, 0.8])],
      budget: nil, seedCount: 3, sourceTask: "old", targetTask: "new",
      sourceScore: Score(name: "nats_per_token", unit: .natsPerToken, direction: .down))
    // 9, 0 and 5 points: mean 4.667, s = 4.509, half = 4.3027 · 4.509 / √3 = 11.20.
    #expect(result.evidenceScore == .accuracy)
    #expect(result.verdict.hasSuffix("not established: 4.7 points, −6.5 to 15.9 over 3 seeds."), "\(result.verdict)")
    #expect(result.verdict.contains("(target 85.0 % ± 12.4, source 2.000 ± 0.025 nats a token)"))
    #expect(result.chart().subtitle.hasPrefix("cross-entropy and accuracy on the test examples"))
  }

  @Test func pageTableAndJSONGiveTheSameNumbers() throws {
    for budget in [nil, 0.06] {
      var result = result(budget: budget)
      result.command = "lethe finetune base"
      let text = try FindingEncoder.encode(result).serialized()
      let read = try FindingDecoder.decode(SweepResult.self, from: text)
      #expect(try FindingEncoder.encode(read).serialized() == text)
      #expect(read.table() == result.table() && read.csv() == result.csv() && read.verdict == result.verdict)
      #expect(read.html(title: "s") == result.html(title: "s"))
      #expect(text.contains(#""target":{"mean":0.94,"low":"#), "\(text)")
      #expect(result.table().rows[1][2].hasPrefix("94.0 %") && result.html(title: "s").contains("94.0 %"))
      #expect(text.contains(#""knee":"weak""#) && text.contains(#""command":"lethe finetune base""#))
      #expect(text.contains(#""isEstablished":false,"evidence":{"difference":{"value":"#))
      #expect(text.contains(budget == nil ? #""choice":null"# : #""choice":"strong""#))
    }
  }
}
