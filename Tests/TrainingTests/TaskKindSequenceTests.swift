import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
import Models
import TestSupport
import Testing

@testable import Training

/// Sequences of tasks that are no classification.
@Suite struct TaskKindSequenceTests {
  private func base(_ name: String) throws -> Checkpoint {
    try Checkpoint(exportedProgram: Repository.fixture("kinds/\(name).pt2"), task: name)
  }

  private func data(_ name: String) throws -> Datasets.Dataset { try .load(Repository.fixture("kinds/\(name).h5")) }

  /// The same examples with training and test exchanged: another task, of the same kind where no other is named.
  private func other(_ name: String, kind: String? = nil) throws -> Datasets.Dataset {
    let data = try data(name)
    return try Datasets.Dataset(
      name: "other", classNames: data.classNames, taskKind: kind ?? data.taskKind, train: data.test, test: data.train)
  }

  private func sequence(
    _ name: String, in folder: TemporaryFolder, rate: Double = 0.2, sharesHead: Bool = false,
    second kind: String? = nil,
    regularizers: [RegularizerSpecification] = []
  ) throws -> TaskSequence {
    var options = TrainingOptions()
    options.epochCount = 1
    options.batchSize = 8
    options.learningRate = rate
    options.regularizers = regularizers
    return try TaskSequence(
      options: options, path: folder.file("sequence"),
      tasks: [("first", data(name)), ("second", other(name, kind: kind))], sharesHead: sharesHead, device: .cpu)
  }

  private func result(of sequence: TaskSequence, _ name: String) throws -> SequenceResult {
    try sequence.run(from: base(name), basePath: "", onTask: { _, _ in }, onEvent: { _ in })
  }

  @Test func languageModelsShareTheirHeadAndAreJudgedInNatsAToken() throws {
    let folder = try TemporaryFolder()
    let sequence = try sequence(
      "lm", in: folder, rate: 0.5,
      regularizers: [
        RegularizerSpecification("replay"), RegularizerSpecification("ewc", ["fisher": "empirical", "lambda": "0.01"]),
      ])
    let result = try result(of: sequence, "lm")
    #expect(result.sharesHead && result.score == .tokenLoss)
    // Drawn anew, the network knows nothing of its 40 words: nats are not below log 40 = 3.689.
    #expect(try #require(result.baseline).allSatisfy { $0 > 3.6 })
    let run = try Run.open(folder.file("sequence"))
    for (row, scores) in result.matrix.enumerated() {
      let model = try Model(Checkpoint(contentsOf: run.checkpointPath(epoch: row + 1)))
      #expect(model.heads.keys.sorted() == ["lm"])
      for (data, score) in zip([try data("lm"), try other("lm")], scores) {
        let judged = try Evaluator().evaluate(
          model, on: data.test, dataset: "d", kind: TaskKinds.kind(of: data, for: model))
        #expect(judged.value == score)
      }
    }
    // Of nats more are worse: what rose was forgotten.
    let (learnt, last) = (result.matrix[0][0], result.matrix[1][0])
    #expect(result.forgetting == last - learnt && result.backwardTransfer == learnt - last)
    #expect(result.averageScore == (last + result.matrix[1][1]) / 2)
    let reference = try #require(run.record.data.tasks.first?.data)
    #expect(reference.taskKind == "causal-lm" && reference.head == "lm" && run.record.state.sharesHead)
    #expect(run.record.analysis["accuracy_matrix"]?.numbers["nats_per_token"]?.values == result.matrix.flatMap { $0 })
    // What is done is not trained again, and the same is found.
    let again = try TaskSequence(resuming: run) { $0.name == "other" ? try other("lm") : try data("lm") }
    #expect(try self.result(of: again, "lm").matrix == result.matrix)
  }

  @Test(arguments: [("tags", Score.spanF1), ("pixels", .meanIoU), ("many", .meanAveragePrecision)])
  func othersHaveAHeadEach(name: String, score: Score) throws {
    let folder = try TemporaryFolder()
    let result = try result(of: sequence(name, in: folder), name)
    #expect(!result.sharesHead && result.score == score && result.baseline == nil)
    #expect(result.matrix[0][1].isNaN && result.matrix[1].allSatisfy(\.isFinite))
    let checkpoint = try Checkpoint(contentsOf: Run.open(folder.file("sequence")).checkpointPath(epoch: 2))
    #expect(checkpoint.heads.keys.contains("first") && checkpoint.heads.keys.contains("second"))
  }

  @Test func oneHeadCanBeSharedByNumbers() throws {
    let folder = try TemporaryFolder()
    let result = try result(of: sequence("numbers", in: folder, rate: 0.005, sharesHead: true), "numbers")
    #expect(result.sharesHead && result.score == .rootMeanSquaredError && result.matrix[0][1].isFinite)
    #expect(try SequenceResult(Run.open(folder.file("sequence")))?.score == .rootMeanSquaredError)
  }

  /// Another loss is another kind; both errors are in the label's unit.
  @Test func tasksOfTwoKindsNeedAUnitInCommonAndAHeadEach() throws {
    let folder = try TemporaryFolder()
    let mixed = try sequence("numbers", in: folder, rate: 0.005, second: "regression-absolute")
    let result = try result(of: mixed, "numbers")
    #expect(result.score == Score(name: "score", unit: .number, direction: .down))
    let runs = try ["1-first", "2-second"].map { try Run.open(folder.file("sequence") + "/tasks/\($0)").record }
    #expect(runs.map { $0.data.target?.taskKind } == ["regression", "regression-absolute"])
    #expect(runs[1].data.source?.taskKind == "regression")
    let shared = try sequence("numbers", in: folder, sharesHead: true, second: "regression-absolute")
    let alike = "the kind of a head that they share"
    #expect(
      throws: TrainingError.unlikeTasks(
        "second", kind: "regression-absolute", first: "first", firstKind: "regression", what: alike)
    ) { try shared.check(base("numbers")) }
    let unlike = try sequence("many", in: folder, second: "regression")
    do {
      try unlike.check(base("many"))
      Issue.record("accepted")
    } catch {
      #expect(
        "\(error)" == "task 'second' is regression, 'first' multi-label: tasks of a sequence have the unit "
          + "of their scores in common")
    }
  }
}
