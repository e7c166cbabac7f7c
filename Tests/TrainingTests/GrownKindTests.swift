import Checkpoints
import Datasets
import Evaluation
import Findings
import HDF5
import Metrics
import Models
import TestSupport
import Testing
import Torch

@testable import Training

/// One head that gets tags, classes of pixels or labels that it did not have.
@Suite struct GrownKindTests {
  private typealias Fixture = GrownKindFixture

  @Test(arguments: ["tags", "pixels"])
  func classesThatTheHeadLacksAreAddedAndLabelsAreInItsNumbers(name: String) throws {
    let folder = try TemporaryFolder()
    let (base, known) = (try Fixture.base(name), try #require(Fixture.names[name]))
    let new = try #require(Fixture.newNames[name])
    try Fixture.run(name, at: folder.file("run")).run(from: base, basePath: "base.h5") { _ in }
    let finished = try Run.open(folder.file("run"))
    let start = try Checkpoint(contentsOf: finished.checkpointPath(epoch: 0))
    let grown = try #require(start.heads[name])
    let all = known + [new[0], new[2]]
    #expect(grown.classNames == all && start.heads.count == 1)
    // The outputs that were there stay bit by bit.
    for (tensor, before) in try #require(base.heads[name]).tensors {
      let whole = try #require(grown.tensors[tensor])
      #expect(whole.shape == [all.count] + before.shape.dropFirst())
      #expect(
        try Array(whole.array(of: Float.self).prefix(before.shape.reduce(1, *))) == before.array(of: Float.self))
    }
    let classes = try #require(finished.record.judgedClasses)
    #expect(
      classes.source?.outputs == Array(known.indices) && classes.target?.outputs == [known.count, 0, known.count + 1])

    // The same labels written in the head's own numbers, under its own names, are as right.
    let model = try Model(Checkpoint(contentsOf: finished.checkpointPath(epoch: 2)))
    let own = try Fixture.target(
      name, numbers: [Int64(known.count), 0, Int64(known.count) + 1], names: all)
    let kind = try TaskKinds.kind(of: own, for: model)
    #expect(try own.match(to: name, among: model.heads, kind: kind) == nil)
    let expected = try Evaluator().evaluate(model, on: own.test, dataset: "own", kind: kind)
    let score = "target_\(kind.score.name)"
    #expect(finished.record.metrics.value(score, row: 2) == expected.value && expected.value > 0)
    #expect(abs(finished.record.metrics.value("target_loss", row: 2) - expected.loss) < 1e-9)
    let data = try Fixture.target(name)
    let given = try TaskKinds.kind(of: data, for: model)
    let match = try data.match(to: name, among: model.heads, kind: given)
    #expect(match?.basis == .name)
    let judged = try Evaluator().evaluate(
      model, on: data.test.renumbered(by: match, as: given), dataset: "new",
      kind: given.named(by: match, of: model.heads[name]))
    #expect(judged.value == expected.value && judged.loss == expected.loss)
  }

  @Test(arguments: ["tags", "pixels", "many"])
  func aRunThatStoppedGoesOnAsIfItHadNot(name: String) throws {
    let folder = try TemporaryFolder()
    let base = try Fixture.base(name)
    try base.write(to: folder.file("base.h5"))
    try Fixture.run(name, at: folder.file("whole")).run(from: base, basePath: folder.file("base.h5")) { _ in }
    var stopped = try Fixture.run(name, at: folder.file("stopped"))
    var epochs = 0
    #expect(throws: TrainingError.self) {
      let isCancelled = { epochs == 2 }
      try stopped.run(from: base, basePath: folder.file("base.h5"), isCancelled: isCancelled) {
        if case .evaluated = $0 { epochs += 1 }
      }
    }
    stopped.targetTask = name
    stopped.targetHead = nil
    try stopped.resume { _ in }
    let (first, second) = (try Run.open(folder.file("whole")), try Run.open(folder.file("stopped")))
    let score = try #require(["tags": "span_f1", "pixels": "mean_iou", "many": "mean_average_precision"][name])
    for row in 0...2 {
      for figure in ["source_\(score)", "target_\(score)", "target_loss"] {
        #expect(
          first.record.metrics.value(figure, row: row) == second.record.metrics.value(figure, row: row), "\(figure)")
      }
    }
  }

  /// The joint figures are the kind's own score over the examples of both tasks, and counts of what was answered.
  @Test(arguments: ["tags", "pixels", "many"])
  func oneHeadIsJudgedOnBothTasksTogether(name: String) throws {
    let folder = try TemporaryFolder()
    let base = try Fixture.base(name)
    try Fixture.run(name, at: folder.file("run")).run(from: base, basePath: "") { _ in }
    let finished = try Run.open(folder.file("run"))
    let joint = try #require(finished.finding.joint)
    #expect(joint.classCount == Fixture.knownCount(name) + 2 && joint.epochs.map(\.epoch) == [0, 1, 2])
    #expect(joint.places == ["tags": "tokens", "pixels": "pixels", "many": "labels"][name])
    let model = try Model(Checkpoint(contentsOf: finished.checkpointPath(epoch: 2)))
    var sums: [ExampleSums] = []
    var shares: [Double] = []
    let classes = try #require(finished.record.judgedClasses)
    let apart = try #require(classes.apart)
    let judged = [
      (try Fixture.source(name), classes.source, apart.target),
      (try Fixture.target(name), classes.target, apart.source),
    ]
    var kind: any TaskKind = Classification()
    for (data, match, others) in judged {
      let own = try TaskKinds.kind(of: data, for: model)
      kind = own.named(by: try #require(match), of: model.heads[name])
      let result = try Evaluator().evaluate(
        model, on: data.test.renumbered(by: match, as: own), dataset: "d", kind: kind)
      sums.append(try #require(result.sums))
      // What was answered, counted from the outputs themselves.
      var (said, taken) = (0, 0)
      try withoutGradients {
        for batch in try Batches(split: data.test, batchSize: 64) {
          let outputs = try model.run(try batch.modelInputs(for: model)).logits
          let labels = try batch.labels.array(of: Int64.self)
          if name == "many" {
            let width = outputs.shape[1]
            for (place, value) in try outputs.array(of: Float.self).enumerated() where value >= 0 {
              said += 1
              if others.contains(place % width) { taken += 1 }
            }
          } else {
            let answers = try outputs.argmax(along: name == "tags" ? 2 : 1).array(of: Int64.self)
            for (answer, label) in zip(answers, labels) where label != -100 && label != 255 {
              said += 1
              if others.contains(Int(answer)) { taken += 1 }
            }
          }
        }
      }
      shares.append(Double(taken) / Double(said))
    }
    var both = sums[0]
    both.append(sums[1])
    let last = joint.epochs[2]
    #expect(last.score == kind.score && last.count == 128)
    #expect(last.value == kind.values(of: both, counting: nil).scores[0])
    #expect(abs(last.sourceTakenForTarget - shares[0]) < 1e-12 && abs(last.targetTakenForSource - shares[1]) < 1e-12)
    #expect(last.sourceTakenForTarget > 0)
  }

  /// The loss over the classes that are there moves no row of any other.
  @Test(arguments: ["tags", "pixels", "many"])
  func theLossCanBeOverTheTargetsClassesAlone(name: String) throws {
    let folder = try TemporaryFolder()
    let base = try Fixture.base(name)
    let weight = try #require(base.heads[name]?.tensors.first { $0.value.shape.count > 1 })
    let size = weight.value.shape.dropFirst().reduce(1, *)
    func rows(_ run: String, _ change: (inout TrainingRun) throws -> Void) throws -> [[Float]] {
      var training = try Fixture.run(name, at: folder.file(run))
      training.options.regularizers = []
      try change(&training)
      try training.run(from: base, basePath: "") { _ in }
      let last = try Checkpoint(contentsOf: Run.open(folder.file(run)).checkpointPath(epoch: 2))
      let values = try #require(last.heads[name]?.tensors[weight.key]).array(of: Float.self)
      return (0..<Fixture.knownCount(name)).map { Array(values[$0 * size..<($0 + 1) * size]) }
    }
    let before = (0..<Fixture.knownCount(name)).map { row in
      Array(weight.value.array(of: Float.self)[row * size..<(row + 1) * size])
    }
    let all = try rows("all") { _ in }
    let own = try rows("own") { $0.options.lossClasses = .target }
    // The first class of those that the head has is the target's too.
    for row in before.indices.dropFirst() { #expect(own[row] == before[row], "row \(row)") }
    #expect(own[0] != before[0])
    // Nobody says of the target's examples whether they have the old labels: they are in no loss.
    #expect((all[1] == before[1]) == (name == "many"))
  }

  @Test(arguments: [
    ("lm", "its words are its tokenizer's"), ("numbers", "its outputs are numbers"),
    ("binary", "its one output says yes or no"),
  ])
  func headsOfOtherKindsDoNotGrow(name: String, reason: String) throws {
    let folder = try TemporaryFolder()
    let base = try Checkpoint(exportedProgram: Repository.fixture("kinds/\(name).pt2"), task: name)
    let data = try Datasets.Dataset.load(Repository.fixture("kinds/\(name).h5"))
    var run = TrainingRun(
      options: TrainingOptions(), path: folder.file("run"), target: data, source: data, device: .cpu)
    run.targetHead = .grow
    let error = #expect(throws: TrainingError.self) { try run.check(base) }
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    #expect(error?.description.hasPrefix("no outputs can be added to the head, the task is ") == true)
  }
}
