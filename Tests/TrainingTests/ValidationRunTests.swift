import Checkpoints
import Datasets
import Findings
import Foundation
import HDF5
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Training

/// What is chosen by some examples is judged by others, or says that it was not.
@Suite struct ValidationRunTests {
  private let shape = [1, 8, 8]

  private func options(_ epochs: Int = 3, _ change: (inout TrainingOptions) throws -> Void = { _ in }) rethrows
    -> TrainingOptions
  {
    var options = TrainingOptions()
    options.epochCount = epochs
    options.batchSize = 8
    options.learningRate = 0.02
    options.seed = 7
    try change(&options)
    return options
  }

  private func target() throws -> Datasets.Dataset { try randomImages("target", shape: shape, train: 60, seed: 2) }
  private func source() throws -> Datasets.Dataset { try randomImages("source", shape: shape, test: 40, seed: 3) }

  /// How many of some examples are a share of each class.
  private func held(_ split: Split, _ fraction: Double) -> Int {
    [0, 1].reduce(0) { sum, label in
      sum + Int((fraction * Double(split.labels.count { $0 == Int32(label) })).rounded())
    }
  }

  private func weights(_ path: String, epoch: Int) throws -> [String: String] {
    let checkpoint = try Checkpoint(contentsOf: Run.open(path).checkpointPath(epoch: epoch))
    return checkpoint.parameters.mapValues(\.checksum)
  }

  /// The target with test examples whose labels are all wrong for validation: what is best by one is worst by the other.
  private func opposed() throws -> Datasets.Dataset {
    let data = try target()
    let wrong = data.test.relabelled(data.test.labels.map { 1 - $0 })
    return try Datasets.Dataset(
      name: data.name, classNames: data.classNames, train: data.train, test: data.test, validation: wrong)
  }

  @Test func validationExamplesChooseAndTestExamplesJudge() throws {
    let folder = try TemporaryFolder()
    func finding(_ name: String, _ rule: ValidationRule?) throws -> (run: Run, finding: RunFinding) {
      let options = options(6) {
        $0.selection = .target
        $0.validation = rule
      }
      try TrainingRun(options: options, path: folder.file(name), target: opposed(), device: .cpu)
        .run(from: smallConvolution(), basePath: "") { _ in }
      let run = try Run.open(folder.file(name))
      return (run, run.finding)
    }
    let (run, validated) = try finding("validated", nil)
    let (_, tested) = try finding("tested", .test)
    let accuracies = try #require(run.record.metrics["target_accuracy"])
    let own = try #require(run.record.metrics["target_validation_accuracy"])
    #expect(zip(accuracies, own).allSatisfy { abs($0 + $1 - 1) < 1e-12 })
    // Otherwise the test shows nothing.
    try #require(accuracies.dropFirst().min() != accuracies.dropFirst().max())
    func first(_ value: Double?) -> Int? { accuracies.indices.dropFirst().first { accuracies[$0] == value } }
    let (worst, best) = (first(accuracies.dropFirst().min()), first(accuracies.dropFirst().max()))
    #expect(validated.chosenEpoch == worst && tested.chosenEpoch == best)
    // What is said of the chosen epoch is the test examples'.
    #expect(validated.after?.target?.value == accuracies.dropFirst().min())
    #expect(validated.after?.validation?.target?.value == own.dropFirst().max())
    let twenty = ChoiceBasis.Counts(target: 20)
    #expect(validated.chosenBy == ChoiceBasis(.validation, choices: [.epoch], choosing: twenty, judging: twenty))
    #expect(tested.chosenBy == ChoiceBasis(.test, choices: [.epoch], choosing: twenty, judging: twenty))
    #expect(tested.epochs.allSatisfy { $0.validation == nil })
    // The log has the value that chose.
    #expect(run.log.bestMetric == own.dropFirst().max())
    let text = try FindingEncoder.encode(validated).serialized()
    let read = try FindingDecoder.decode(RunFinding.self, from: text)
    #expect(read.chosenBy == validated.chosenBy && read.epochs == validated.epochs)
  }

  @Test func withoutAChoiceAllExamplesAreTrainedOn() throws {
    let folder = try TemporaryFolder()
    try TrainingRun(
      options: options(1), path: folder.file("run"), target: opposed(), source: source(), device: .cpu
    ).run(from: smallConvolution(), basePath: "") { _ in }
    let run = try Run.open(folder.file("run"))
    #expect(run.record.data.target?.validation == nil && run.record.data.source?.validation == nil)
    #expect(!run.record.metrics.names.contains { $0.contains("validation") } && run.finding.chosenBy == nil)
    #expect(run.finding.forgetting?.sourceCount == 40)
  }

  @Test(arguments: [false, true])
  func whatIsHeldAsideIsNotTrainedOn(_ storesFrozenLayers: Bool) throws {
    let folder = try TemporaryFolder()
    let whole = try target()
    let divided = try whole.divided(choosingFrom: .train, fraction: 0.25, seed: 7)
    let apart = try Datasets.Dataset(
      name: whole.name, classNames: whole.classNames, train: divided.training, test: whole.test,
      validation: divided.choosing)
    func run(_ data: Datasets.Dataset, _ name: String, _ rule: ValidationRule?) throws -> RunRecord {
      let options = options {
        $0.selection = .target
        $0.validation = rule
        if storesFrozenLayers { $0.frozen = ["conv", "norm"] }
      }
      var run = TrainingRun(options: options, path: folder.file(name), target: data, device: .cpu)
      run.storesFrozenLayers = storesFrozenLayers
      try run.run(from: smallConvolution(), basePath: "") { _ in }
      return try Run.open(run.path).record
    }
    let held = try run(whole, "held", .fraction(0.25))
    let own = try run(apart, "own", nil)
    #expect(held.data.target?.validation?.origin == .train && own.data.target?.validation?.origin == .own)
    #expect(held.data.target?.validation?.count == divided.choosing?.count)
    for epoch in 0...3 {
      #expect(try weights(folder.file("held"), epoch: epoch) == weights(folder.file("own"), epoch: epoch))
    }
    for name in ["target_accuracy", "target_validation_accuracy", "target_validation_loss", "training_loss"] {
      let (mine, theirs) = (held.metrics[name] ?? [], own.metrics[name] ?? [])
      #expect(zip(mine, theirs).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) } && !mine.isEmpty, "\(name)")
    }
    #expect(held.bestEpoch == own.bestEpoch)
  }

  @Test func theSourceIsChosenByOneHalfOfItsTestExamplesAndJudgedByTheOther() throws {
    let folder = try TemporaryFolder()
    let options = try options { $0.selection = try SelectionRule(parsing: "source subject to target >= 0.2") }
    let source = try source()
    try TrainingRun(options: options, path: folder.file("run"), target: target(), source: source, device: .cpu)
      .run(from: smallConvolution(), basePath: "") { _ in }
    let run = try Run.open(folder.file("run"))
    let halves = try source.divided(choosingFrom: .test, fraction: 0.5, seed: 0)
    #expect(run.record.labels["source"] == halves.judging.labels)
    #expect(run.finding.forgetting?.sourceCount == halves.judging.count)
    // The scores of both halves are the whole's.
    let model = try Model(Checkpoint(contentsOf: run.checkpointPath(epoch: 2)))
    let found = try model.evaluation(task: "source", on: source.test, dataset: "source").value
    let record = run.record.epochRecords[2]
    let (one, other) = (record.source?.value ?? .nan, record.validation.source?.value ?? .nan)
    let counts = (Double(halves.judging.count), Double(try #require(halves.choosing).count))
    #expect(abs((one * counts.0 + other * counts.1) / 40 - found) < 1e-12)
    let basis = try #require(run.finding.chosenBy)
    #expect(basis.examples == .validation && basis.choosing.source == 20 && basis.judging.source == 20)
    #expect(try basis.choosing.target == held(target().train, 0.1) && basis.judging.target == 20)
    // Chosen by the half that chooses.
    let figures = run.record.epochRecords.dropFirst().map { $0.validation.source?.value ?? .nan }
    let kept = run.record.epochRecords.dropFirst().map { ($0.validation.target?.value ?? .nan) >= 0.2 }
    if kept.allSatisfy({ $0 }) {
      #expect(run.record.bestEpoch == (figures.firstIndex(of: figures.max() ?? .nan) ?? -1) + 1)
    }
  }

  @Test func whatARuleDoesNotLookAtStaysWhole() throws {
    func division(_ rule: String) throws -> DividedData {
      let options = try options { $0.selection = try SelectionRule(parsing: rule) }
      return try TrainingRun(options: options, path: "", target: target(), source: source(), device: .cpu).division()
    }
    let trained = try 60 - held(target().train, 0.1)
    let bySource = try division("forgetting")
    #expect(bySource.target.training.count == 60 && bySource.source?.judging.count == 20)
    let byTarget = try division("target")
    #expect(byTarget.target.training.count == trained && byTarget.source?.judging.count == 40)
    let byBoth = try division("mean")
    #expect(byBoth.target.training.count == trained && byBoth.source?.judging.count == 20)
  }

  @Test func forAChoiceAmongRunsExamplesOfAllTasksAreHeldAside() throws {
    func division(_ isChosenAmong: Bool, _ rule: ValidationRule?) throws -> DividedData {
      let options = options { $0.validation = rule }
      var run = TrainingRun(options: options, path: "", target: try target(), source: try source(), device: .cpu)
      run.isChosenAmong = isChosenAmong
      return try run.division()
    }
    let trained = try 60 - held(target().train, 0.1)
    for found in try [division(true, nil), division(false, .fraction(0.1)), division(true, .fraction(0.1))] {
      #expect(found.target.training.count == trained && found.source?.judging.count == 20)
    }
    for found in try [division(true, .test), division(false, .test), division(false, nil)] {
      #expect(found.target.training.count == 60 && found.source?.judging.count == 40)
    }
  }

  @Test func plateausAreThoseOfTheExamplesThatChoose() throws {
    let folder = try TemporaryFolder()
    let options = options(8) { $0.schedule = Schedule(.plateau(patience: 0, factor: 0.5)) }
    try TrainingRun(options: options, path: folder.file("run"), target: opposed(), device: .cpu)
      .run(from: smallConvolution(), basePath: "") { _ in }
    let run = try Run.open(folder.file("run"))
    let (rates, own) = (
      try #require(run.record.metrics["learning_rate"]), try #require(run.record.metrics["target_validation_accuracy"])
    )
    var (rate, best) = (0.02, -Double.infinity)
    for epoch in 1...8 {
      #expect(rates[epoch] == rate, "epoch \(epoch)")
      if own[epoch] > best { best = own[epoch] } else { rate *= 0.5 }
    }
    #expect(rate < 0.02 && run.finding.chosenBy?.choices == [.learningRate])
  }

  @Test func aRunThatGoesOnHoldsTheSameExamplesAside() throws {
    let folder = try TemporaryFolder()
    func run(_ epochs: Int, _ name: String) throws -> TrainingRun {
      let options = try options(epochs) {
        $0.selection = try SelectionRule(parsing: "mean")
        $0.validation = .fraction(0.3)
        $0.exampleCount = 40
        $0.regularizers = [try RegularizerSpecification("replay", ["count": "10"])]
      }
      return TrainingRun(
        options: options, path: folder.file(name), target: try target(), source: try source(), device: .cpu)
    }
    try run(4, "whole").run(from: smallConvolution(), basePath: "") { _ in }
    try run(2, "run").run(from: smallConvolution(), basePath: "") { _ in }
    let drawn = try run(2, "").options.examples(of: target().train)
    #expect(try Run.open(folder.file("run")).record.data.target?.validation?.count == held(drawn, 0.3))
    #expect(drawn.count == 40)
    // What was stored counts where nothing is said, and nothing else is taken.
    var more = try run(4, "run")
    more.options.validation = .fraction(0.1)
    #expect(throws: TrainingError.self) { try more.resume { _ in } }
    more.options.validation = .test
    #expect(throws: TrainingError.self) { try more.resume { _ in } }
    more.options.validation = nil
    try more.resume { _ in }
    let (whole, own) = (try Run.open(folder.file("whole")), try Run.open(folder.file("run")))
    #expect(own.record.trainingOptions == whole.record.trainingOptions && own.record.data == whole.record.data)
    for epoch in 0...4 {
      #expect(try weights(folder.file("run"), epoch: epoch) == weights(folder.file("whole"), epoch: epoch))
    }
    for name in whole.record.metrics.names where name != "seconds" {
      let (mine, theirs) = (own.record.metrics[name] ?? [], whole.record.metrics[name] ?? [])
      #expect(zip(mine, theirs).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }, "\(name)")
    }
    #expect(own.finding.chosenBy == whole.finding.chosenBy && own.chosenEpoch == whole.chosenEpoch)
  }

  @Test func otherValidationExamplesThanBeforeAreRefused() throws {
    let folder = try TemporaryFolder()
    let options = options(1) { $0.selection = .target }
    try TrainingRun(options: options, path: folder.file("run"), target: opposed(), device: .cpu)
      .run(from: smallConvolution(), basePath: "") { _ in }
    let data = try target()
    let other = try Datasets.Dataset(
      name: data.name, classNames: data.classNames, train: data.train, test: data.test, validation: data.test)
    var more = TrainingRun(options: options, path: folder.file("run"), target: other, device: .cpu)
    more.options.epochCount = 2
    let error = #expect(throws: TrainingError.self) { try more.resume { _ in } }
    #expect(error?.description.contains("the target's validation examples are not those it began with") == true)
  }

  @Test func aRunFromBeforeSuchExamplesGoesOnByItsTestExamplesAndSaysSo() throws {
    let folder = try TemporaryFolder()
    func options(_ epochs: Int) -> TrainingOptions {
      self.options(epochs) {
        $0.selection = .target
        $0.validation = .test
      }
    }
    func run(_ epochs: Int, _ name: String) throws -> TrainingRun {
      TrainingRun(options: options(epochs), path: folder.file(name), target: try target(), device: .cpu)
    }
    try run(4, "whole").run(from: smallConvolution(), basePath: "") { _ in }
    try run(2, "run").run(from: smallConvolution(), basePath: "") { _ in }
    var old = try Run.open(folder.file("run"))
    var record = old.record
    var known = options(2)
    known.validation = nil
    record.configuration = try known.json
    #expect(!record.configuration.contains("validation"))
    try old.save(record)
    #expect(old.finding.chosenBy?.examples == .test && old.finding.chosenBy?.choosing.target == 20)
    var more = try run(4, "run")
    more.options.validation = nil
    try more.resume { _ in }
    let own = try Run.open(folder.file("run"))
    #expect(own.finding.chosenBy?.examples == .test && own.record.data.target?.validation == nil)
    for epoch in 0...4 {
      #expect(try weights(folder.file("run"), epoch: epoch) == weights(folder.file("whole"), epoch: epoch))
    }
  }

  @Test func runsOfVersion01ThatChoseDidSoOnTheTestSet() throws {
    let best = try Run.open(Repository.fixture("runs-0.1/best")).finding
    let hundred = ChoiceBasis.Counts(target: 100)
    #expect(best.chosenBy == ChoiceBasis(.test, choices: [.epoch], choosing: hundred, judging: hundred))
    #expect(try Run.open(Repository.fixture("runs-0.1/proxy")).finding.chosenBy == nil)
  }

  @Test func whatChoseAnEarlierTaskIsNotReplayed() throws {
    let (first, second) = (try target(), try randomImages("second", shape: shape, seed: 9))
    var run = TrainingRun(
      options: options { $0.selection = .target }, path: "", target: second, source: first, device: .cpu)
    run.earlier = [(task: "target", data: first)]
    let replayed = try run.examples(ofEarlier: first, besides: run.division())
    // As the run of that task divided it.
    let own = try TrainingRun(
      options: options { $0.selection = .target }, path: "", target: first, device: .cpu
    ).division().target
    #expect(replayed.fingerprint == own.training.fingerprint && replayed.count == 60 - held(first.train, 0.1))
    run.options.selection = nil
    #expect(try run.examples(ofEarlier: first, besides: run.division()).count == 60)
  }

  @Test func aSequencesMatrixIsOfExamplesThatChoseNothing() throws {
    let folder = try TemporaryFolder()
    let options = try options(2) { $0.selection = try SelectionRule(parsing: "mean") }
    let first = try randomImages("a", shape: shape, test: 40, seed: 11)
    let sequence = try TaskSequence(
      options: options, path: folder.file("run"),
      tasks: [("a", first), ("b", try randomImages("b", shape: shape, seed: 12))], sharesHead: false, device: .cpu)
    let result = try sequence.run(from: smallConvolution(), basePath: "", onTask: { _, _ in }, onEvent: { _ in })
    let last = try Run.open(folder.file("run") + "/tasks/2-b").finding
    // The second run's source is the first task, judged by the half that did not choose.
    #expect(last.forgetting?.sourceCount == 20 && result.matrix[1][0] == last.after?.source?.value)
    #expect(result.matrix[0][0] == last.before?.source?.value)
    #expect(result.chosenBy == ChoiceBasis(.validation, choices: [.epoch]))
    #expect(try SequenceResult(Run.open(folder.file("run")))?.chosenBy == result.chosenBy)
  }

  @Test func aSequenceFromBeforeSaysThatTheTestSetChose() throws {
    let old = RunRecord(
      configuration: try options { $0.selection = .target }.json, state: RunState(kind: .sequence))
    #expect(old.choiceBasis == ChoiceBasis(.test, choices: [.epoch]))
  }

  @Test(arguments: [0, 1, 1.5, -0.1, .infinity])
  func aShareIsAboveNoneAndBelowAll(_ fraction: Double) throws {
    var options = TrainingOptions()
    options.validation = .fraction(fraction)
    #expect(
      throws: TrainingError.invalidOption(.validation, allowed: "above 0 and below 1, or test", found: "\(fraction)")
    ) { try options.validate() }
  }

  @Test func aRuleIsReadAsItIsWritten() throws {
    #expect(try ValidationRule(parsing: "10%") == .fraction(0.1) && ValidationRule(parsing: "test") == .test)
    for rule in [ValidationRule.fraction(0.25), .test] {
      #expect(try ValidationRule(parsing: rule.text) == rule)
      var options = TrainingOptions()
      options.validation = rule
      #expect(TrainingOptions(json: try options.json) == options)
    }
    #expect(throws: TrainingError.self) { try ValidationRule(parsing: "some") }
  }
}
