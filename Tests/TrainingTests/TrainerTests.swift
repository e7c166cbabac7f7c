import Checkpoints
import Datasets
import HDF5
import Metrics
import Models
import Programs
import Testing
import Torch
import Training

@Suite struct TrainerTests {
  /// A small ResNet and 32 random images of 2 classes.
  private func setUp() throws -> (Model, Split) {
    let program = try Architecture.resnet18.program(
      options: ArchitectureOptions(inputShape: [3, 8, 8], classCount: 2, form: .cifar))
    let model = try Model(initializing: program, task: "t", classNames: ["a", "b"], seed: 1)
    var random = RandomSource(seed: 5)
    let pixels = (0..<(32 * 192)).map { _ in UInt8.random(in: 0...255, using: &random) }
    let images = TensorView(bytes: pixels, elementType: .uint8, shape: [32, 3, 8, 8])
    return (model, Split(inputs: [InputArray(rows: images)], labels: (0..<32).map { Int32($0 % 2) }))
  }

  @Test func frozenLayersKeepParametersAndRunningStatistics() throws {
    let (model, split) = try setUp()
    var options = TrainingOptions()
    options.batchSize = 16
    options.frozen = ["conv1", "bn1", "layer1"]
    let trainer = try Trainer(model, on: split, dataset: "random", options: options)
    func state(_ prefix: String) throws -> [[UInt8]] {
      try (model.parameters.merging(model.buffers) { $1 }).filter { $0.key.hasPrefix(prefix) }
        .sorted { $0.key < $1.key }.map { try $0.value.bytes() }
    }
    let (frozen, free) = (try state("layer1"), try state("layer2"))
    _ = try trainer.runEpoch(1)
    #expect(try state("layer1") == frozen)
    #expect(try state("layer2") != free)
  }

  @Test func modulesWithoutParametersAreFrozenWithWhatIsAroundThem() throws {
    let (model, _) = try setUp()
    var options = TrainingOptions()
    options.frozen = ["layer1.*", "layer2.0.*"]
    let frozen = try TrainableParameters(of: model, options: options).frozenLayers
    // The additions and ReLUs of a block carry the block's own name.
    #expect(frozen.isSuperset(of: ["layer1.0", "layer1.1", "layer2.0", "layer1.0.conv1", "layer2.0.bn2"]))
    #expect(frozen.isDisjoint(with: ["layer2.1", "layer3.0", "conv1", "fc"]))
  }

  @Test func tiedParametersAreTrainedOnceAndMoveTogether() throws {
    let (fresh, split) = try setUp()
    var checkpoint = try fresh.checkpoint(epoch: 0)
    let (first, second) = ("layer1.0.conv1.weight", "layer1.1.conv1.weight")
    checkpoint.parameters[second] = checkpoint.parameters[first]
    let model = try Model(checkpoint)
    var options = TrainingOptions()
    options.batchSize = 16
    options.learningRate = 0.1
    let trainer = try Trainer(model, on: split, dataset: "random", options: options)
    #expect(trainer.trainable.names.contains(first) && !trainer.trainable.names.contains(second))
    #expect(!trainer.trainable.frozenNames.contains(second))
    _ = try trainer.runEpoch(1)
    let after = try model.checkpoint(epoch: 1)
    #expect(after.parameters[first] == after.parameters[second])
    #expect(after.parameters[first]?.identity == after.parameters[second]?.identity)
    #expect(after.parameters[first] != checkpoint.parameters[first])
    // Frozen under one of its names, it is frozen.
    options.frozen = ["layer1.1.conv1"]
    let held = try TrainableParameters(of: model, options: options)
    #expect(Set(held.frozenNames).isSuperset(of: [first, second]))
  }

  @Test func aStrongPullBringsTheWeightsBack() throws {
    // One decoupled step with lr·α = 1 lands on w⁰ itself: w − (w − w⁰).
    let (model, split) = try setUp()
    let before = try #require(model.parameters["layer2.0.conv1.weight"]).array(of: Float.self)
    var options = TrainingOptions()
    options.learningRate = 0.01
    options.momentum = 0
    var pull = try RegularizerSpecification("l2-sp", ["alpha": "100", "beta": "0"])
    pull.isDecoupled = true
    options.regularizers = [pull]
    let trainer = try Trainer(model, on: split, dataset: "random", options: options)
    _ = try trainer.runEpoch(1)
    let after = try #require(model.parameters["layer2.0.conv1.weight"]).array(of: Float.self)
    let worst = zip(before, after).map { abs($0 - $1) }.max() ?? 1
    #expect(worst < 1e-6)
  }

  @Test func anUnstablePullIsRefusedWithTheLargestStableStrength() throws {
    let (model, split) = try setUp()
    var options = TrainingOptions()
    options.learningRate = 0.1
    options.regularizers = [try RegularizerSpecification("l2-sp", ["alpha": "30"])]
    let error = #expect(throws: TrainingError.self) {
      try Trainer(model, on: split, dataset: "random", options: options)
    }
    #expect(try #require(error).description.contains("largest stable strength is 20"))
  }

  @Test func aGlobThatMatchesNothingNamesItsNeighbours() throws {
    let (model, split) = try setUp()
    var options = TrainingOptions()
    options.frozen = ["layr1.0.conv1"]
    let error = #expect(throws: ProgramError.self) {
      try Trainer(model, on: split, dataset: "random", options: options)
    }
    #expect(try #require(error).description.contains("layer1.0.conv1"))
  }

  @Test func aLossThatIsNotFiniteStopsTheRun() throws {
    let (model, split) = try setUp()
    var options = TrainingOptions()
    options.batchSize = 8
    options.learningRate = 1e30
    let trainer = try Trainer(model, on: split, dataset: "random", options: options)
    #expect(throws: TrainingError.self) {
      for epoch in 1...3 { _ = try trainer.runEpoch(epoch) }
    }
  }
}
