import Findings
import Reports
import Testing

@Suite struct ChoiceBasisTests {
  private let validated = ChoiceBasis(
    .validation, choices: [.epoch], choosing: .init(target: 500), judging: .init(target: 5000))

  @Test func whoChoseAndWhoJudgesIsSaid() {
    #expect(validated.words == "chosen by 500 validation examples; judged by 5,000 test examples")
    #expect(validated.sentence == "The epoch was chosen by 500 validation examples; judged by 5,000 test examples.")
    let both = ChoiceBasis(
      .validation, choices: [.epoch, .stop], choosing: .init(source: 2500, target: 1),
      judging: .init(source: 2500, target: 5000))
    #expect(
      both.sentence == "The epoch and when to stop were chosen by 1 validation example of the target and 2,500 of the "
        + "source; judged by 5,000 test examples of the target and 2,500 of the source.")
    let bySource = ChoiceBasis(
      .validation, choices: [.strength], choosing: .init(source: 50), judging: .init(source: 50))
    #expect(
      bySource.words == "chosen by 50 validation examples of the source; judged by 50 test examples of the source")
    let unknown = ChoiceBasis(.validation, choices: [.method])
    #expect(unknown.words == "chosen by validation examples; judged by test examples")
  }

  @Test func aChoiceOnTheTestSetSaysSo() {
    let basis = ChoiceBasis(.test, choices: [.learningRate])
    #expect(
      basis.sentence
        == "When the learning rate falls was chosen on the test set, which also judges it: the figures are "
        + "flattered.")
  }

  private func run(_ basis: ChoiceBasis?, hasBest: Bool = true) -> RunFinding {
    RunFinding(
      run: "runs/run", targetTask: "new",
      epochs: (0...2).map { epoch in
        EpochFinding(
          epoch: epoch, target: ScoredTask(0.5 + 0.1 * Double(epoch)),
          validation: basis?.examples == .validation ? .init(target: ScoredTask(0.7 - 0.1 * Double(epoch))) : nil)
      }, best: hasBest ? .init(epoch: 1, rule: "target", keepsBounds: true) : nil, chosenBy: basis)
  }

  @Test func terminalAndPageSayIt() throws {
    let run = run(validated)
    let report = RunReport(runs: [run], title: "t")
    #expect(
      run.closingLines.last
        == "best epoch 1 by 'target', chosen by 500 validation examples; judged by 5,000 test examples; "
        + "checkpoints/best.h5")
    #expect(report.html().contains("), \(validated.words)."))
    #expect(!report.verdict.contains("test set") && report.verdict.contains("60.0 %"))
    #expect(report.epochTable(run).columns.map(\.title).contains("target validation"))
    #expect(report.epochTable(run).rows[2].contains("50.0 %"))
    let metrics = try #require(report.csvs().first { $0.fileName == "metrics.csv" }).content
    #expect(metrics.contains("target_validation_accuracy") && metrics.contains(",0.6,"))
  }

  @Test func aChoiceOnTheTestSetStandsInTheVerdict() {
    let basis = ChoiceBasis(.test, choices: [.epoch], choosing: .init(target: 9), judging: .init(target: 9))
    let run = run(basis)
    let report = RunReport(runs: [run], title: "t")
    #expect(report.verdict.hasSuffix(", its best of 2, chosen on the test set."))
    #expect(run.closingLines.last?.contains("best epoch 1 by 'target', chosen on the test set, which also") == true)
    #expect(report.html().contains("chosen on the test set, which also judges it"))
    #expect(!report.epochTable(run).columns.map(\.title).contains("target validation"))
  }

  @Test func withoutABestEpochAPlateauIsSaidToo() {
    let basis = ChoiceBasis(
      .validation, choices: [.learningRate], choosing: .init(target: 9), judging: .init(target: 20))
    #expect(run(basis, hasBest: false).closingLines == [basis.sentence])
    #expect(RunReport(runs: [run(basis, hasBest: false)], title: "t").html().contains("run: \(basis.sentence)"))
    #expect(run(nil, hasBest: false).closingLines.isEmpty)
  }
}
