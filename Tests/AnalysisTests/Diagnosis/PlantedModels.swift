import Checkpoints
import Datasets
import Foundation
import HDF5
import Metrics
import Models
import Programs
import Torch
import Training

/// Small models on data of four classes, to plant something in.
enum PlantedModels {
  /// Four well separated clouds of points, as tiny images.
  static func data(_ name: String, seed: UInt64) throws -> Datasets.Dataset {
    var random = RandomSource(seed: seed)
    let centres = (0..<4).map { _ in (0..<64).map { _ in 1.2 * random.normal() } }
    func split(_ count: Int) -> Split {
      let values = (0..<count).flatMap { index in centres[index % 4].map { Float($0 + random.normal()) } }
      return Split(
        inputs: [InputArray(rows: TensorView(values, shape: [count, 1, 8, 8]))],
        labels: (0..<count).map { Int32($0 % 4) })
    }
    return try Datasets.Dataset(name: name, classNames: ["a", "b", "c", "d"], train: split(400), test: split(400))
  }

  /// Convolutions, a normalization and a linear layer, trained on the source.
  static func trained(on data: Datasets.Dataset, seed: UInt64) throws -> Model {
    var builder = ProgramBuilder(architecture: "small")
    let input = builder.input("input", shape: [1, 8, 8])
    var value = builder.convolution(
      input, inputChannels: 1, outputChannels: 8, kernel: 3, padding: 1, hasBias: false, layer: "conv1")
    value = builder.batchNormalization(value, channels: 8, layer: "norm")
    value = builder.relu(value, layer: "relu1")
    value = builder.linear(
      builder.flatten(value, layer: "flatten"), inputCount: 512, outputCount: 32, layer: "hidden1")
    value = builder.relu(value, layer: "relu2")
    value = builder.linear(value, inputCount: 32, outputCount: 24, layer: "hidden2")
    value = builder.relu(value, layer: "relu3")
    let logits = builder.linear(value, inputCount: 24, outputCount: 4, layer: "fc")
    let model = try Model(
      initializing: builder.build(outputs: [logits], head: "fc"), task: data.name, classNames: data.classNames,
      seed: seed)
    model.preprocessing = Preprocessing(scale: 1, mean: [0], standardDeviation: [1])
    var options = TrainingOptions()
    options.batchSize = 40
    options.learningRate = 0.03
    let trainer = try Trainer(model, on: data.train, dataset: data.name, options: options)
    for epoch in 1...6 { _ = try trainer.runEpoch(epoch) }
    return model
  }

  /// Adds noise to a tensor, in place.
  static func noise(_ tensor: Tensor, _ deviation: Double, seed: UInt64) throws {
    let noise = try Tensor.zeros(tensor.shape)
    try noise.fillNormal(standardDeviation: deviation, using: Generator(seed: seed))
    try tensor.addInPlace(noise)
  }
}
