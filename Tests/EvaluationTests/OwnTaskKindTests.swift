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

@testable import Evaluation

// snippet
struct Counting: TaskKind {
  let name = "counting"
  let words = "counting"
  let scores = [Score(name: "poisson_loss", unit: .number, direction: .down)]
  let smoothsLabels = false

  func fits(_ form: TaskForm) -> Bool { form.hasIntegerLabels && form.labelShape == [1] }

  func fault(in values: [Double], form: TaskForm) -> String? {
    values.contains { $0 < 0 } ? "has a count below 0" : nil
  }

  func loss(of outputs: Tensor, labels: Tensor, settings: LossSettings) throws -> Tensor {
    let counts = try labels.to(.float32)
    return try outputs.exponential().subtract(counts.multiply(outputs)).sum().divide(by: Double(labels.count))
  }

  func mass(of labels: Tensor) throws -> Double { Double(labels.count) }

  func sums(of outputs: Tensor, labels: Tensor) throws -> ExampleSums {
    let counts = try labels.to(.float64)
    let logits = try outputs.to(.float64)
    let losses = try logits.exponential().subtract(counts.multiply(logits)).array(of: Double.self)
    return ExampleSums(width: 2, values: losses.flatMap { [$0, 1] })
  }

  func values(of sums: ExampleSums, counting counts: [Int]?) -> TaskValues {
    let totals = sums.totals(counting: counts)
    return TaskValues(loss: totals[0] / totals[1], scores: [totals[0] / totals[1]])
  }
}
// end

/// A kind that a library's user adds in one file.
@Suite struct OwnTaskKindTests {
  @Test func theArticleShowsTheKindThatIsTested() throws {
    try Repository.requireShown(
      inArticle: "Sources/Evaluation/Evaluation.docc/Write-a-task-kind.md", files: [#filePath])
  }

  @Test func aKindOfOnesOwnIsFoundAndJudged() throws {
    TaskKinds.register(Counting())
    var builder = ProgramBuilder(architecture: "counts")
    let input = builder.input("input", shape: [2])
    let output = builder.linear(input, inputCount: 2, outputCount: 1, layer: "fc")
    let program = try builder.build(outputs: [output], head: "fc")
    let model = try Model(initializing: program, task: "counts", classNames: ["rate"], seed: 0)
    try model.parameters["fc.weight"]?.copyInPlace(from: Tensor([1, 0] as [Float], shape: [1, 2]))
    try model.parameters["fc.bias"]?.fill(0)
    func split(_ inputs: [Float], _ counts: [Int64]) -> Split {
      Split(
        inputs: [InputArray(rows: TensorView(inputs, shape: [counts.count, 2]))],
        targets: InputArray(name: "labels", rows: TensorView(counts, shape: [counts.count, 1])))
    }
    let examples = split([0, 5, 1, 5, 2, 5], [1, 3, 7])
    let data = try Datasets.Dataset(name: "counts", classNames: [], train: examples, test: examples)
    let kind = try TaskKinds.kind(of: data, for: model)
    #expect(kind.name == "counting")
    let result = try Evaluator().evaluate(model, on: data.test, dataset: "counts", kind: kind)
    let (e, square) = (M_E, M_E * M_E)
    let expected: Double = (1 + (e - 3) + (square - 14)) / 3
    #expect(abs(result.value - expected) < 1e-6)
    let wrong = try Datasets.Dataset(name: "counts", classNames: [], train: examples, test: split([0, 5], [-1]))
    #expect(
      throws: EvaluationError.badLabels(
        dataset: "counts", split: "test", example: 0, reason: "has a count below 0")
    ) { try TaskKinds.check(wrong, as: kind, for: model) }
  }
}
