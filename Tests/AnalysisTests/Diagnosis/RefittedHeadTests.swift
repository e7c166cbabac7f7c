import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
import HDF5
import Metrics
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Analysis

/// Heads fitted anew for tasks that are no classification.
@Suite struct RefittedHeadTests {
  private struct Expected: Decodable {
    let loss: Double
    let score: Double
  }

  /// Of the penalty that was chosen, the same as PyTorch's L-BFGS comes to: see `make_refits.py`.
  @Test(arguments: KindFixture.names) func aHeadFittedAnewIsPyTorchs(_ name: String) throws {
    let known = try JSONDecoder().decode(
      [String: [String: Expected]].self,
      from: Data(contentsOf: URL(fileURLWithPath: Repository.fixture("kinds/refits.json"))))
    let checkpoint = try KindFixture.checkpoint(name)
    let models = try ComparedModels(
      before: checkpoint, after: checkpoint, source: KindFixture.data(name), target: nil)
    let refit = try models.headRefittedBefore()
    let penalty = refit.penalty
    let expected = try #require(known[name]?["\(penalty)"])
    let values = refit.answers.kind.values(of: refit.answers.sums, counting: nil)
    #expect(abs(values.loss - expected.loss) < 2e-4, "\(name), penalty \(penalty): \(values.loss), \(expected.loss)")
    // Taggers are judged by spans, of which PyTorch knows nothing.
    let score = name == "tags" ? values.scores[1] : values.scores[0]
    #expect(abs(score - expected.score) < 2e-3, "\(name), penalty \(penalty): \(score), \(expected.score)")
  }

  /// A head that answers with the wrong sign: all that was lost is readout, and fitting it anew brings it back.
  @Test(arguments: KindFixture.names.dropFirst() + ["words"]) func aSpoiltHeadIsReadout(_ name: String) throws {
    // A language model whose words are five, and whose head is no embedding, too.
    let isText = name == "words"
    let before = try KindFixture.checkpoint(isText ? "tags" : name)
    let known = try KindFixture.known(isText ? "tags" : name, by: Model(before))
    let data = isText ? try shifted(known) : known
    var after = before
    after.epoch = 1
    let task = before.task
    for (tensor, view) in try #require(before.heads[task]?.tensors) {
      after.heads[task]?.tensors[tensor] = try Tensor.copying(view).multiply(by: -1).view()
    }
    let models = try ComparedModels(
      before: before, after: after, source: data, target: nil, sourceKind: isText ? "causal-lm" : nil)
    #expect(models.score.unit == (isText ? .natsPerToken : name == "numbers" ? .number : .fraction))
    let lost = models.score.decline(
      from: try models.answersBefore().score, to: try models.answersAfter().source.score)
    let causes = try WaterfallMeasure(models).causes()
    #expect(causes.map(\.kind) == [.readout, .features])
    let readout = try #require(causes.first)
    #expect(lost > 0 && readout.isEstablished)
    #expect(abs(readout.loss.value - lost) < 0.1 * lost, "\(readout.loss) of \(lost)")
    #expect(abs(causes[1].loss.value) < 0.1 * lost)
    #expect(abs(causes[0].loss.value + causes[1].loss.value - lost) < 1e-9)
    // Applied, it is what it said; and the model is left as it was.
    let change = try #require(try models.refittedHead().change)
    let answers = try models.applying(change) { try models.sourceAnswers(models.after) }
    #expect(abs(answers.score - (try models.refittedHead().answers.score)) < 1e-5)
    #expect(try models.sourceAnswers(models.after) == models.answersAfter().source)
    guard name == "numbers" else { return }
    let remedy = try #require(try RemedyMeasure(models).tried().first { $0.finding.kind == .head })
    #expect(remedy.finding.gain.low > 0)
  }

  /// What is said at a place as the label of the next one.
  private func shifted(_ data: Datasets.Dataset) throws -> Datasets.Dataset {
    func moved(_ split: Split) throws -> Split {
      let batch = try #require(try Batches(split: split, batchSize: split.count).makeIterator().next())
      let said = try batch.labels.array(of: Int64.self)
      let next: [Int64] = said.indices.map { $0 % 10 == 0 ? -100 : said[$0 - 1] }
      return Split(
        inputs: split.inputs,
        targets: InputArray(name: "labels", rows: TensorView(next, shape: [split.count, 10])))
    }
    return try Datasets.Dataset(name: "words", classNames: [], train: moved(data.train), test: moved(data.test))
  }

  /// Words that are read and said by one embedding: the head is fitted for the measure, and not offered as a remedy.
  @Test func aHeadThatOthersReadIsNotPutInPlace() throws {
    let before = try KindFixture.checkpoint("lm")
    let head = try #require(LinearHead(of: Model(before), task: "lm"))
    #expect(head.isShared && head.bias == nil && head.outputCount == 40 && head.width == 16)
    let models = try ComparedModels(
      before: before, after: before, source: KindFixture.data("lm"), target: nil)
    #expect(try models.refittedHead().change == nil)
  }

  /// Something between the linear layer and the outputs.
  @Test func aHeadThatIsNotLinearIsLeftOut() throws {
    var checkpoint = try KindFixture.checkpoint("numbers")
    let output = checkpoint.program.outputs[0]
    checkpoint.program.nodes.append(
      Node(
        operatorName: "aten::sigmoid", inputs: [NamedArgument(name: "self", value: .value(output))],
        outputs: ["squashed"]))
    checkpoint.program.outputs = ["squashed"]
    let models = try ComparedModels(
      before: checkpoint, after: checkpoint, source: KindFixture.data("numbers"), target: nil)
    #expect(try models.causesLeftOut() == CausesLeftOut(.head))
    #expect(try WaterfallMeasure(models).causes().isEmpty)
  }

  /// More weights than a fit is tried over: of classes, twice as many as where places have answers of their own.
  @Test(arguments: [(4096, true), (4098, false)])
  func aHeadOfManyClassesIsLeftOutBySize(_ classCount: Int, isFitted: Bool) throws {
    let names = (0..<classCount).map(String.init)
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 2, 2], classCount: classCount, hiddenSizes: [512]))
    let checkpoint = try Model(initializing: program, task: "many", classNames: names, seed: 1).checkpoint(epoch: 0)
    let split = Split(
      inputs: [InputArray(rows: TensorView([Float](repeating: 1, count: 16), shape: [4, 1, 2, 2]))],
      labels: [0, 1, 2, 3])
    let data = try Datasets.Dataset(name: "many", classNames: names, train: split, test: split)
    let models = try ComparedModels(before: checkpoint, after: checkpoint, source: data, target: nil)
    #expect(
      try models.causesLeftOut()
        == (isFitted ? nil : CausesLeftOut(.size, weightCount: 512 * classCount, mostWeights: 1 << 21)))
  }

  /// From logits that are there: with x = ±1, two rows and a penalty as large as can be, nothing is added; with none to
  /// speak of the data decide.
  @Test func aRegressionGoesFromWhatIsThere() throws {
    let features = try Tensor([1, -1, 1, -1] as [Float], shape: [4, 1])
    let known = try Tensor([2, 0, 0, 2, 2, 0, 0, 2] as [Double], shape: [4, 2])
    func added(_ penalty: Double) throws -> [Double] {
      try LogisticRegression(
        PreparedFeatures(features, hasBias: false), labels: [1, 0, 1, 0], classCount: 2, penalty: penalty, from: known
      ).linearLayer().weight.array(of: Double.self)
    }
    #expect(try added(1e6).allSatisfy { abs($0) < 1e-5 })
    // Class 0's logit less class 1's is 2 + d at x = 1, whose class is 1: it has to become negative.
    let free = try added(1e-3)
    #expect(free[0] - free[1] < -2)
    #expect(abs(free[0] + free[1]) < 1e-9)
  }

  @Test func withoutABiasNothingIsTakenOff() throws {
    // y = 2x of x = 1, 2, 3 through nought: least squares 2, shrunk by λ over the mean square 14/3 of x, which is scaled
    // to 1: 2 / (1 + λ).
    let features = try Tensor([1, 2, 3] as [Float], shape: [3, 1])
    let ridge = try RidgeRegression(
      PreparedFeatures(features, hasBias: false), targets: Tensor([2, 4, 6] as [Double], shape: [3, 1]), penalty: 0.25)
    let layer = try ridge.linearLayer()
    #expect(layer.bias == nil)
    #expect(abs(try layer.weight.array(of: Double.self)[0] - 1.6) < 1e-9)
  }
}
