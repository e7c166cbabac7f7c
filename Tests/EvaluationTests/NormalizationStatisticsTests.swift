import Checkpoints
import Datasets
import HDF5
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Evaluation

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

  private func fixture() throws -> (model: Model, images: [Float]) {
    let group = try File.open(Repository.fixture("regularizers/regularizers.h5")).root.group("statistics")
    let model = try model(group)
    // What was there before must not matter.
    try model.buffers["1.running_mean"]?.fill(100)
    return (model, try group.dataset("images").read(as: Float.self))
  }

  private func split(_ images: [Float], order: [Int]? = nil) -> Split {
    let size = 2 * 8 * 8
    let count = images.count / size
    let rows = (order ?? Array(0..<count)).flatMap { images[($0 * size)..<(($0 + 1) * size)] }
    return Split(
      inputs: [InputArray(rows: TensorView(rows, shape: [count, 2, 8, 8]))], labels: Array(repeating: 0, count: count))
  }

  private func statistics(_ model: Model) throws -> [String: [Float]] {
    try model.buffers.filter { $0.key.contains("running") }.mapValues { try $0.array(of: Float.self) }
  }

  @Test(arguments: [7, 8, 29, 30])
  func statisticsAreTheMeanAndTheUnbiasedVarianceOfAllThatIsRead(_ batchSize: Int) throws {
    let (model, images) = try fixture()
    let weights = try model.parameters.mapValues { try $0.bytes() }
    let split = split(images)
    let layers = try model.reestimateNormalization(on: split, dataset: "images", batchSize: batchSize)
    #expect(layers == ["1", "4"])
    #expect(try model.parameters.mapValues { try $0.bytes() } == weights)
    // All of it once more, one loop after the other, in float64; a layer normalizes by its own batch as in training.
    let order = try Model.statisticsOrder(of: split, count: .max, seed: 0)
    let size = Model.statisticsBatchSize(batchSize, of: 30)
    let kernels = try ["0.weight", "3.weight"].map { try #require(model.parameters[$0]).array(of: Double.self) }
    var (first, second): ([[[Double]]], [[[Double]]]) = ([], [])
    for start in stride(from: 0, to: 30, by: size) {
      let batch = order[start..<min(start + size, 30)].map { example -> [[Double]] in
        (0..<2).map { channel -> [Double] in
          let first = (example * 2 + channel) * 64
          return images[first..<(first + 64)].map(Double.init)
        }
      }
      let below = batch.map { convolution($0, kernels[0], outputChannels: 3, width: 8) }
      first += below
      let moments = (0..<3).map { channel in meanAndVariance(below.flatMap { $0[channel] }) }
      let normalized = below.map { example -> [[Double]] in
        zip(example, moments).map { values, moments -> [Double] in
          let count = Double(batch.count * 36)
          let deviation = (moments.variance * (count - 1) / count + 1e-5).squareRoot()
          return values.map { max(0, ($0 - moments.mean) / deviation) }
        }
      }
      second += normalized.map { convolution($0, kernels[1], outputChannels: 4, width: 6) }
    }
    for (layer, values) in [("1", first), ("4", second)] {
      let expected = values[0].indices.map { channel in meanAndVariance(values.flatMap { $0[channel] }) }
      for (name, numbers) in [("mean", expected.map(\.mean)), ("var", expected.map(\.variance))] {
        let found = try #require(model.buffers["\(layer).running_\(name)"]).array(of: Double.self)
        let worst = try #require(largestDifference(found, numbers))
        #expect(worst.value < 2e-6, "\(layer) \(name)[\(worst.index)]: \(found) for \(numbers)")
      }
    }
    #expect(try model.buffers["4.num_batches_tracked"]?.item() == Double((30 + size - 1) / size))
  }

  @Test func theOrderOfTheFileDoesNotMatter() throws {
    let (model, images) = try fixture()
    try model.reestimateNormalization(on: split(images), dataset: "images", batchSize: 8)
    let expected = try statistics(model)
    // By brightness, as a class-sorted folder would have it; and at random.
    let size = images.count / 30
    let sums = (0..<30).map { images[($0 * size)..<(($0 + 1) * size)].reduce(0, +) }
    for order in [(0..<30).sorted { sums[$0] < sums[$1] }, Array(0..<30).shuffled()] {
      try model.reestimateNormalization(on: split(images, order: order), dataset: "images", batchSize: 8)
      #expect(try statistics(model) == expected, "\(order)")
    }
  }

  @Test func someOfAFileSortedByClassStandForAll() throws {
    let model = try fixture().model
    // 1,000 images of ten classes, class after class; a class differs by its brightness alone.
    let images = (0..<1000).flatMap { example -> [Float] in
      let level = Float(example / 100)
      return (0..<128).map { place -> Float in level + 0.01 * Float((example * 7 + place * 13) % 17) }
    }
    try model.reestimateNormalization(on: split(images), dataset: "images")
    let all = try statistics(model)
    for (seed, order) in [Array(0..<1000), (0..<1000).reversed()].enumerated() {
      try model.reestimateNormalization(
        on: split(images, order: order), dataset: "images", count: 200, seed: UInt64(seed))
      let some = try statistics(model)
      for name in ["1.running_var", "4.running_var"] {
        let (found, expected) = (try #require(some[name]), try #require(all[name]))
        // The first 200 hold two classes of ten, whose variance is 0.25 in place of 8.25.
        let worst = zip(found, expected).map { abs($0 / $1 - 1) }.max() ?? .nan
        #expect(worst < 0.25, "\(name): \(found) for \(expected)")
      }
    }
  }

  @Test(arguments: [(256, 257), (8, 9), (2, 7), (1, 5), (4, 17), (256, 30), (3, 1)])
  func noBatchIsOfOneExample(_ wanted: Int, _ count: Int) {
    let size = Model.statisticsBatchSize(wanted, of: count)
    #expect(size >= 2 && (count == 1 || count % size != 1), "\(size)")
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

/// Of one example `[channels][places]`, square kernels of 3, no padding.
private func convolution(
  _ input: [[Double]], _ kernel: [Double], outputChannels: Int, width: Int
) -> [[Double]] {
  let result = width - 2
  return (0..<outputChannels).map { output in
    (0..<(result * result)).map { place in
      var sum = 0.0
      for channel in input.indices {
        for offset in 0..<9 {
          let position = (place / result + offset / 3) * width + place % result + offset % 3
          sum += kernel[(output * input.count + channel) * 9 + offset] * input[channel][position]
        }
      }
      return sum
    }
  }
}

private func meanAndVariance(_ values: [Double]) -> (mean: Double, variance: Double) {
  let mean = values.reduce(0, +) / Double(values.count)
  return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1))
}
