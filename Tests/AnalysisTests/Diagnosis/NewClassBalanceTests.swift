import Checkpoints
import Datasets
import Evaluation
import Findings
import HDF5
import Metrics
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Analysis

/// What is done about a head that answers with the classes that were added to it.
@Suite struct NewClassBalanceTests {
  @Test func theOffsetIsTheBestOfAll() throws {
    let seed = TestSeed.any(below: 1_000_000)
    var random = RandomSource(seed: seed)
    for count in [1, 2, 7, 40] {
      func margins(_ newIsRight: Bool) -> [NewClassBalance.Margin] {
        (0..<count).map { _ in
          let isRight = random.uniform() < 0.8
          return .init(
            lead: 3 * random.normal() + (newIsRight ? 2 : 1), newIsRight: newIsRight && isRight,
            knownIsRight: !newIsRight && isRight)
        }
      }
      let tasks = [margins(false), margins(true)]
      func score(_ offset: Double) -> Double {
        tasks.reduce(0.0) { sum, task in
          sum + Double(task.count { $0.lead + offset > 0 ? $0.newIsRight : $0.knownIsRight }) / Double(task.count)
        }
      }
      let ends = tasks.flatMap { $0.map { -$0.lead } }.sorted()
      let tried = zip(ends, ends.dropFirst()).map { score(($0 + $1) / 2) }
      let best = NewClassBalance.bestOffset(tasks)
      #expect(abs(score(best ?? 0) - max(tried.max() ?? 0, score(0))) < 1e-9, "\(count), seed \(seed)")
    }
  }

  /// Four classes that are told apart by one pixel each; the head of two of them grew by two, whose rows are too long.
  private func models(bias: Float, length: Float) throws -> ComparedModels {
    func data(_ name: String, _ classes: [Int]) throws -> Datasets.Dataset {
      var random = RandomSource(seed: 4)
      func split(_ count: Int) -> Split {
        let labels = (0..<count).map { Int32($0 % classes.count) }
        let values = labels.flatMap { label in
          (0..<4).map { Float(($0 == classes[Int(label)] ? 1 : 0) + 0.3 * random.normal()) }
        }
        return Split(inputs: [InputArray(rows: TensorView(values, shape: [count, 1, 2, 2]))], labels: labels)
      }
      return try Datasets.Dataset(
        name: name, classNames: classes.map { ["a", "b", "c", "d"][$0] }, train: split(200), test: split(200))
    }
    var builder = ProgramBuilder(architecture: "one layer")
    let input = builder.input("input", shape: [1, 2, 2])
    let flat = builder.flatten(input, layer: "flatten")
    let hidden = builder.linear(flat, inputCount: 4, outputCount: 4, layer: "hidden")
    let logits = builder.linear(hidden, inputCount: 4, outputCount: 2, layer: "fc")
    let model = try Model(
      initializing: builder.build(outputs: [logits], head: "fc"), task: "old", classNames: ["a", "b"], seed: 1)
    model.preprocessing = Preprocessing(scale: 1, mean: [0], standardDeviation: [1])
    func set(_ name: String, _ values: [Float], _ shape: [Int]) throws {
      try withoutGradients {
        try #require(model.parameters[name]).copyInPlace(from: Tensor(values, shape: shape))
      }
    }
    func identity(_ factors: [Float]) -> [Float] { (0..<16).map { $0 / 4 == $0 % 4 ? factors[$0 / 4] : 0 } }
    try set("hidden.weight", identity([1, 1, 1, 1]), [4, 4])
    try set("hidden.bias", [0, 0, 0, 0], [4])
    try model.growHead(task: "old", classNames: ["c", "d"], labelMap: [2, 3], seed: 2)
    try set("fc.weight", identity([1, 1, 1, 1]), [4, 4])
    try set("fc.bias", [0, 0, 0, 0], [4])
    let before = try model.checkpoint(epoch: 0)
    try set("fc.weight", identity([1, 1, length, length]), [4, 4])
    try set("fc.bias", [0, 0, bias, bias], [4])
    return try ComparedModels(
      before: before, after: model.checkpoint(epoch: 1), source: try data("old", [0, 1]),
      target: try data("new", [2, 3]))
  }

  @Test func rowsThatGrewLongAreAligned() throws {
    let models = try models(bias: 0, length: 4)
    let balance = try #require(NewClassBalance(models))
    let change = try #require(try balance.alignment())
    let weight = try #require(change.sourceHead["fc.weight"]).array(of: Float.self)
    #expect((0..<4).map { weight[5 * $0] } == [1, 1, 1, 1])
    let remedies = try RemedyMeasure(models).tried().map(\.finding)
    let aligned = try #require(remedies.first { $0.kind == .alignment })
    #expect(aligned.gain.low > 0.1 && aligned.cost.value < aligned.gain.value, "\(aligned)")
  }

  @Test func biasesAreMovedByWhatServesBothTasks() throws {
    let models = try models(bias: 5, length: 1)
    let (change, offset) = try #require(try NewClassBalance(models)?.offset())
    #expect(abs(offset + 5) < 0.5, "\(offset)")
    #expect(try #require(change.sourceHead["fc.bias"]).array(of: Float.self).prefix(2) == [0, 0])
    let remedy = try #require(try RemedyMeasure(models).tried().map(\.finding).first { $0.kind == .offset })
    #expect(remedy.action.hasPrefix("move the head's biases of the target's own classes by −"), "\(remedy.action)")
    #expect(remedy.gain.low > 0.5)
  }

  @Test func headsOfTheirOwnHaveNoBalance() throws {
    let models = try models(bias: 0, length: 1)
    #expect(NewClassBalance(models) != nil)
    let both = models.source
    let own = try ComparedModels(
      before: models.before.checkpoint(epoch: 0), after: models.after.checkpoint(epoch: 1), source: both, target: nil)
    #expect(NewClassBalance(own) == nil)
  }
}
