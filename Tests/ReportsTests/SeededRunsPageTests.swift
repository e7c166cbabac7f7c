import Findings
import Testing

@testable import Reports

@Suite struct SeededRunsPageTests {
  private func run(_ name: String, seed: Int, rate: String = "0.1", lost: Double) -> RunFinding {
    RunFinding(
      run: "runs/\(name)", sourceTask: "old", targetTask: "new",
      epochs: [
        EpochFinding(epoch: 0, source: ScoredTask(0.9), target: ScoredTask(0.1), penalty: 0),
        EpochFinding(epoch: 1, source: ScoredTask(0.9 - lost), target: ScoredTask(0.8 + lost), penalty: 0),
      ], forgetting: Forgetting(epoch: 1, before: 0.9, after: 0.9 - lost, final: lost, sourceCount: 2000),
      configuration: [.init("seed", "\(seed)"), .init("learningRate", rate)])
  }

  private func report(_ losses: [Double], against others: [Double] = []) -> RunReport {
    RunReport(
      runs: losses.enumerated().map { run("a\($0)", seed: $0, lost: $1) }
        + others.enumerated().map { run("b\($0)", seed: $0, rate: "0.2", lost: $1) }, title: "t")
  }

  @Test func seedsLeadWithTheirMean() {
    let three = report([0.10, 0.12, 0.11])
    #expect(
      three.verdict
        == "Over 3 seeds 11.0 points of old were forgotten (8.5 to 13.5 over 3 seeds); new reached 91.0 % ± 2.5.")
    #expect(three.seedTable().rows == [["a0", "3", "79.0 % ± 2.5", "91.0 % ± 2.5", "11.0 ± 2.5"]])
    let page = three.html()
    #expect(page.contains("Over seeds") && page.contains("differ by nothing but their seed"))
    #expect(!RunReport(runs: [run("a", seed: 0, lost: 0.1)], title: "t").html().contains("Over seeds"))
  }

  @Test func twoSeedsEstablishNothing() {
    #expect(
      report([0.10, 0.12]).verdict
        == "Over 2 seeds the mean of what was forgotten of old is 11.0 points (−1.7 to 23.7 over 2 seeds), which is not "
        + "established: 2 seeds, and fewer than 3 establish nothing; new reached 91.0 % (78.3 to 100.0).")
    #expect(
      report([0.01, -0.02, 0.02]).verdict.contains(
        "is 0.3 points (−4.8 to 5.5 over 3 seeds), which is not established; new"))
    #expect(
      report([-0.10, -0.12, -0.11]).verdict.hasPrefix("Over 3 seeds 11.0 points of old were gained (8.5 to 13.5"))
  }

  @Test func twoResultsAreComparedBySeed() {
    let apart = report([0.10, 0.12, 0.11], against: [0.20, 0.219, 0.212]).verdict
    #expect(apart.hasPrefix("a0: over 3 seeds 11.0 points of old were forgotten"), "\(apart)")
    #expect(apart.hasSuffix("a0 forgot less than b0 by 10.0 points (9.7 to 10.4 over 3 seeds)."), "\(apart)")
    let close = report([0.10, 0.12, 0.11], against: [0.12, 0.11, 0.12]).verdict
    #expect(close.contains("That a0 forgot less than b0 is not established: 0.7 points, −3.1 to 4.5"), "\(close)")
    let single = report([0.10, 0.12, 0.11], against: [0.2]).verdict
    #expect(single.contains("b0: with one seed the mean of what was forgotten"), "\(single)")
  }

  @Test func aDiagnosisOfSeveralRunsLeadsWithTheirMean() {
    func headline(_ count: Int, _ loss: Estimate) -> DiagnosisPage {
      let forgetting = Forgetting(
        epoch: 1, before: 0.9, after: 0.8, final: 0.1, low: 0.08, high: 0.12, pairedPValue: 1e-9, lost: 100, gained: 0,
        sourceCount: 1000)
      return DiagnosisPage(
        DiagnosisFinding(
          sourceTask: "old", forgetting: ForgottenAmount(forgetting, runs: MeanOfRuns(count: count, loss: loss)),
          measuredOn: JudgedCounts(source: 1000)))
    }
    let page = headline(3, Estimate(0.11, low: 0.085, high: 0.135))
    #expect(page.seedsVerdict == "Over seeds, fine-tuning lost 11.0 points (8.5 to 13.5 over 3 seeds) of old.")
    #expect(page.headline.hasSuffix("Of the run that is looked into: \(page.verdict)"))
    #expect(
      headline(2, Estimate(0.11, low: 0.085, high: 0.135)).seedsVerdict?.hasSuffix(
        "of old in the mean, which is not established: 2 seeds, and fewer than 3 establish nothing.") == true)
    #expect(
      headline(3, Estimate(0.01, low: -0.085, high: 0.105)).seedsVerdict?.hasSuffix("which is not established.") == true
    )
    #expect(
      headline(4, Estimate(-0.02, low: -0.03, high: -0.01)).seedsVerdict?.contains("it gained 2.0 points") == true)
  }
}
