import Checkpoints
import Datasets
import Foundation
import HDF5
import Metrics
import Models
import TestSupport
import Testing
import Torch

@testable import Evaluation

/// A single output for yes or no against PyTorch: see `Fixtures/kinds/make_binary.py`.
@Suite struct BinaryClassificationTests {
  private struct Expected: Decodable {
    var loss: Double
    var accuracy: Double
    var right: [Double]
    var gradients: [String: Double]
  }

  private static func expected() throws -> Expected {
    let text = try Data(contentsOf: URL(fileURLWithPath: Repository.fixture("kinds/binary.json")))
    return try JSONDecoder().decode(Expected.self, from: text)
  }

  private static func data() throws -> Datasets.Dataset { try .load(Repository.fixture("kinds/binary.h5")) }

  private static func model() throws -> Model {
    try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/binary.pt2"), task: "binary"))
  }

  /// The same labels as numbers of another type and shape.
  private static func data(_ convert: ([Int32]) -> TensorView) throws -> Datasets.Dataset {
    let data = try data()
    func converted(_ split: Split) -> Split {
      Split(inputs: split.inputs, targets: InputArray(name: "labels", rows: convert(split.labels)))
    }
    return try Datasets.Dataset(
      name: "binary", classNames: [], train: converted(data.train), test: converted(data.test))
  }

  @Test func itIsFoundAndScoresAsPyTorchDoes() throws {
    let expected = try Self.expected()
    let forms: [Datasets.Dataset] = [
      try Self.data(), try Self.data { TensorView($0.map { Float($0) }, shape: [$0.count]) },
      try Self.data { TensorView($0.map { Float($0) }, shape: [$0.count, 1]) },
    ]
    for data in forms {
      let model = try Self.model()
      let kind = try TaskKinds.kind(of: data, for: model)
      #expect(kind.name == "binary-classification" && kind.score == .accuracy && !kind.isClassification)
      #expect(try data.match(to: "binary", among: model.heads, kind: kind) == nil)
      try TaskKinds.check(data, as: kind, for: model)
      let result = try Evaluator(batchSize: 7).evaluate(model, on: data.test, dataset: "binary", kind: kind)
      #expect(abs(result.loss - expected.loss) < 1e-6, "\(result.loss)")
      #expect(result.value == expected.accuracy)
      let sums = try #require(result.sums)
      #expect((0..<sums.count).map { sums[$0].first } == expected.right)
    }
  }

  @Test func gradientsArePyTorchs() throws {
    let (model, expected) = (try Self.model(), try Self.expected())
    let test = try Self.data().test
    let batch = try #require(try Batches(split: test, batchSize: test.count).makeIterator().next())
    let names = expected.gradients.keys.sorted()
    let parameters = try names.map { try #require(model.parameters[$0], "\($0)") }
    for parameter in parameters { try parameter.setRequiresGradient(true) }
    let outputs = try model.run(try batch.modelInputs(for: model)).logits
    let loss = try BinaryClassification().loss(of: outputs, labels: batch.labels, settings: LossSettings())
    #expect(abs(try loss.item() - expected.loss) < 1e-6)
    for (name, gradient) in zip(names, try loss.gradients(of: parameters)) {
      let norm = try #require(gradient).to(.float64).squared().sum().item().squareRoot()
      #expect(abs(norm - (expected.gradients[name] ?? .nan)) < 1e-6, "\(name): \(norm)")
    }
  }

  /// One output that says 0 or 1 may be a regression too, but only where somebody says so.
  @Test func regressionHasToBeAskedFor() throws {
    let model = try Self.model()
    #expect(try TaskKinds.kind(of: Self.data(), for: model, named: "regression").name == "regression")
    let halves = try Self.data { TensorView($0.map { Float($0) / 2 }, shape: [$0.count]) }
    #expect(try TaskKinds.kind(of: halves, for: model).name == "regression")
    #expect(throws: EvaluationError.self) {
      try TaskKinds.kind(of: halves, for: model, named: "binary-classification")
    }
    // Ten outputs are no yes or no, two are two classes.
    let form = TaskForm(hasIntegerLabels: true, labelShape: [], hasBinaryLabels: true, outputShape: [2])
    #expect(Classification().isMeant(by: form) && !BinaryClassification().isMeant(by: form))
    let single = TaskForm(hasIntegerLabels: true, labelShape: [], hasBinaryLabels: true, outputShape: [])
    #expect(!Classification().isMeant(by: single) && BinaryClassification().isMeant(by: single))
    let ten = TaskForm(hasIntegerLabels: true, labelShape: [], hasBinaryLabels: false, outputShape: [1])
    #expect(!BinaryClassification().fits(ten))
    let kind = BinaryClassification()
    #expect(kind.fault(in: [1], form: form) == "has one label, 0 or 1, the model gives 2 outputs")
    #expect(kind.fault(in: [2], form: single) == "has label 2.0, expected 0 or 1")
  }

  /// McNemar's exact test of 1 lost and 6 gained: 2 · (1 + 7) / 2⁷.
  @Test func twoModelsAreComparedByMcNemarsTest() throws {
    let kind = BinaryClassification()
    let labels = try Tensor([1, 0, 1, 0, 1, 0, 1, 1] as [Int64], shape: [8])
    let before = try Tensor([-1, 1, -1, 1, -1, 1, 2, 2] as [Float], shape: [8, 1])
    let after = try Tensor([1, -1, 1, -1, 1, -1, -2, 2] as [Float], shape: [8, 1])
    var random = RandomSource(seed: 1)
    let change = kind.change(
      from: try kind.sums(of: before, labels: labels), to: try kind.sums(of: after, labels: labels), using: &random)
    #expect(change.worse == 1 && change.better == 6 && change.count == 8)
    #expect(abs(change.pValue - 0.125) < 1e-12 && change.before == 0.25 && change.after == 0.875)
    // A logit of 0 says no.
    #expect(try kind.sums(of: Tensor([0] as [Float], shape: [1]), labels: Tensor([0] as [Int64])).totals()[0] == 1)
  }
}
