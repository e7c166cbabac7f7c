import Checkpoints
import Datasets
import Findings
import Foundation
import Metrics
import TestSupport
import Testing
import Training

@testable import Analysis

/// What is diagnosed of the run of version 0.1 whose best epoch is not its last.
@Suite struct StoredDiagnosisTests {
  private let fixture = Repository.fixture("runs-0.1/best")

  private func source() throws -> Datasets.Dataset {
    try Datasets.Dataset.load(Repository.fixture("fashion-mnist-small") + ":0-4")
  }

  private func models(
    of run: Run, testCount: Int, isProxy: Bool = false, source: Datasets.Dataset? = nil
  ) throws -> ComparedModels {
    try ComparedModels(
      before: Checkpoint(contentsOf: run.checkpointPath(epoch: 0)),
      after: Checkpoint(contentsOf: run.checkpointPath(epoch: run.chosenEpoch)), source: source ?? self.source(),
      target: nil, isProxy: isProxy, sourceTask: run.record.data.source?.head, testCount: testCount)
  }

  @Test func aDiagnosisOfVersion01IsRead() throws {
    let run = try Run.open(fixture)
    let finding = try #require(run.diagnosis)
    #expect(run.record.analysis["diagnosis"]?.strings["finding"] == nil)
    #expect(finding.title == "best" && finding.sourceTask.hasSuffix("0-4"))
    let layers = try #require(run.record.analysis["diagnosis"]?.strings["layers"])
    #expect(finding.layers.map(\.layer) == layers && !layers.isEmpty)
    #expect(finding.layers.map(\.drift) == run.record.analysis["diagnosis"]?.numbers["drift"]?.values)
    #expect(finding.layers.map(\.gain.value) == run.record.analysis["diagnosis"]?.numbers["rewind_gain"]?.values)
    #expect(finding.layers.allSatisfy { $0.controls.untrainedKind == .freshWeights && $0.controls.itself > 0.999 })
    // It was judged on all 100 examples there are, so that it says what the stored predictions say.
    let labels = try #require(run.record.labels["source"])
    let predictions = try #require(run.record.predictions["source"])
    let comparison = PairedComparison(
      labels: labels, before: try #require(predictions[0]), after: try #require(predictions[2]))
    #expect(run.chosenEpoch == 2 && finding.forgetting.sourceCount == 100 && !finding.isJudgedOnFewer)
    #expect(finding.forgetting.lost == comparison.lost && finding.forgetting.gained == comparison.gained)
    #expect(finding.forgetting.worst.isFinite && finding.forgetting.chance == 0.2)
    #expect(finding.examples.count == comparison.lost + comparison.gained)
    #expect(finding.examples.contains { $0.picture?.pixels.count == 28 * 28 * 3 })
    #expect(finding.epochs.map(\.epoch) == [1, 2, 3, 4] && finding.probeControls.permuted.scores.count == 1)
    #expect(finding.remedies.allSatisfy { $0.command?.hasPrefix("lethe ") == true } && !finding.remedies.isEmpty)
    let causes = finding.causes.reduce(0) { $0 + $1.loss.value }
    #expect(abs(causes - finding.forgetting.loss.value) < 1e-9)
  }

  @Test func theAmountIsThatOfAllStoredPredictions() throws {
    let run = try Run.open(fixture)
    let finding = try DiagnosisMeasure(models(of: run, testCount: 40), run: run).finding()
    let labels = try #require(run.record.labels["source"])
    let predictions = try #require(run.record.predictions["source"])
    let (before, after) = (try #require(predictions[0]), try #require(predictions[2]))
    let comparison = PairedComparison(labels: labels, before: before, after: after)
    var random = RandomSource(seed: run.record.seed)
    let interval = comparison.bootstrapInterval(using: &random)
    let amount = finding.forgetting
    #expect(amount.forgetting == run.forgetting)
    #expect(abs(amount.final + comparison.difference) < 1e-12)
    #expect(amount.low == -interval.high && amount.high == -interval.low)
    #expect(amount.sourceCount == 100 && amount.lost == comparison.lost && amount.pairedPValue == comparison.pValue)
    #expect(amount.epoch == 2 && amount.score == .accuracy)
    #expect(amount.before == Double(zip(labels, before).count { $0 == $1 }) / 100)
    let stored = try #require(run.record.metrics["source_accuracy"])
    #expect(abs(amount.worst - (stored[0] - min(stored[1], stored[2]))) < 1e-12)
    // The rest is of the forty.
    #expect(finding.isJudgedOnFewer && finding.measuredOn.source == 40)
    #expect(finding.classes.reduce(0) { $0 + $1.count } == 40)
    #expect(finding.remedies.allSatisfy { $0.count == 20 })
    #expect(finding.measuredOn.similarity == 40 && finding.measuredOn.probes == nil)
    let changed = finding.classes.reduce(0) { $0 + $1.lost - $1.gained }
    #expect(abs(finding.causes.reduce(0) { $0 + $1.loss.value } - Double(changed) / 40) < 1e-9)
  }

  @Test func withoutARunAllExamplesAreJudged() throws {
    let run = try Run.open(fixture)
    for isProxy in [false, true] {
      let (whole, some) = (
        try models(of: run, testCount: 2000, isProxy: isProxy), try models(of: run, testCount: 40, isProxy: isProxy)
      )
      let all = try AmountMeasure(models: whole, run: nil).amount()
      let amount = try AmountMeasure(models: some, run: nil).amount()
      #expect(
        amount.sourceCount == 100 && amount.lost == all.lost && amount.gained == all.gained && amount.loss == all.loss)
      #expect(amount.isAgreement == isProxy && (amount.before == 1) == isProxy && amount.maxMinusFinal.isNaN)
      #expect(try some.answersBefore().count == 40)
      // Answers that come from those of all examples are those that are judged alone.
      #expect(try some.answersAfter().source == some.sourceAnswers(some.after))
    }
  }

  @Test func predictionsOfOtherExamplesDoNotCount() throws {
    let run = try Run.open(fixture)
    let own = try source()
    let backwards = try Datasets.Dataset(
      name: own.name, classNames: own.classNames, train: own.train,
      test: own.test.selecting(Array((0..<60).reversed())))
    let amount = try AmountMeasure(models: models(of: run, testCount: 60, source: backwards), run: run).amount()
    #expect(amount.sourceCount == 60 && amount.maxMinusFinal.isNaN)
    let proxy = try AmountMeasure(models: models(of: run, testCount: 100, isProxy: true), run: run).amount()
    #expect(proxy.before == 1 && proxy.isAgreement)
  }

  @Test func otherRunsAreAveragedByTheirOwnPredictions() throws {
    let run = try Run.open(fixture)
    let models = try models(of: run, testCount: 40)
    let alone = try AmountMeasure(models: models, run: run).amount()
    #expect(alone.runs == nil)
    let both = try AmountMeasure(models: models, run: run, others: [(run, models.after)]).amount()
    #expect(both.runs?.count == 2 && abs((both.runs?.loss.value ?? .nan) - alone.loss.value) < 1e-12)
  }

  @Test func whatIsStoredIsReadAgain() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: fixture, toPath: folder.file("run"))
    var run = try Run.open(folder.file("run"))
    let finding = try DiagnosisMeasure(models(of: run, testCount: 40), run: run).finding()
    try run.store(finding)
    let stored = try Run.open(folder.file("run"))
    let read = try #require(stored.diagnosis)
    #expect(try FindingEncoder.encode(read).serialized() == FindingEncoder.encode(finding).serialized())
    let record = try #require(stored.record.analysis["diagnosis"])
    #expect(record.strings["report"] == nil && record.strings["layers"] == finding.layers.map(\.layer))
    for name in [
      "drift", "predicted_loss", "cka_source", "cka_target", "probe_drop", "rewind_gain", "rewind_cost",
    ] {
      #expect(record.numbers[name]?.values.count == finding.layers.count, "\(name)")
    }
  }
}
