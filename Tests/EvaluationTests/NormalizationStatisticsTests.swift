import Checkpoints
import Datasets
import Evaluation
import HDF5
import Models
import Programs
import TestSupport
import Testing
import Torch

@Suite struct NormalizationStatisticsTests {
  /// Two convolutions, each with a normalization.
  private func model(_ group: Group) throws -> Model {
    var builder = ProgramBuilder(architecture: "normalized")
    var value = builder.input("input", shape: [2, 8, 8])
    value = builder.convolution(value, inputChannels: 2, outputChannels: 3, kernel: 3, hasBias: false, layer: "0")
    value = builder.batchNormalization(value, channels: 3, layer: "1")
    value = builder.relu(value, layer: "2")
    value = builder.convolution(value, inputChannels: 3, outputChannels: 4, kernel: 3, hasBias: false, layer: "3")
    value = builder.batchNormalization(value, channels: 4, layer: "4")
    let model = try Model(
      initializing: builder.build(outputs: [value]), task: "none", classNames: [], seed: 0)
    for (name, tensor) in model.parameters {
      try tensor.copyInPlace(from: Tensor(group.dataset(name).read(as: Float.self), shape: tensor.shape))
    }
    return model
  }

  @Test func statisticsAgreeWithPyTorchsCumulativeAverage() throws {
    let group = try File.open(Repository.fixture("regularizers/regularizers.h5")).root.group("statistics")
    let model = try model(group)
    // What was there before must not matter.
    try model.buffers["1.running_mean"]?.fill(100)
    let weights = try model.parameters.mapValues { try $0.bytes() }
    let images = TensorView(try group.dataset("images").read(as: Float.self), shape: [30, 2, 8, 8])
    let split = Split(inputs: [InputArray(rows: images)], labels: Array(repeating: 0, count: 30))
    let layers = try model.reestimateNormalization(on: split, dataset: "images", batchSize: 8)
    #expect(layers == ["1", "4"])
    #expect(try model.parameters.mapValues { try $0.bytes() } == weights)
    for (name, tensor) in model.buffers where name.contains("running") {
      let expected = try group.dataset(name).read(as: Float.self).map(Double.init)
      let worst = try #require(largestDifference(tensor.array(of: Double.self), expected))
      #expect(worst.value < 5e-6, "\(name)[\(worst.index)] differs by \(worst.value)")
    }
    #expect(try model.buffers["4.num_batches_tracked"]?.item() == 4)
  }

  @Test func everyNormalizationOfAnExportedProgramIsFound() throws {
    let folder = try TemporaryFolder()
    let path = try Repository.unpacked("programs/resnet.pt2.gz", in: folder)
    let model = try Model(Checkpoint(exportedProgram: path, task: "source"))
    let expected = try File.open(Repository.fixture("programs/resnet.h5")).root.dataset(
      "inputs/\(model.program.inputs[0].name)")
    let shape = try expected.shape
    let split = Split(
      inputs: [
        InputArray(
          name: model.program.inputs[0].name, rows: TensorView(try expected.read(as: Float.self), shape: shape))
      ],
      labels: Array(repeating: 0, count: shape[0]))
    let layers = try model.reestimateNormalization(on: split, dataset: "images")
    #expect(layers.count == model.buffers.keys.filter { $0.hasSuffix("running_mean") }.count && layers.count > 10)
    for (name, tensor) in model.buffers where name.contains("running") { #expect(try tensor.isFinite(), "\(name)") }
  }

  @Test func aModelWithoutNormalizationIsLeftAlone() throws {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 2, 2], classCount: 2, hiddenSizes: [3]))
    let model = try Model(initializing: program, task: "none", classNames: ["a", "b"], seed: 0)
    let images = TensorView([Float](repeating: 1, count: 8), shape: [2, 1, 2, 2])
    let split = Split(inputs: [InputArray(rows: images)], labels: [0, 1])
    #expect(try model.reestimateNormalization(on: split, dataset: "images").isEmpty)
  }
}
