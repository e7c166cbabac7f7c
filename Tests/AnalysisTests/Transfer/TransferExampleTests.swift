import Analysis
import Checkpoints
import Datasets
import Foundation
import Models
import Programs
import TestSupport
import Testing
import Training

// The article on layer transferability and the comment on `TransferExperiment` show the lines between the marks; the
// tests below run them and compare.
// snippet
func transferability(of checkpoint: String, for data: String, in folder: String) throws -> [String] {
  let base = try Checkpoint(contentsOf: checkpoint)
  var options = TrainingOptions()
  options.epochCount = 2
  options.learningRate = 0.03
  let plan = TransferPlan(cuts: try base.program.transferCuts(), seeds: [0, 1])
  let experiment = TransferExperiment(
    base: base, target: try Dataset.load(data), plan: plan, options: options, path: folder)
  let result = try experiment.run()
  var lines = result.curves.flatMap { curve in
    curve.points.map {
      "\(curve.kind.rawValue) \($0.cut): \($0.result.mean), \($0.result.low) to \($0.result.high)"
    }
  }
  lines += try experiment.scores().byCut.map { "\($0.name): \($0.values)" }
  if let cut = result.advice.frozen { lines.append("freeze \(cut.frozenPatterns)") }
  return lines
}
// end

@Suite struct TransferExampleTests {
  @Test func theExampleRuns() throws {
    let folder = try TemporaryFolder()
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 28, 28], classCount: 5, hiddenSizes: [12]))
    let model = try Model(initializing: program, task: "first", classNames: ["a", "b", "c", "d", "e"], seed: 3)
    try model.checkpoint(epoch: 0).write(to: folder.file("base.h5"))
    let lines = try transferability(
      of: folder.file("base.h5"), for: Repository.fixture("fashion-mnist-small") + ":half-b", in: folder.file("runs"))
    // Four treatments of one cut, four scores, and perhaps what to freeze.
    #expect((8...9).contains(lines.count) && lines[0].hasPrefix("BnB layers.0: 0."), "\(lines)")
    // Two seeds of the own network, and of four treatments of one cut.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("runs/runs")).count == 2 * (1 + 4))
  }

  @Test func theDocumentationShowsThisVeryExample() throws {
    let snippet = try Repository.snippet(ofFile: #filePath)
    let imports = "import Analysis\nimport Checkpoints\nimport Datasets\nimport Training\n\n"
    let article = try Repository.text("Sources/Analysis/Analysis.docc/Layer-transferability.md")
    #expect(article.contains("```swift\n" + imports + snippet), "the article differs")
    #expect(
      try Repository.text("Sources/Analysis/Transfer/TransferExperiment.swift")
        .contains(Repository.documentationComment(of: snippet)), "the comment differs")
  }
}
