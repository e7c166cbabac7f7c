import Checkpoints
import HDF5
import Models
import Programs
import TestSupport
import Testing
import Torch

/// Programs whose outputs, heads or normalization are not the usual: see Fixtures/heads/make_heads.py.
@Suite struct UnusualHeadTests {
  private func path(_ name: String) -> String { Repository.fixture("heads/\(name).pt2") }

  private func expectLogits(_ checkpoint: Checkpoint, of name: String) throws {
    let folder = try TemporaryFolder()
    try checkpoint.write(to: folder.file("base.h5"))
    let model = try Model(Checkpoint(contentsOf: folder.file("base.h5")))
    let expected = try File.open(Repository.fixture("heads/heads.h5")).root.group(name)
    let logits = try expected.dataset("logits").read(as: Float.self)
    let outputs = try withoutGradients {
      try model.run(ExportedFixture.inputs(model, expected), mode: .evaluation).outputs[0].array(of: Float.self)
    }
    #expect(outputs.count == logits.count)
    for (found, wanted) in zip(outputs, logits) { #expect(abs(found - wanted) < 1e-5, "\(name)") }
  }

  // What the classifier is where one is found, and the number of classes where none is.
  @Test(arguments: [
    ("named", "fc"), ("maps_beside", "fc"), ("batch_statistics", "fc"), ("standardized", "fc"),
    ("last_token", "score"),
  ])
  func theClassifierIsFound(name: String, head: String) throws {
    let checkpoint = try Checkpoint(exportedProgram: path(name), task: "source")
    #expect(checkpoint.program.head == head)
    #expect(checkpoint.heads["source"]?.classNames.count == 3)
    try expectLogits(checkpoint, of: name)
  }

  @Test(arguments: ["cosine", "weight_norm", "averaged", "norm_after", "decomposed"])
  func aModelWithoutAClassifierOfItsOwnIsJudgedByItsOutputs(name: String) throws {
    let checkpoint = try Checkpoint(exportedProgram: path(name), task: "source")
    #expect(checkpoint.program.head == nil)
    #expect(checkpoint.heads["source"]?.classNames == ["class 0", "class 1", "class 2"])
    try expectLogits(checkpoint, of: name)
  }

  @Test func anUnclearOutputIsAskedFor() throws {
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(exportedProgram: path("features_first"), task: "source")
    }
    #expect(
      "\(try #require(error))".hasSuffix(
        "which of its outputs is the task's is not clear: 0 [N, 6], 1 [N, 3]"))
    let checkpoint = try Checkpoint(exportedProgram: path("features_first"), task: "source", output: .named("1"))
    #expect(checkpoint.program.head == "fc" && checkpoint.program.outputNames == ["1", "0"])
    try expectLogits(checkpoint, of: "features_first")
    let unknown = #expect(throws: CheckpointError.self) {
      try Checkpoint(exportedProgram: path("named"), task: "source", output: .named("logit"))
    }
    #expect("\(try #require(unknown))".hasSuffix("it has no output 'logit', but features [N, 6], logits [N, 3]"))
  }

  @Test(arguments: [("cosine", ["w"]), ("weight_norm", ["fc"]), ("averaged", ["head", "head_dist"])])
  func theLayersOfATaskCanBeNamed(name: String, layers: [String]) throws {
    let checkpoint = try Checkpoint(exportedProgram: path(name), task: "source", head: layers)
    try expectLogits(checkpoint, of: name)
    let model = try Model(checkpoint)
    try model.addHead(task: "target", classNames: ["a", "b", "c", "d", "e"], labelMap: Array(0..<5), seed: 1)
    let expected = try File.open(Repository.fixture("heads/heads.h5")).root.group(name)
    let outputs = try model.run(ExportedFixture.inputs(model, expected), mode: .evaluation).outputs[0]
    #expect(outputs.shape == [16, 5])
  }

  @Test func layersThatAreNoHeadAreRefused() throws {
    func refusal(_ layers: [String]) throws -> String {
      let error = #expect(throws: CheckpointError.self) {
        try Checkpoint(exportedProgram: path("averaged"), task: "source", head: layers)
      }
      return "\(try #require(error))".replacing("\(path("averaged")): ", with: "")
    }
    #expect(try refusal(["hed"]) == "the head 'hed' has no parameters; did you mean 'head'?")
    #expect(
      try refusal(["c"])
        == "the layers a task owns have an entry for each of its 3 outputs first; found c.weight [6, 1, 3, 3], c.bias [6]"
    )
  }

  // An example's features depend on those beside it, so none of them can be kept for another batch.
  @Test func normalizationByTheBatchIsNoFunctionOfOneExample() throws {
    let model = try Model(Checkpoint(exportedProgram: path("batch_statistics"), task: "source"))
    let expected = try File.open(Repository.fixture("heads/heads.h5")).root.group("batch_statistics")
    let inputs = try ExportedFixture.inputs(model, expected)
    let x = try #require(inputs["x"])
    let whole = try model.run(["x": x], mode: .evaluation).outputs[0].narrowed(from: 0, count: 4).array(of: Float.self)
    let part = try model.run(["x": try x.narrowed(from: 0, count: 4)], mode: .evaluation).outputs[0].array(
      of: Float.self)
    #expect(zip(whole, part).contains { abs($0 - $1) > 1e-3 })
  }
}
