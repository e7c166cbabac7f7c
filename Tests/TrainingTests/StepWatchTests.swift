import Checkpoints
import Datasets
import Findings
import Foundation
import HDF5
import Metrics
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Training

/// Runs that are looked at within their epochs, and ended by a rule or after some steps.
@Suite struct StepWatchTests {
  private let shape = [1, 8, 8]
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Eight steps an epoch, of 64 examples.
  private func run(
    _ name: String, hasSource: Bool = true, _ change: (inout TrainingOptions) throws -> Void
  ) throws -> TrainingRun {
    var options = TrainingOptions()
    options.epochCount = 3
    options.batchSize = 8
    options.learningRate = 0.05
    options.seed = 7
    try change(&options)
    return try TrainingRun(
      options: options, path: folder.file(name),
      target: randomImages("target", shape: shape, train: 64, test: 40, seed: 2),
      source: hasSource ? randomImages("source", shape: shape, test: 60, seed: 3) : nil, device: .cpu)
  }

  private func made(
    _ name: String, hasSource: Bool = true, _ change: (inout TrainingOptions) throws -> Void
  ) throws -> Run {
    let run = try run(name, hasSource: hasSource, change)
    try run.run(from: smallConvolution(), basePath: "") { _ in }
    return try Run.open(run.path)
  }

  private func weights(_ run: Run, epoch: Int) throws -> [String: String] {
    let checkpoint = try Checkpoint(contentsOf: run.checkpointPath(epoch: epoch))
    let heads = checkpoint.heads.flatMap { task, head in head.tensors.map { ("\(task) \($0.key)", $0.value.checksum) } }
    return checkpoint.parameters.merging(checkpoint.buffers) { $1 }.mapValues(\.checksum)
      .merging(heads) { $1 }
  }

  private static let changes: [@Sendable (inout TrainingOptions) throws -> Void] = [
    { _ in },
    { $0.averagingDecay = 0.9 },
    { $0.adapters = LowRankOptions(rank: 2) },
    { $0.frozen = ["conv", "norm"] },
    {
      $0.regularizers = [try RegularizerSpecification("lwf"), try RegularizerSpecification("replay", ["count": "20"])]
    },
  ]

  @Test(arguments: changes.indices)
  func looksChangeNothingOfTheTraining(_ index: Int) throws {
    let plain = try made("plain", Self.changes[index])
    let looked = try made("looked") {
      try Self.changes[index](&$0)
      $0.evaluationInterval = .steps(3)
      $0.evaluationSampleCount = 30
    }
    for epoch in 0...3 { #expect(try weights(plain, epoch: epoch) == weights(looked, epoch: epoch), "epoch \(epoch)") }
    #expect(plain.finding.steps == nil && plain.record.steps.rowCount == 0)
    let steps = try #require(looked.finding.steps)
    #expect(steps.points.map(\.step) == [0, 3, 6, 8, 9, 12, 15, 16, 18, 21, 24])
    #expect(steps.stepsPerEpoch == 8 && steps.source == .init(count: 30, chooses: false))
    #expect(steps.points[0].target == nil && steps.points[0].gauge?.value == 0 && steps.points[0].trainingLoss.isNaN)
    // A look at an epoch's end sees what is stored of it.
    let known = looked.record.epochRecords
    #expect(steps.points[3].gauge.map { $0.value > 0 } == (index != 3) && known.count == 4)
    let loss = steps.points[1...3].reduce(0) { $0 + $1.trainingLoss * [3, 3, 2][$1.step / 4] } / 8
    #expect(abs(loss - known[1].trainingLoss) < 1e-9)
    #expect(looked.log.rows.map(\.step) == [0, 0, 3, 6, 8, 8, 9, 12, 15, 16, 16, 18, 21, 24, 24])
  }

  @Test func allOfTheExamplesAreWhatTheEpochSays() throws {
    let run = try made("all") { $0.evaluationInterval = .epochs(0.25) }
    let steps = try #require(run.finding.steps)
    #expect(steps.points.map(\.step) == Array(stride(from: 0, through: 24, by: 2)))
    for epoch in 1...3 {
      let (look, whole) = (steps.points[epoch * 4], run.finding.epochs[epoch])
      // What the confidence is worth is asked of whole epochs alone.
      var (source, target) = (try #require(whole.source), whole.target)
      #expect(source.confidence != nil)
      source.confidence = nil
      target?.confidence = nil
      #expect(look.source == source && look.target == target)
      #expect(look.gauge?.value == whole.gauge?.value && look.learningRate == whole.learningRate)
    }
    // A file says the same as what wrote it.
    #expect(try Run.open(run.path).record.stepSums.keys.sorted() == steps.points.map(\.step))
  }

  @Test func aRunEndsAfterItsSteps() throws {
    let limited = try made("limited") {
      $0.stepLimit = 11
      $0.schedule = Schedule(.cosine)
    }
    #expect(limited.record.state.plannedEpochs == 2 && limited.record.isFinished)
    #expect(limited.finding.partialEpoch == .init(epoch: 2, steps: 3, stepsPerEpoch: 8))
    // The cosine of eleven steps: the last has (1 + cos(10/11 π)) / 2.
    let rate = try #require(limited.record.metrics["learning_rate"]?.last)
    #expect(abs(rate - 0.05 * (1 + cos(10.0 / 11 * .pi)) / 2) < 1e-12)
    #expect(limited.log.rows.map(\.step) == [0, 8, 11] && limited.log.rows.last?.epoch == 11.0 / 8)
    // To go on, the epoch is begun again: to the bits of a run that was longer from the start.
    let short = try made("short") { $0.stepLimit = 11 }
    try run("short") { $0.stepLimit = 20 }.resume { _ in }
    let long = try made("long") { $0.stepLimit = 20 }
    let resumed = try Run.open(short.path)
    #expect(try weights(resumed, epoch: 3) == weights(long, epoch: 3))
    #expect(resumed.record.metrics["target_loss"] == long.record.metrics["target_loss"])
    #expect(resumed.finding.partialEpoch == .init(epoch: 3, steps: 4, stepsPerEpoch: 8))
    #expect(resumed.record.state.plannedEpochs == 3)
  }

  @Test(arguments: [false, true])
  func aRuleEndsTheRunAndTheLookBeforeIsKept(_ averages: Bool) throws {
    func common(_ options: inout TrainingOptions) throws {
      options.learningRate = 0.5
      options.evaluationInterval = .steps(2)
      if averages { options.averagingDecay = 0.5 }
      options.validation = .fraction(0.25)
      options.stopRule = try StopRule(parsing: "gauge > 1000")
    }
    let whole = try made("whole", common)
    let curve = try #require(whole.finding.steps)
    #expect(curve.stepsPerEpoch == 6)
    #expect(curve.stop == nil && whole.record.epochRecords.count == 4)
    // The first look within the second epoch, not its first, that is beyond all before.
    let looks = curve.points.filter { $0.step > 0 }
    let place = try #require(
      looks.indices.first { index in
        looks[index].step > 8 && looks[index].step < 12
          && looks[..<index].allSatisfy { ($0.gauge?.low ?? 0) < (looks[index].gauge?.low ?? 0) }
      })
    let before = looks[..<place].compactMap { $0.gauge?.low }.max() ?? 0
    let limit = (before + (looks[place].gauge?.low ?? 0)) / 2
    let stopped = try made("stopped") {
      try common(&$0)
      $0.stopRule = try StopRule(parsing: "gauge > \(limit)")
    }
    let stop = try #require(stopped.finding.steps?.stop)
    let kept = looks[place - 1].step
    #expect(stop.step == looks[place].step && stop.keptStep == kept && stop.figure.value == looks[place].gauge?.value)
    #expect(stop.sample == .init(count: 16, chooses: true) && stopped.record.isFinished)
    #expect(stopped.finding.partialEpoch?.steps == kept - 6 && stopped.record.lastEpoch == 2)
    // What is kept is what so many steps make.
    let limited = try made("limited") {
      try common(&$0)
      $0.stepLimit = kept
    }
    #expect(try weights(stopped, epoch: 2) == weights(limited, epoch: 2))
    #expect(
      abs((stopped.record.metrics["training_loss"]?.last ?? 0) - (limited.record.metrics["training_loss"]?.last ?? 1))
        < 1e-12)
    #expect(stopped.record.metrics["learning_rate"]?.last == limited.record.metrics["learning_rate"]?.last)
    // Another rule lets it go on, to the bits of the run that was not ended.
    try run("stopped", common).resume { _ in }
    let resumed = try Run.open(stopped.path)
    for epoch in 1...3 { #expect(try weights(resumed, epoch: epoch) == weights(whole, epoch: epoch), "epoch \(epoch)") }
    #expect(resumed.finding.steps == curve && resumed.record.state.lastEpochSteps == nil)
  }

  @Test func whatALookBeforeTheFirstIsBeyondLeavesTheModelAsItWas() throws {
    let run = try made("run") {
      $0.learningRate = 2
      $0.evaluationInterval = .steps(1)
      $0.stopRule = try StopRule(parsing: "gauge > 0.0001")
    }
    let stop = try #require(run.finding.steps?.stop)
    #expect(stop.step == 1 && stop.keptStep == 0 && run.record.lastEpoch == 0 && run.record.isFinished)
    #expect(run.finding.steps?.points.map(\.step) == [0, 1] && run.finding.partialEpoch == nil)
  }

  @Test func aRunThatWasInterruptedHasTheSameLooks() throws {
    let change: (inout TrainingOptions) -> Void = { $0.evaluationInterval = .steps(3) }
    let whole = try made("whole", change)
    let stopped = try run("stopped", change)
    var steps = 0
    #expect(throws: TrainingError.self) {
      let isCancelled = { steps == 13 }
      try stopped.run(from: smallConvolution(), basePath: "", isCancelled: isCancelled) {
        if case .step = $0 { steps += 1 }
      }
    }
    #expect(try Run.open(stopped.path).finding.steps?.points.map(\.step) == [0, 3, 6, 8])
    try stopped.resume { _ in }
    #expect(try Run.open(stopped.path).finding.steps == whole.finding.steps)
  }

  @Test func rulesThatCannotBeAreRefused() throws {
    func refusal(_ rule: String, hasSource: Bool = true) throws -> String? {
      do {
        _ = try made("refused", hasSource: hasSource) { $0.stopRule = try StopRule(parsing: rule) }
        return nil
      } catch let error as TrainingError { return error.description }
    }
    let form = "expected \(StopRule.form)"
    #expect(try refusal("source") == "stopRule: \(form), found 'source'")
    #expect(
      try refusal("accuracy < 1")
        == "stopRule: no quantity 'accuracy', known: source, target, forgetting, gauge; \(form), found 'accuracy < 1'")
    #expect(try refusal("source < x") == "stopRule: 'x' is no number; \(form), found 'source < x'")
    #expect(try refusal("source < 90") == "stopRule 'source < 90': '90' would be 9000 points; write 90pp or 0.9")
    #expect(try refusal("source < 0") == "stopRule 'source < 0': it can never hold: source is at least 0 here")
    #expect(try refusal("forgetting > 100pp")?.contains("it can never hold: forgetting is at most 0.") == true)
    #expect(try refusal("gauge > 5%") == "stopRule 'gauge > 5%': per cent and points are of shares, and gauge is none")
    #expect(
      try refusal("source < 99%")?.hasPrefix("stopRule 'source < 99%': it holds before the first step, at ") == true)
    #expect(try refusal("forgetting > 2pp", hasSource: false) == "stopRule: 'forgetting > 2pp' needs source data")
    #expect(!FileManager.default.fileExists(atPath: folder.file("refused")))
    #expect(throws: TrainingError.self) { try EvaluationInterval(parsing: "0") }
    #expect(throws: TrainingError.self) { try EvaluationInterval(parsing: "1.5") }
    #expect(try EvaluationInterval(parsing: "5%") == .epochs(0.05) && EvaluationInterval(parsing: "7") == .steps(7))
    var options = TrainingOptions()
    options.evaluationSampleCount = 10
    #expect(throws: TrainingError.self) { try options.validate() }
  }

  /// The p of the worst of many looks is that of one, times their number.
  @Test func theWorstOfManyLooksIsCountedAsSuch() throws {
    var record = RunRecord(
      data: RunData(target: .init(specification: "", name: "t"), source: .init(specification: "", name: "s")),
      state: RunState(stepsPerEpoch: 10))
    record.state.watch = .init(
      interval: "1", source: .init(count: 100, chooses: false), target: .init(count: 100, chooses: false),
      gaugeCount: nil)
    // Of 100 examples 80, 50, 60 are right; from the worst to the last 10 were regained and none lost.
    for (step, right) in [80, 50, 60].enumerated() {
      record.steps.append(["step": Double(step), "source_accuracy": Double(right) / 100, "target_accuracy": 0.5])
      record.stepSums[step] = NumberArray(shape: [100, 2], values: (0..<100).flatMap { [$0 < right ? 1 : 0, .nan] })
    }
    let worst = try #require(record.stepCurve?.worst)
    #expect(worst.step == 1 && abs(worst.lost.value - 0.3) < 1e-12 && abs(worst.regained.value - 0.1) < 1e-12)
    // McNemar's exact test of 10 against 0 is 2 / 2¹⁰, and there were two looks.
    #expect(abs(worst.pairedPValue - 2 * 2 / 1024) < 1e-12 && worst.isEstablished)
  }

  /// 20 looks at 225 examples of two tasks are 9,000 that cost a third: a tenth of 30,000.
  @Test(arguments: [
    (20, 2, 30_000, 225), (20, 1, 30_000, 450), (20, 2, 100_000, 500), (4, 2, 30_000, 500), (20, 2, 3_000, 100),
  ])
  func looksTakeATenthOfAnEpoch(looks: Double, tasks: Int, trained: Int, expected: Int) {
    let found = TrainingOptions.affordableSampleCount(looksPerEpoch: looks, taskCount: tasks, trainedCount: trained)
    #expect(found == expected)
    #expect(EvaluationInterval.epochs(0.05).looksPerEpoch(of: 469) == 20)
    #expect(EvaluationInterval.steps(50).looksPerEpoch(of: 500) == 10)
  }

  @Test func looksAreDueWhereTheyAreAskedFor() {
    func due(_ interval: EvaluationInterval, _ stepsPerEpoch: Int, through last: Int) -> [Int] {
      (1...last).filter { interval.isDue(after: $0, stepsPerEpoch: stepsPerEpoch) }
    }
    #expect(due(.steps(4), 10, through: 20) == [4, 8, 12, 16, 20])
    #expect(due(.epochs(0.1), 10, through: 5) == [1, 2, 3, 4, 5])
    #expect(due(.epochs(0.05), 469, through: 469).count == 20)
    #expect(due(.epochs(0.05), 469, through: 100) == [24, 47, 71, 94])
    // More often than there are steps is at each.
    #expect(due(.epochs(0.05), 3, through: 6) == [1, 2, 3, 4, 5, 6])
  }
}
