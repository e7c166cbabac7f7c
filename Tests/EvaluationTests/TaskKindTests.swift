import Checkpoints
import Datasets
import Foundation
import Metrics
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Evaluation

/// Each kind of task against PyTorch, transformers, scikit-learn and seqeval: see `Fixtures/kinds/make_kinds.py`.
@Suite struct TaskKindTests {
  private struct Expected: Decodable {
    var loss: Double
    var gradients: [String: Double]
  }

  private static func data(_ name: String) throws -> Dataset { try .load(Repository.fixture("kinds/\(name).h5")) }

  private static func model(_ name: String) throws -> Model {
    try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/\(name).pt2"), task: name))
  }

  private static func expected() throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: Repository.fixture("kinds/expected.json")))
  }

  private static func numbers(_ name: String) throws -> [String: Any] {
    let all = try #require(try JSONSerialization.jsonObject(with: expected()) as? [String: Any])
    return try #require(all[name] as? [String: Any])
  }

  @Test(arguments: [
    ("lm", "causal-lm"), ("tags", "token-classification-spans"), ("pixels", "segmentation"), ("many", "multi-label"),
    ("numbers", "regression"),
  ])
  func aKindIsFoundAndScoresAsItsReferenceDoes(name: String, kindName: String) throws {
    let (data, model) = (try Self.data(name), try Self.model(name))
    let kind = try TaskKinds.kind(of: data, for: model)
    #expect(kind.name == kindName)
    #expect(try data.match(to: name, among: model.heads, kind: kind) == nil)
    try TaskKinds.check(data, as: kind, for: model)
    let expected = try Self.numbers(name)
    // Batches that do not go up evenly.
    let result = try Evaluator(batchSize: 7).evaluate(model, on: data.test, dataset: name, kind: kind)
    #expect(abs(result.loss - (expected["loss"] as? Double ?? .nan)) < 1e-5 * max(1, result.loss))
    let found = [(kind.score, result.value)] + result.scored.further.map { ($0.score, $0.value) }
    #expect(found.count == kind.scores.count)
    for (score, value) in found {
      let reference = try #require(expected[score.name] as? Double, "\(score.name) of \(name)")
      #expect(abs(value - reference) < 1e-5 * max(1, abs(reference)), "\(score.name) of \(name)")
    }
  }

  @Test(arguments: ["lm", "tags", "pixels", "many", "numbers"])
  func aKindHasTheGradientsOfItsReference(name: String) throws {
    let (data, model) = (try Self.data(name), try Self.model(name))
    let kind = try TaskKinds.kind(of: data, for: model)
    let references = try #require(JSONDecoder().decode([String: Expected].self, from: Self.expected())[name]).gradients
    let batch = try #require(
      try Batches(split: data.test, batchSize: data.test.count).makeIterator().next())
    let names = references.keys.sorted()
    let parameters = try names.map { try #require(model.parameters[$0], "\($0)") }
    for parameter in parameters { try parameter.setRequiresGradient(true) }
    let outputs = try model.run(try batch.modelInputs(for: model)).logits
    let loss = try kind.loss(of: outputs, labels: batch.labels, settings: LossSettings())
    for (name, gradient) in zip(names, try loss.gradients(of: parameters)) {
      let norm = try #require(gradient).to(.float64).squared().sum().item().squareRoot()
      let reference = try #require(references[name])
      #expect(abs(norm - reference) < 1e-5 * max(reference, 1e-3), "\(name): \(norm), expected \(reference)")
    }
  }

  @Test func regressionsByOtherLossesAreAskedFor() throws {
    let (data, model) = (try Self.data("numbers"), try Self.model("numbers"))
    let expected = try Self.numbers("numbers")
    for (name, loss) in [("regression-absolute", "mae"), ("regression-huber", "huber")] {
      let kind = try TaskKinds.kind(of: data, for: model, named: name)
      let result = try Evaluator().evaluate(model, on: data.test, dataset: "numbers", kind: kind)
      #expect(abs(result.loss - (expected[loss] as? Double ?? .nan)) < 1e-5)
      #expect(abs(result.value - (expected["mae"] as? Double ?? .nan)) < 1e-5)
      #expect(kind.score == .meanAbsoluteError)
    }
  }

  /// Whose labels, which outputs, over how many words: what kind that is.
  @Test func labelsAndOutputsTellTheKind() throws {
    func found(_ labels: [Int], integer: Bool = true, binary: Bool = false, _ outputs: [Int], words: Int? = nil)
      -> [String]
    {
      let form = TaskForm(
        hasIntegerLabels: integer, labelShape: labels, hasBinaryLabels: binary, outputShape: outputs,
        vocabularyCount: words)
      return TaskKinds.all.filter { $0.isMeant(by: form) }.map(\.name)
    }
    #expect(found([], [10]) == ["classification"])
    #expect(found([12], [12, 50], words: 50) == ["causal-lm"])
    #expect(found([12], [12, 5], words: 50) == ["token-classification"])
    #expect(found([12], [12, 5]) == ["token-classification"])
    #expect(found([8, 8], [3, 8, 8]) == ["segmentation"])
    #expect(found([8, 8], [3, 4, 4]) == [])
    #expect(found([4], binary: true, [4]) == ["multi-label"])
    #expect(found([4], integer: false, binary: true, [4]) == ["multi-label"])
    #expect(found([], integer: false, [1]) == ["regression"])
    #expect(found([], integer: false, binary: true, [1]) == ["binary-classification"])
    #expect(found([], binary: true, [1]) == ["binary-classification"])
    #expect(found([], binary: true, [2]) == ["classification"])
    #expect(found([3], integer: false, [3]) == ["regression"])
    #expect(found([], [12, 50], words: 50) == [])
  }

  private func split(_ words: [Int64], _ labels: [Int64], length: Int) -> Split {
    Split(
      inputs: [InputArray(name: "input_ids", rows: TensorView(words, shape: [words.count / length, length]))],
      targets: InputArray(name: "labels", rows: TensorView(labels, shape: [labels.count / length, length])))
  }

  private func refusal(_ words: [Int64], _ labels: [Int64]) throws -> String {
    let train = try Self.data("lm").train
    let test = split(words, labels, length: 12)
    let model = try Self.model("lm")
    do {
      let data = try Dataset(name: "text", classNames: [], train: train, test: test)
      let kind = try TaskKinds.kind(of: data, for: model)
      try TaskKinds.check(data, as: kind, for: model)
      return ""
    } catch { return "\(error)" }
  }

  @Test func labelsThatDoNotFitAreNamed() throws {
    let sound = (0..<12).map { Int64($0 + 1) }
    #expect(try refusal(sound, sound) == "")
    #expect(
      try refusal(sound + sound.map { $0 == 5 ? 40 : $0 }, sound + sound)
        == "dataset 'text': test example 1 has word 40 in input_ids, expected 0 to 39, as the model's embedding has")
    #expect(
      try refusal(sound, sound.map { $0 == 5 ? 41 : $0 })
        == "dataset 'text': test example 0 has token 41, expected 0 to 39, or −100 for none")
    #expect(
      try refusal(sound, [3] + [Int64](repeating: -100, count: 11))
        == "dataset 'text': test example 0 has no token to predict: every label after the first is −100")
  }

  /// Places that have an embedding each are 12, which libtorch would say of a number alone.
  @Test func textsLongerThanThePlacesAreNamed() throws {
    let model = try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/places.pt2"), task: "places"))
    #expect(model.program.positionCount == 12)
    func refusal(_ length: Int) throws -> String {
      let words: [Int64] = (0..<2 * length).map { Int64($0 % 20) }
      let text = split(words, words, length: length)
      do {
        _ = try TaskKinds.kind(of: Dataset(name: "text", classNames: [], train: text, test: text), for: model)
        return ""
      } catch { return "\(error)" }
    }
    #expect(try refusal(12) == "")
    #expect(try refusal(13) == "dataset 'text': examples have 13 tokens in input_ids, the model has 12 positions")
    // Types of tokens have an embedding that no input chooses from: those are no places.
    let folder = try TemporaryFolder()
    let bert = try Checkpoint(exportedProgram: Repository.unpacked("programs/bert.pt2.gz", in: folder), task: "bert")
    #expect(bert.program.positionCount.map { $0 > 2 } ?? true)
    #expect(
      try Checkpoint(exportedProgram: Repository.fixture("texts/gpt2.pt2"), task: "lm").program.positionCount == 64)
  }

  /// Data that name no labels have all of the head's.
  @Test func anotherNumberOfLabelsThanTheModelHasIsNamed() throws {
    let model = try Self.model("many")
    func labelled(_ count: Int) throws -> Split {
      Split(
        inputs: [InputArray(rows: TensorView([Float](repeating: 0.5, count: 12), shape: [2, 6]))],
        targets: InputArray(
          name: "labels", rows: TensorView((0..<2 * count).map { Float($0 % 2) }, shape: [2, count])))
    }
    let data = try Dataset(name: "three", classNames: [], train: labelled(3), test: labelled(3))
    let kind = try TaskKinds.kind(of: data, for: model)
    let error = #expect(throws: EvaluationError.self) { try TaskKinds.check(data, as: kind, for: model) }
    #expect(
      error?.description == "dataset 'three': train example 0 has 3 labels, the model gives 4",
      "\(String(describing: error))")
  }

  @Test func aKindThatIsAskedForHasToFit() throws {
    let (data, model) = (try Self.data("numbers"), try Self.model("numbers"))
    #expect(
      throws: EvaluationError.otherKind(
        dataset: "numbers", kind: "segmentation", form: "fractional labels, one an example, outputs of shape 1")
    ) { try TaskKinds.kind(of: data, for: model, named: "segmentation") }
    #expect(throws: EvaluationError.self) { try TaskKinds.kind(of: data, for: model, named: "poetry") }
    #expect(throws: EvaluationError.self) { try data.requireClasses(for: "probes are") }
  }

  /// A language model whose loss were not that of the next token would know these texts by heart.
  @Test func theLabelsAreMovedByOne() throws {
    let kind = CausalLanguageModel()
    let words: [Int64] = [1, 2, 3, 0]
    let copied = try Tensor(
      words.flatMap { word in (0..<4).map { Float($0 == Int(word) ? 20 : 0) } }, shape: [1, 4, 4])
    let labels = try Tensor(words, shape: [1, 4])
    #expect(try kind.sums(of: copied, labels: labels).totals()[2] == 0)
    let next: [Int64] = [2, 3, 0, 0]
    let said = try Tensor(next.flatMap { word in (0..<4).map { Float($0 == Int(word) ? 20 : 0) } }, shape: [1, 4, 4])
    let sums = try kind.sums(of: said, labels: labels)
    #expect(sums.totals()[1] == 3)
    #expect(sums.totals()[2] == 3)
    #expect(kind.values(of: sums, counting: nil).loss < 1e-6)
  }

  /// The unit is the text: two models that differ in one of many tokens of every text differ in every text.
  @Test func aChangeOfTextsIsJudgedByTexts() throws {
    let kind = CausalLanguageModel()
    func sums(_ shift: (Int) -> Double) -> ExampleSums {
      ExampleSums(width: 3, values: (0..<60).flatMap { [10 * (2 + shift($0)), 10, 4] })
    }
    var random = RandomSource(seed: 1)
    let change = kind.change(
      from: sums { Double($0 % 5) / 10 }, to: sums { Double($0 % 5) / 10 + ($0 % 3 == 0 ? 0.3 : 0.1) }, using: &random)
    #expect(abs(change.before - 2.2) < 1e-12)
    #expect(abs(change.loss.value - (0.3 / 3 + 0.2 / 3)) < 1e-12)
    // Standard error of a mean of 60 such differences: 0.0122.
    #expect(abs(change.loss.low - (change.loss.value - 1.96 * 0.01217)) < 0.004)
    #expect(abs(change.loss.high - (change.loss.value + 1.96 * 0.01217)) < 0.004)
    #expect(change.pValue < 0.001)
    #expect((change.worse, change.better, change.count) == (60, 0, 60))
    let same = kind.change(from: sums { _ in 0 }, to: sums { _ in 0 }, using: &random)
    #expect(same.pValue == 1)
    #expect(same.loss.value == 0)
  }

  /// A sum over examples of half numbers is not itself one.
  @Test func lossesOfHalfNumbersAreSummedWhole() throws {
    var builder = ProgramBuilder(architecture: "half")
    let input = builder.input("input", shape: [2])
    let output = builder.linear(input, inputCount: 2, outputCount: 2, layer: "fc")
    var program = try builder.build(outputs: [output], head: "fc")
    program.inputs[0].elementType = "float16"
    for index in program.parameters.indices { program.parameters[index].elementType = "float16" }
    let model = try Model(initializing: program, task: "half", classNames: ["a", "b"], seed: 0)
    for (name, value) in [("fc.weight", 0.0), ("fc.bias", 0.0)] { try model.parameters[name]?.fill(value) }
    // 3,001 × ln 2 = 2,080.1: halves are two apart there.
    let count = 3001
    let split = Split(
      inputs: [InputArray(rows: TensorView([Float](repeating: 1, count: 2 * count), shape: [count, 2]))],
      labels: [Int32](repeating: 0, count: count))
    let result = try Evaluator(batchSize: count).evaluate(model, on: split, dataset: "half")
    #expect(abs(result.loss - 0.6931471805599453) < 1e-6)
  }
}
