import Checkpoints
import Datasets
import Evaluation
import HDF5
import Metrics
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Training

@Suite struct StoredLayersTests {
  private let data: Datasets.Dataset
  private let seed = TestSeed.any(below: 1_000_000)

  init() throws { data = try randomImages("random", shape: [1, 8, 8], train: 300, test: 20, seed: seed) }

  /// A body of one linear layer, 64 to 8, and whatever is put behind it, under a head of 8 to 2.
  private func model(_ change: (inout ProgramBuilder, String) -> String = { $1 }) throws -> Model {
    var builder = ProgramBuilder(architecture: "small")
    var value = builder.flatten(builder.input("input", shape: [1, 8, 8]), layer: "flatten")
    value = builder.linear(value, inputCount: 64, outputCount: 8, layer: "body")
    value = change(&builder, value)
    value = builder.linear(value, inputCount: 8, outputCount: 2, layer: "fc")
    let program = try builder.build(outputs: [value], head: "fc")
    let model = try Model(initializing: program, task: "t", classNames: ["a", "b"], seed: seed)
    model.preprocessing = Preprocessing(scale: 255, mean: [0.5], standardDeviation: [0.25])
    return model
  }

  private func layers(of model: Model, on split: Split? = nil) throws -> StoredLayers? {
    let layers = Set(model.program.nodes.map(\.layer))
    return try StoredLayers(
      of: model, trained: Set(model.program.headParameterNames), evaluating: layers, triedOn: split ?? data.train)
  }

  @Test func whatIsStoredGivesTheLogitsOfTheWholeInTheOrderOfTheExamples() throws {
    let model = try model()
    let stored = try #require(try layers(of: model))
    #expect(stored.exampleByteCount == 8 * 4)
    // A subset in another order: its rows are those that count.
    let split = data.train.selecting(Array((0..<300).reversed()))
    var progress: [Int] = []
    let values = try #require(try stored.values(of: split, dataset: "random") { progress.append($0) })
    #expect(progress == [256, 44])
    #expect(values.labels == split.labels && values.inputs.map(\.shape) == [[8]])
    let (whole, upper) = try (
      Evaluator().evaluate(model, on: split, dataset: "random"),
      Evaluator().evaluate(stored.upper, on: values, dataset: "random")
    )
    #expect(abs(whole.loss - upper.loss) < 1e-6, "seed \(seed)")
    #expect(zip(whole.predictions, upper.predictions).count { $0 != $1 } <= 1, "seed \(seed)")
  }

  @Test func valuesThatDependOnTheExamplesBesideAreNotStored() throws {
    let centred = try model { builder, value in
      let mean = builder.call(
        "aten::mean", overload: "dim", ["self": .value(value), "dim": .ints([0]), "keepdim": .bool(true)],
        layer: "mean", kind: "")
      return builder.call(
        "aten::sub", overload: "Tensor", ["self": .value(value), "other": .value(mean)], layer: "centred", kind: "")
    }
    #expect(try layers(of: centred) == nil)
    let reversed = try model { builder, value in
      builder.call("aten::flip", ["self": .value(value), "dims": .ints([0])], layer: "reversed", kind: "")
    }
    #expect(try layers(of: reversed) == nil)
    #expect(try layers(of: model()) != nil)
  }

  @Test func valuesWithoutARowAnExampleAreNotStored() throws {
    let total = try model { builder, value in
      builder.call(
        "aten::sum", overload: "dim_IntList", ["self": .value(value), "dim": .ints([0]), "keepdim": .bool(true)],
        layer: "sum", kind: "")
    }
    #expect(try layers(of: total) == nil)
    #expect(try layers(of: model(), on: data.train.selecting([0, 1])) == nil)
  }

  @Test func whatCostsLessThanItsStorageIsNotStored() throws {
    // 64 multiplications for each number of 4 bytes, spread over 16 numbers by hand: 4 for one, 1 for a byte.
    let spread = try model { builder, value in
      builder.call(
        "aten::repeat", ["self": .value(value), "repeats": .ints([1, 16])], layer: "spread", kind: "")
    }
    #expect(try layers(of: spread) == nil)
  }

  @Test func otherShapesThanThoseTriedAreNotStored() throws {
    var builder = ProgramBuilder(architecture: "free")
    var value = builder.input("input", shape: [-1, 64])
    value = builder.linear(value, inputCount: 64, outputCount: 8, layer: "body")
    let mean = builder.call(
      "aten::relu", ["self": .value(value)], layer: "relu", kind: "ReLU")
    let logits = builder.linear(mean, inputCount: 8, outputCount: 2, layer: "fc")
    let program = try builder.build(outputs: [logits], head: "fc")
    let model = try Model(initializing: program, task: "t", classNames: ["a", "b"], seed: seed)
    func split(length: Int) -> Split {
      var random = RandomSource(seed: seed)
      let values = (0..<(4 * length * 64)).map { _ in Float(random.normal()) }
      return Split(inputs: [InputArray(rows: TensorView(values, shape: [4, length, 64]))], labels: [0, 1, 0, 1])
    }
    let stored = try #require(try layers(of: model, on: split(length: 3)))
    #expect(try stored.values(of: split(length: 3), dataset: "d") != nil)
    #expect(try stored.values(of: split(length: 5), dataset: "d") == nil)
  }
}
