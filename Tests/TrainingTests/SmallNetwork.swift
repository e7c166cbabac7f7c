import Checkpoints
import Datasets
import HDF5
import Metrics
import Models
import Programs
import Torch
import Training

/// A small network and random data of two classes.
struct SmallNetwork {
  let program: Program
  let split: Split

  /// A perceptron of three layers on 12 numbers.
  static func perceptron(count: Int = 32, seed: UInt64 = 5) throws -> SmallNetwork {
    var random = RandomSource(seed: seed)
    let values = (0..<(count * 12)).map { _ in Float(random.normal()) }
    let rows = TensorView(values, shape: [count, 1, 3, 4])
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 3, 4], classCount: 2, hiddenSizes: [8, 6]))
    return SmallNetwork(
      program: program,
      split: Split(inputs: [InputArray(rows: rows)], labels: (0..<count).map { values[$0 * 12] > 0 ? 1 : 0 }))
  }

  func model(seed: UInt64 = 1) throws -> Model {
    let model = try Model(initializing: program, task: "t", classNames: ["a", "b"], seed: seed)
    model.preprocessing = Preprocessing(scale: 1, mean: [0], standardDeviation: [1])
    return model
  }

  func trainer(_ model: Model, _ change: (inout TrainingOptions) throws -> Void) throws -> Trainer {
    var options = TrainingOptions()
    options.batchSize = 16
    options.learningRate = 0.1
    try change(&options)
    return try Trainer(model, on: split, dataset: "random", options: options)
  }
}

/// A network of one convolution with its normalization, for images of 8 by 8, with the head `source` of two classes.
func smallConvolution(seed: UInt64 = 1) throws -> Checkpoint {
  var builder = ProgramBuilder(architecture: "small")
  let input = builder.input("input", shape: [1, 8, 8])
  var value = builder.convolution(
    input, inputChannels: 1, outputChannels: 4, kernel: 7, padding: 3, hasBias: false, layer: "conv")
  value = builder.batchNormalization(value, channels: 4, layer: "norm")
  value = builder.flatten(value, layer: "flatten")
  let logits = builder.linear(value, inputCount: 256, outputCount: 2, layer: "fc")
  let program = try builder.build(outputs: [logits], head: "fc")
  return try Model(initializing: program, task: "source", classNames: ["a", "b"], seed: seed).checkpoint(epoch: 0)
}

/// Random images of two classes, told apart by the first pixel.
func randomImages(
  _ name: String, shape: [Int], train: Int = 40, test: Int = 20, seed: UInt64
) throws -> Datasets.Dataset {
  var random = RandomSource(seed: seed)
  let size = shape.reduce(1, *)
  func split(_ count: Int) -> Split {
    let pixels = (0..<(count * size)).map { _ in UInt8.random(in: 0...255, using: &random) }
    let images = TensorView(bytes: pixels, elementType: .uint8, shape: [count] + shape)
    return Split(inputs: [InputArray(rows: images)], labels: (0..<count).map { pixels[$0 * size] > 127 ? 1 : 0 })
  }
  return try Datasets.Dataset(
    name: name, classNames: ["a", "b"], labelMap: [0, 1], train: split(train), test: split(test))
}

extension Model {
  /// The parameters' elements by name.
  func values() throws -> [String: [Float]] { try parameters.mapValues { try $0.detached().array(of: Float.self) } }
}

/// The largest difference of two lists of parameters.
func largestDifference(_ first: [String: [Float]], _ second: [String: [Float]]) -> Float {
  first.keys.reduce(0) { worst, name in
    zip(first[name] ?? [], second[name] ?? []).reduce(worst) { max($0, abs($1.0 - $1.1)) }
  }
}
