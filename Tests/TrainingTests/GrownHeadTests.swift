import Checkpoints
import Datasets
import Evaluation
import Files
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

/// One head that gets outputs for classes that it did not have.
@Suite struct GrownHeadTests {
  private let seed = TestSeed.any(below: 1_000_000)

  /// Clouds of points of some of six classes, named a to f.
  private func data(_ name: String, _ classes: [Int], names: [String]? = nil, count: Int = 120) throws
    -> Datasets.Dataset
  {
    var centres = RandomSource(seed: seed)
    let middle = (0..<6).map { _ in (0..<12).map { _ in 2 * centres.normal() } }
    var random = RandomSource(seed: seed + UInt64(classes[0]) + 1)
    func split() -> Split {
      let labels = (0..<count).map { Int32($0 % classes.count) }
      let values = labels.flatMap { label in middle[classes[Int(label)]].map { Float($0 + random.normal()) } }
      return Split(inputs: [InputArray(rows: TensorView(values, shape: [count, 1, 3, 4]))], labels: labels)
    }
    return try Datasets.Dataset(
      name: name, classNames: names ?? classes.map { ["a", "b", "c", "d", "e", "f"][$0] }, labelMap: classes,
      train: split(), test: split())
  }

  private func source(of data: Datasets.Dataset) throws -> Checkpoint {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 3, 4], classCount: data.classNames.count, hiddenSizes: [16]))
    let model = try Model(initializing: program, task: data.name, classNames: data.classNames, seed: seed)
    model.preprocessing = Preprocessing(scale: 1, mean: [0], standardDeviation: [1])
    let trainer = try Trainer(model, on: data.train, dataset: data.name, options: options())
    for epoch in 1...3 { _ = try trainer.runEpoch(epoch) }
    return try model.checkpoint(epoch: 3)
  }

  private func options(_ change: (inout TrainingOptions) throws -> Void = { _ in }) rethrows -> TrainingOptions {
    var options = TrainingOptions()
    options.epochCount = 2
    options.batchSize = 20
    options.learningRate = 0.05
    options.seed = 3
    try change(&options)
    return options
  }

  private func run(
    _ target: Datasets.Dataset, from source: Datasets.Dataset, at path: String,
    _ change: (inout TrainingOptions) throws -> Void = { _ in }
  ) throws -> TrainingRun {
    var run = TrainingRun(
      options: try options(change), path: path, target: target, source: source, device: .cpu)
    run.targetHead = .grow
    return run
  }

  private let head = "layers.2"

  @Test func classesThatTheHeadLacksAreAdded() throws {
    let folder = try TemporaryFolder()
    // `b` is known; `e` and `f` are not.
    let (known, new) = (try data("known", [0, 1, 2, 3]), try data("new", [4, 1, 5]))
    let base = try source(of: known)
    try run(new, from: known, at: folder.file("run")).run(from: base, basePath: "base.h5") { _ in }
    let finished = try Run.open(folder.file("run"))
    let start = try Checkpoint(contentsOf: finished.checkpointPath(epoch: 0))
    let grown = try #require(start.heads["known"])
    #expect(start.task == "known" && start.heads.count == 1)
    #expect(grown.classNames == ["a", "b", "c", "d", "e", "f"] && grown.labelMap == [0, 1, 2, 3, 4, 5])
    // The outputs that were there stay bit by bit.
    for (name, tensor) in try #require(base.heads["known"]).tensors {
      let whole = try #require(grown.tensors[name])
      #expect(whole.shape == [6] + tensor.shape.dropFirst())
      let size = tensor.shape.reduce(1, *)
      #expect(try Array(whole.array(of: Float.self).prefix(size)) == tensor.array(of: Float.self))
    }
    let classes = try #require(finished.record.judgedClasses)
    #expect(classes.source?.outputs == [0, 1, 2, 3] && classes.target?.outputs == [4, 1, 5])
    #expect(finished.record.state.grownFrom == 4 && !finished.record.state.targetHeadIsNew)
  }

  @Test func oneHeadIsJudgedOnBothTasksTogether() throws {
    let folder = try TemporaryFolder()
    let (known, new) = (try data("known", [0, 1, 2, 3]), try data("new", [4, 1, 5]))
    try run(new, from: known, at: folder.file("run")).run(from: try source(of: known), basePath: "") { _ in }
    let finished = try Run.open(folder.file("run"))
    let joint = try #require(finished.finding.joint)
    #expect(joint.classCount == 6 && joint.epochs.map(\.epoch) == [0, 1, 2])
    let model = try Model(Checkpoint(contentsOf: finished.checkpointPath(epoch: 2)))
    func answers(_ data: Datasets.Dataset, _ outputs: [Int]) throws -> EvaluationResult {
      try Evaluator().evaluate(model, on: data.test.renumbered(outputs), dataset: data.name)
    }
    let (first, second) = (try answers(known, [0, 1, 2, 3]), try answers(new, [4, 1, 5]))
    let right = (first.isCorrect + second.isCorrect).count { $0 }
    #expect(joint.epochs[2].count == 240 && joint.epochs[2].value == Double(right) / 240)
    #expect(joint.epochs[2].sourceTakenForTarget == Double(first.predictions.count { $0 > 3 }) / 120)
    #expect(joint.epochs[2].targetTakenForSource == Double(second.predictions.count { [0, 2, 3].contains($0) }) / 120)
  }

  /// The loss over the classes that are there pushes no other down: their rows have no gradient.
  @Test func theLossCanBeOverTheTargetsClassesAlone() throws {
    let folder = try TemporaryFolder()
    let (known, new) = (try data("known", [0, 1, 2, 3]), try data("new", [4, 5]))
    let base = try source(of: known)
    let rows = try #require(base.heads["known"]?.tensors["\(head).weight"]).array(of: Float.self)
    func trained(_ name: String, _ change: (inout TrainingOptions) throws -> Void) throws -> (Run, [Float]) {
      try run(new, from: known, at: folder.file(name), change).run(from: base, basePath: "") { _ in }
      let run = try Run.open(folder.file(name))
      let last = try Checkpoint(contentsOf: run.checkpointPath(epoch: 2))
      let weight = try #require(last.heads["known"]?.tensors["\(head).weight"])
      return (run, Array(weight.array(of: Float.self).prefix(rows.count)))
    }
    let (plain, changed) = try trained("plain") { _ in }
    let (own, kept) = try trained("own") { $0.lossClasses = .target }
    #expect(changed != rows && kept == rows)
    let (lost, held) = (try #require(plain.finding.joint?.epochs.last), try #require(own.finding.joint?.epochs.last))
    #expect(held.value > lost.value + 0.2, "\(held) and \(lost), seed \(seed)")
  }

  @Test func theLossOverSomeClassesIsThatOfTheirLogits() throws {
    let logits = try Tensor([0.5, -1, 2, 0.25, 1, -0.5, 0, 3] as [Float], shape: [2, 4])
    let labels = try Tensor([2, 1] as [Int64])
    let weights = try Tensor([9, 2, 3, 9] as [Float])
    let some = try ClassSubset([1, 2], of: 4, device: .cpu)
    let loss = try Classification().loss(of: logits, labels: labels, settings: LossSettings(classes: some)).item()
    // −log softmax of 2 among (−1, 2), and of −0.5 among (−0.5, 0).
    let expected = (log(1 + exp(-3.0)) + log(1 + exp(0.5))) / 2
    #expect(abs(loss - expected) < 1e-6)
    let weighed = try Classification().loss(
      of: logits, labels: labels, settings: LossSettings(classWeights: weights, classes: some)
    ).item()
    #expect(abs(weighed - (3 * log(1 + exp(-3.0)) + 2 * log(1 + exp(0.5))) / 5) < 1e-6)
  }

  /// LwF and DER++ hold the outputs that the head had, and ask nothing of those that were added.
  @Test(arguments: ["lwf", "der++"]) func whatWasLearntBeforeIsHeld(_ kind: String) throws {
    let (known, new) = (try data("known", [0, 1, 2, 3]), try data("new", [4, 5]))
    let model = try Model(source(of: known))
    try model.growHead(task: "known", classNames: ["e", "f"], labelMap: [4, 5], seed: 9)
    let trainer = try Trainer(
      model, on: new.train.renumbered([4, 5]), dataset: "new",
      options: options {
        $0.regularizers = [try RegularizerSpecification(kind, kind == "lwf" ? [:] : ["beta": "0"])]
      }, sources: [SourceTask(task: "known", dataset: "known", examples: known.train, knownOutputCount: 4)])
    // Outputs that were added change, the others do not: nothing is to be held.
    try withoutGradients {
      let weight = try #require(model.heads["known"]?.tensors["\(head).weight"])
      var moved = [Float](repeating: 0, count: weight.count)
      for place in moved.indices.suffix(2 * weight.shape[1]) { moved[place] = 0.5 }
      try weight.addInPlace(Tensor(moved, shape: weight.shape))
    }
    let batch = try #require(
      try Batches(split: new.train.renumbered([4, 5]), batchSize: 20).makeIterator().next())
    let whole = BatchPart(whole: batch.indices.count)
    let penalty = try trainer.losses(on: batch, whole, share: 1, batchShare: 1).penalties[0].value()
    #expect(abs(penalty) < 1e-6, "\(penalty), seed \(seed)")
    try withoutGradients {
      let bias = try #require(model.heads["known"]?.tensors["\(head).bias"])
      try bias.addInPlace(Tensor([1, 0, 0, 0, 0, 0] as [Float]))
    }
    #expect(try trainer.losses(on: batch, whole, share: 1, batchShare: 1).penalties[0].value() > 1e-3)
  }

  @Test func aRunThatIsGoneOnWithIsTheSame() throws {
    let folder = try TemporaryFolder()
    let (known, new) = (try data("known", [0, 1, 2, 3]), try data("new", [4, 5]))
    let base = try source(of: known)
    func change(_ options: inout TrainingOptions) throws {
      options.regularizers = [try RegularizerSpecification("lwf")]
      options.lossClasses = .target
    }
    try run(new, from: known, at: folder.file("whole"), change).run(from: base, basePath: "") { _ in }
    func weights(_ name: String) throws -> [[Float]] {
      let run = try Run.open(folder.file(name))
      let last = try Checkpoint(contentsOf: run.checkpointPath(epoch: 2))
      return last.heads["known"]?.tensors.sorted { $0.key < $1.key }.map { $0.value.array(of: Float.self) }
        ?? []
    }
    // Stopped before the first epoch is stored, and after the first.
    for (name, steps) in [("early", 0), ("late", 9)] {
      var count = 0
      let isCancelled = {
        count += 1
        return count > steps
      }
      #expect(throws: (any Error).self) {
        try run(new, from: known, at: folder.file(name), change)
          .run(from: base, basePath: "", isCancelled: isCancelled, onEvent: { _ in })
      }
      let again = try TrainingRun(resuming: Run.open(folder.file(name)), on: .cpu) {
        $0.specification == "known" || $0.head == nil ? known : $0.name == "known" ? known : new
      }
      try again.resume(from: base) { _ in }
      #expect(try weights(name) == weights("whole"), "\(name)")
      #expect(try Run.open(folder.file(name)).record.state.grownFrom == 4)
    }
  }

  /// Tasks whose classes come one after the other into one head, stopped on the way and gone on with.
  @Test func aHeadGrowsWithEveryTaskOfASequence() throws {
    let folder = try TemporaryFolder()
    let tasks = try [[0, 1], [2, 3], [4, 1, 5]].map { (name: "\($0)", data: try data("data \($0)", $0)) }
    func sequence(_ name: String) throws -> TaskSequence {
      var sequence = try TaskSequence(
        options: options {
          $0.lossClasses = .target
          $0.regularizers = [try RegularizerSpecification("lwf")]
        }, path: folder.file(name), tasks: tasks, sharesHead: false, device: .cpu)
      sequence.growsHead = true
      return sequence
    }
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 3, 4], classCount: 2, hiddenSizes: [16]))
    let base = try Model(
      initializing: program, task: Checkpoint.untrainedTask, classNames: Checkpoint.numberedClasses(2), seed: seed
    )
    .checkpoint(epoch: 0)
    let result = try sequence("whole").run(from: base, basePath: "", onTask: { _, _ in }, onEvent: { _ in })
    #expect(
      result.matrix.map { $0.map(\.isFinite) } == [[true, false, false], [true, true, false], [true, true, true]])
    #expect(result.matrix[2][2] > 0.5 && result.baseline == nil && !result.sharesHead, "\(result.matrix), seed \(seed)")
    let run = try Run.open(folder.file("whole"))
    let last = try Checkpoint(contentsOf: run.checkpointPath(epoch: 3))
    #expect(last.heads.keys.sorted() == [TaskSequence.grownTask])
    #expect(last.heads[TaskSequence.grownTask]?.classNames == ["a", "b", "c", "d", "e", "f"])
    #expect(try Run.open("\(run.path)/tasks/3-\(FileName.safe(tasks[2].name))").record.state.grownFrom == 4)
    // Among all classes: what the first task alone would have is more.
    let model = try Model(last)
    let whole = try Evaluator().evaluate(model, on: tasks[0].data.test.renumbered([0, 1]), dataset: "first")
    #expect(whole.value == result.matrix[2][0])

    var steps = 0
    let isCancelled = {
      steps += 1
      return steps > 22
    }
    #expect(throws: (any Error).self) {
      try sequence("stopped")
        .run(from: base, basePath: "", isCancelled: isCancelled, onTask: { _, _ in }, onEvent: { _ in })
    }
    let stopped = try Run.open(folder.file("stopped"))
    let again = try TaskSequence(resuming: stopped, on: .cpu) { reference in
      try #require(tasks.first { $0.data.name == reference.name }).data
    }
    #expect(again.growsHead)
    let resumed = try again.run(
      from: TaskSequence.start(of: stopped), basePath: "", onTask: { _, _ in }, onEvent: { _ in })
    #expect(resumed.matrix.last == result.matrix.last)
    let weights = try [last, Checkpoint(contentsOf: Run.open(folder.file("stopped")).checkpointPath(epoch: 3))].map {
      $0.heads[TaskSequence.grownTask]?.tensors["\(head).weight"]?.array(of: Float.self)
    }
    #expect(weights[0] != nil && weights[0] == weights[1])
  }

  /// Of outputs that came after a task had ended, nothing that it left says anything: they are not held for its sake.
  @Test(arguments: [
    "ewc:lambda=10", "ewc:lambda=10,fisher=empirical", "mas:lambda=0.1", "l2-sp-fisher:alpha=10", "gl-sp-fisher",
    "der++",
    "si", "l2-sp", "replay",
  ])
  func whatTasksLeftHoldsInAHeadThatGrew(_ regularizer: String) throws {
    let folder = try TemporaryFolder()
    let tasks = try [[0, 1], [2, 3], [4, 5]].map { (name: "\($0)", data: try data("data \($0)", $0)) }
    var sequence = try TaskSequence(
      options: options { $0.regularizers = [try RegularizerSpecification(parsing: regularizer)] },
      path: folder.file("run"), tasks: tasks, sharesHead: false, device: .cpu)
    sequence.growsHead = true
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 3, 4], classCount: 2, hiddenSizes: [16]))
    let base = try Model(
      initializing: program, task: Checkpoint.untrainedTask, classNames: Checkpoint.numberedClasses(2), seed: seed
    )
    .checkpoint(epoch: 0)
    let result = try sequence.run(from: base, basePath: "", onTask: { _, _ in }, onEvent: { _ in })
    #expect(result.matrix.count == 3)
    let paths = TaskSequence.memoryPaths(beside: "\(folder.file("run"))/tasks/3-x", count: 3)
    for (number, path) in paths.dropLast().enumerated() {
      let known = 2 * (number + 1)
      for (name, tensor) in try TaskMemory(contentsOf: path).tensors {
        if name.hasPrefix("logits") { #expect(tensor.shape.last == known) }
        guard name.hasPrefix("importance"), name.hasSuffix("\(head).weight") else { continue }
        let added = try tensor.array(of: Float.self).dropFirst(known * 16)
        #expect(added.count == 32 && added.allSatisfy { $0 == 0 }, "\(name) of \(path)")
      }
    }
  }

  @Test func whatCannotBeAddedIsRefused() throws {
    let (known, folder) = (try data("known", [0, 1, 2, 3]), try TemporaryFolder())
    let base = try source(of: known)
    #expect(throws: EvaluationError.nothingToGrow(task: "known", dataset: "old")) {
      try run(try data("old", [1, 2]), from: known, at: folder.file("a")).check(base)
    }
    let pair = [("one", try data("one", [0, 1])), ("two", try data("numbers", [2, 3], names: ["0", "1"]))]
    var sequence = try TaskSequence(
      options: options(), path: folder.file("c"), tasks: pair, sharesHead: false, device: .cpu)
    sequence.growsHead = true
    let grown = sequence
    #expect(throws: EvaluationError.unnamedClasses(dataset: "numbers", task: TaskSequence.grownTask)) {
      try grown.check(base)
    }
    #expect(throws: EvaluationError.unnamedClasses(dataset: "numbers", task: "known")) {
      try run(try data("numbers", [4, 5], names: ["0", "1"]), from: known, at: folder.file("b")).check(base)
    }
  }

  /// Digits: a head that names its classes by their numbers grows by those that it lacks.
  @Test func numbersThatAreNamesAreAdded() throws {
    let folder = try TemporaryFolder()
    let known = try data("digits:0-3", [0, 1, 2, 3], names: ["0", "1", "2", "3"])
    let new = try data("digits:4-5", [4, 5], names: ["4", "5"])
    try run(new, from: known, at: folder.file("run")).run(from: try source(of: known), basePath: "") { _ in }
    let record = try Run.open(folder.file("run")).record
    #expect(record.judgedClasses?.source?.outputs == [0, 1, 2, 3])
    #expect(record.judgedClasses?.target?.outputs == [4, 5])
    #expect(record.judgedClasses?.source?.outputCount == 6)
  }
}
