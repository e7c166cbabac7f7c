import Checkpoints
import Datasets
import Evaluation
import Findings
import Models
import TestSupport
import Testing
import Torch

@testable import Training

/// One head that grows with the tasks of a sequence, of kinds whose examples have several answers.
@Suite struct GrownKindSequenceTests {
  private typealias Fixture = GrownKindFixture

  private func sequence(_ name: String, _ regularizer: String, at path: String) throws -> TaskSequence {
    var options = TrainingOptions()
    options.epochCount = 1
    options.batchSize = 20
    options.learningRate = 0.1
    options.lossClasses = .target
    options.regularizers = [try RegularizerSpecification(parsing: regularizer)]
    var sequence = try TaskSequence(
      options: options, path: path,
      tasks: [("first", try Fixture.source(name)), ("second", try Fixture.target(name))], sharesHead: false,
      device: .cpu)
    sequence.growsHead = true
    return sequence
  }

  @Test(
    arguments: ["tags", "pixels", "many"],
    [
      "lwf", "der++:count=20", "ewc:lambda=10,samples=10,fisher=empirical", "mas:lambda=0.1,samples=10",
      "replay:count=20",
    ])
  func aHeadGrowsWithEveryTask(name: String, regularizer: String) throws {
    let folder = try TemporaryFolder()
    let base = try Fixture.base(name)
    let result = try sequence(name, regularizer, at: folder.file("run"))
      .run(from: base, basePath: "", onTask: { _, _ in }, onEvent: { _ in })
    #expect(result.matrix.map { $0.map(\.isFinite) } == [[true, false], [true, true]])
    let run = try Run.open(folder.file("run"))
    let last = try Checkpoint(contentsOf: run.checkpointPath(epoch: 2))
    let all =
      try #require(Fixture.names[name])
      + (try #require(Fixture.newNames[name])).filter { $0 != Fixture.names[name]?[0] }
    #expect(last.heads[TaskSequence.grownTask]?.classNames == all)
    // Judged among all classes that the head has, as its own run says.
    let own = try Run.open("\(run.path)/tasks/2-second").record
    #expect(own.state.grownFrom == Fixture.knownCount(name))
    let score = try #require(own.score(of: "source")).name
    #expect(own.metrics.value("source_\(score)", row: 1) == result.matrix[1][0])
    #expect(own.metrics.value("target_\(score)", row: 1) == result.matrix[1][1])
  }

  @Test func tasksOfKindsWithoutClassesAreRefused() throws {
    let folder = try TemporaryFolder()
    let data = try Datasets.Dataset.load(Repository.fixture("kinds/numbers.h5"))
    let base = try Checkpoint(exportedProgram: Repository.fixture("kinds/numbers.pt2"), task: "numbers")
    var sequence = try TaskSequence(
      options: TrainingOptions(), path: folder.file("run"), tasks: [("a", data), ("b", data)], sharesHead: false,
      device: .cpu)
    sequence.growsHead = true
    let grown = sequence
    let error = #expect(throws: TrainingError.self) { try grown.check(base) }
    #expect(error?.description.contains("its outputs are numbers") == true, "\(String(describing: error))")
  }
}
