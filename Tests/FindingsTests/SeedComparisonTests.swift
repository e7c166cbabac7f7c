import Findings
import Testing

@Suite struct SeedComparisonTests {
  /// Differences 1, 2 and 3 points: mean 2, s = 1, half = 4.3027 / √3 = 2.4842.
  @Test func theDifferenceIsTakenSeedBySeed() {
    let comparison = SeedComparison([0.81, 0.92, 0.73], less: [0.80, 0.90, 0.70])
    #expect(abs(comparison.difference.value - 0.02) < 1e-12 && comparison.seedCount == 3)
    #expect(abs(comparison.difference.low + 0.004842) < 1e-6 && abs(comparison.difference.high - 0.044842) < 1e-6)
    #expect(comparison.isJudged && !comparison.isMore && !comparison.isLess)
    #expect(comparison.isAtMost(0.045) && !comparison.isAtMost(0.04))
    #expect(comparison.reversed.difference.value == -comparison.difference.value)
  }

  @Test func whatHoldsInEverySeedIsEstablishedFromThreeOn() {
    let (more, less) = ([0.85, 0.951, 0.749], [0.80, 0.90, 0.70])
    #expect(SeedComparison(more, less: less).isMore && SeedComparison(less, less: more).isLess)
    for count in 1...2 {
      let few = SeedComparison(Array(more.prefix(count)), less: Array(less.prefix(count)))
      #expect(!few.isJudged && !few.isMore && !few.isAtMost(1) && few.seedCount == count)
    }
  }

  /// Of two comparisons each has 97.5 %: t(2) = 6.2053, half = 3.5826 points.
  @Test func aClaimChosenFromSeveralNeedsMore() {
    let one = SeedComparison(differences: [0.03, 0.04, 0.05])
    let two = SeedComparison(differences: [0.03, 0.04, 0.05], among: 2)
    #expect(abs(two.difference.low - (0.04 - 0.035826)) < 1e-5 && two.difference.low < one.difference.low)
    #expect(!SeedComparison(differences: [0.03, 0.04, 0.05], among: 4).isMore && two.isMore)
  }

  @Test func withoutPairsOrASpreadNothingIsEstablished() {
    let unpaired = SeedComparison([0.9, 0.91, 0.9, 0.91], less: [0.5, 0.51, 0.5])
    #expect(unpaired.seedCount == 0 && !unpaired.isMore && abs(unpaired.difference.value - 0.4017) < 1e-4)
    #expect(!SeedComparison([0.9, 0.8, 0.7], less: [0.85, 0.75, 0.65]).isMore)
  }

  @Test func differencesOfSharesStayWithinOne() {
    let comparison = SeedComparison(differences: [0.9, -0.9, 0.95], within: -1...1)
    #expect(comparison.difference.low == -1 && comparison.difference.high == 1)
  }
}

@Suite struct SeededRunsTests {
  private func run(_ name: String, seed: Int, rate: String = "0.1", lost: Double, state: String = "x") -> RunFinding {
    RunFinding(
      run: "runs/\(name)", sourceTask: "old", targetTask: "new",
      epochs: [
        EpochFinding(epoch: 0, source: ScoredTask(0.9), target: ScoredTask(0.1), penalty: 0),
        EpochFinding(epoch: 1, source: ScoredTask(0.9 - lost), target: ScoredTask(0.8 + lost), penalty: 0),
      ], forgetting: Forgetting(epoch: 1, before: 0.9, after: 0.9 - lost, final: lost, sourceCount: 2000),
      configuration: [
        .init("command", "lethe --seed \(seed)"), .init("seed", "\(seed)"), .init("learningRate", rate),
        .init("state.isFinished", state),
      ])
  }

  @Test func runsThatDifferByTheirSeedAreOneResult() throws {
    let groups = SeededRuns.groups(of: [
      run("a0", seed: 0, lost: 0.1), run("b0", seed: 0, rate: "0.2", lost: 0.2),
      run("a1", seed: 1, lost: 0.12, state: "y"), run("a2", seed: 2, lost: 0.11),
    ])
    #expect(groups.map(\.runs) == [["runs/a0", "runs/a1", "runs/a2"], ["runs/b0"]])
    #expect(groups[0].seeds == ["0", "1", "2"] && groups[0].name == "a0")
    let lost = try #require(groups[0].forgetting)
    // 11 ± 4.3027 · 1 / √3 points.
    #expect(abs(lost.mean - 0.11) < 1e-12 && abs(lost.high - 0.134842) < 1e-6 && groups[0].loss?.isMore == true)
    #expect(abs(try #require(groups[0].target).mean - 0.91) < 1e-12 && groups[1].forgetting?.high.isNaN == true)
  }

  @Test func theSameSeedTwiceIsNotASecondResult() {
    #expect(SeededRuns.groups(of: [run("a", seed: 0, lost: 0.1), run("b", seed: 0, lost: 0.1)]).count == 2)
    let unknown = RunFinding(run: "u", targetTask: "new", epochs: [])
    #expect(SeededRuns.groups(of: [unknown, unknown]).count == 2)
  }

  @Test func resultsAreComparedSeedBySeed() throws {
    let groups = SeededRuns.groups(of: [
      run("a0", seed: 0, lost: 0.1), run("a1", seed: 1, lost: 0.12), run("a2", seed: 2, lost: 0.11),
      run("b2", seed: 2, rate: "0.2", lost: 0.212), run("b0", seed: 0, rate: "0.2", lost: 0.2),
      run("b1", seed: 1, rate: "0.2", lost: 0.219),
    ])
    let excess = try #require(groups[0].excess(of: groups[1]))
    // 10.2, 10.0 and 9.9 points.
    #expect(excess.seedCount == 3 && abs(excess.difference.value - 0.100333) < 1e-5 && excess.isMore)
    let other = SeededRuns.groups(of: [run("c7", seed: 7, lost: 0.1)])[0]
    #expect(groups[0].excess(of: other) == nil)
  }

  @Test func settingsThatDifferAreNamed() {
    let (first, second) = (run("a", seed: 0, lost: 0), run("b", seed: 1, rate: "0.2", lost: 0))
    #expect(first.settings(differingFrom: second) == ["learningRate"])
    #expect(first.settings(differingFrom: run("c", seed: 1, lost: 0.1)).isEmpty)
  }
}
