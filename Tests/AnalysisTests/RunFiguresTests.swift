import Checkpoints
import TestSupport
import Testing
import Training

@testable import Analysis

@Suite struct RunFiguresTests {
  @Test func aRunsFiguresAreThoseOfItsChosenEpochAndAgreeWithWhatItForgot() throws {
    let run = try Run.open(Repository.fixture("runs-0.1/best"))
    let figures = run.record.figures
    // Its best epoch, 2, is not its last, 4.
    #expect(run.chosenEpoch == 2 && run.record.metrics.rowCount == 5)
    #expect(figures.source == run.record.metrics.value("source_accuracy", row: 2))
    #expect(figures.target == run.record.metrics.value("target_accuracy", row: 2))
    #expect(figures.forgetting == run.forgetting?.final)
    #expect(figures.source == run.forgetting?.after)
  }

  @Test func aScoreOfWhichLessIsBetterIsForgottenWhereItRises() throws {
    var record = RunRecord()
    record.data.source = DataReference(name: "letters")
    record.data.source?.taskKind = "causal-lm"
    record.data.target = DataReference(name: "code")
    record.metrics.append(["source_nats_per_token": 2.5, "target_accuracy": 0.1])
    record.metrics.append(["source_nats_per_token": 2.875, "target_accuracy": 0.75])
    #expect(record.figures == RunFigures(source: 2.875, target: 0.75, forgetting: 0.375))
    // A kind that nobody made known has no figure that could be meant.
    record.data.source?.taskKind = "poetry"
    #expect(record.figures.source.isNaN && record.figures.forgetting.isNaN && record.figures.target == 0.75)
  }

  @Test func withoutARuleTheLastEpochCounts() throws {
    var record = RunRecord()
    record.metrics.append(["source_accuracy": 0.75, "target_accuracy": 0.1])
    record.metrics.append(["source_accuracy": .nan, "target_accuracy": .nan])
    record.metrics.append(["source_accuracy": 0.5, "target_accuracy": 0.9])
    #expect(record.figures == RunFigures(source: 0.5, target: 0.9, forgetting: 0.25))
    // Without a source nothing is forgotten that is known.
    var alone = RunRecord()
    alone.metrics.append(["target_accuracy": 0.9])
    #expect(alone.figures.target == 0.9 && alone.figures.forgetting.isNaN)
  }
}
