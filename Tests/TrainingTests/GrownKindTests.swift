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

/// One head that gets tags, or classes of pixels, that it did not have.
@Suite struct GrownKindTests {
  private static let names = [
    "tags": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"], "pixels": ["sky", "tree", "road"],
  ]
  /// Two classes that the head has not, and one that it has.
  private static let newNames = ["tags": ["B-ORG", "O", "I-ORG"], "pixels": ["car", "sky", "dog"]]

  /// The fixture's head, its outputs named.
  private func base(_ name: String) throws -> Checkpoint {
    let model = try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/\(name).pt2"), task: "before"))
    let names = try #require(Self.names[name])
    try model.renameHead("before", to: name, classNames: names, labelMap: Array(names.indices))
    return try model.checkpoint(epoch: 0)
  }

  private func source(_ name: String) throws -> Datasets.Dataset {
    let data = try Datasets.Dataset.load(Repository.fixture("kinds/\(name).h5"))
    return try Datasets.Dataset(
      name: name, classNames: try #require(Self.names[name]), train: data.train, test: data.test)
  }

  /// The same inputs with three classes in turns, some left out.
  ///
  /// - Parameter numbers: of the three; 0 to 2 as data of their own have it.
  private func target(
    _ name: String, numbers: [Int64] = [0, 1, 2], names: [String]? = nil
  ) throws -> Datasets.Dataset {
    let data = try source(name)
    func labelled(_ split: Split) throws -> Split {
      let shape = try #require(split.targets).shape
      let count = shape.reduce(split.count, *)
      let labels: [Int64] = (0..<count).map { place in
        place % 7 == 6 ? (name == "tags" ? -100 : 255) : numbers[(place + place / 5) % 3]
      }
      return Split(
        inputs: split.inputs,
        targets: InputArray(name: "labels", rows: TensorView(labels, shape: [split.count] + shape)))
    }
    return try Datasets.Dataset(
      name: "new", classNames: names ?? (try #require(Self.newNames[name])), train: labelled(data.train),
      test: labelled(data.test))
  }

  private func run(_ name: String, at path: String) throws -> TrainingRun {
    var options = TrainingOptions()
    options.epochCount = 2
    options.batchSize = 20
    options.learningRate = 0.1
    options.regularizers = [try RegularizerSpecification("lwf", ["lambda": "1"])]
    var run = TrainingRun(
      options: options, path: path, target: try target(name), source: try source(name), device: .cpu)
    run.targetHead = .grow
    return run
  }

  @Test(arguments: ["tags", "pixels"])
  func classesThatTheHeadLacksAreAddedAndLabelsAreInItsNumbers(name: String) throws {
    let folder = try TemporaryFolder()
    let (base, known) = (try base(name), try #require(Self.names[name]))
    let new = try #require(Self.newNames[name])
    try run(name, at: folder.file("run")).run(from: base, basePath: "base.h5") { _ in }
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
    let own = try target(
      name, numbers: [Int64(known.count), 0, Int64(known.count) + 1], names: all)
    let kind = try TaskKinds.kind(of: own, for: model)
    #expect(try own.match(to: name, among: model.heads, kind: kind) == nil)
    let expected = try Evaluator().evaluate(model, on: own.test, dataset: "own", kind: kind)
    let score = "target_\(kind.score.name)"
    #expect(finished.record.metrics.value(score, row: 2) == expected.value && expected.value > 0)
    #expect(abs(finished.record.metrics.value("target_loss", row: 2) - expected.loss) < 1e-9)
    let data = try target(name)
    let given = try TaskKinds.kind(of: data, for: model)
    let match = try data.match(to: name, among: model.heads, kind: given)
    #expect(match?.basis == .name)
    let judged = try Evaluator().evaluate(
      model, on: data.test.renumbered(by: match), dataset: "new", kind: given.named(by: match, of: model.heads[name]))
    #expect(judged.value == expected.value && judged.loss == expected.loss)
  }

  @Test(arguments: ["tags", "pixels"])
  func aRunThatStoppedGoesOnAsIfItHadNot(name: String) throws {
    let folder = try TemporaryFolder()
    let base = try base(name)
    try base.write(to: folder.file("base.h5"))
    try run(name, at: folder.file("whole")).run(from: base, basePath: folder.file("base.h5")) { _ in }
    var stopped = try run(name, at: folder.file("stopped"))
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
    let score = name == "tags" ? "span_f1" : "mean_iou"
    for row in 0...2 {
      for figure in ["source_\(score)", "target_\(score)", "target_loss"] {
        #expect(
          first.record.metrics.value(figure, row: row) == second.record.metrics.value(figure, row: row), "\(figure)")
      }
    }
  }

  @Test(arguments: [
    ("lm", "its words are its tokenizer's"), ("many", "do not say which of the old labels they have"),
    ("numbers", "its outputs are numbers"), ("binary", "its one output says yes or no"),
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
