import Models
import Programs
import Testing
import Torch

@testable import Training

@Suite struct UnfreezingTests {
  /// The parameters that each of some epochs moves, by layer.
  private func movedLayers(epochs: Int, _ change: (inout TrainingOptions) throws -> Void) throws -> [[String]] {
    let network = try SmallNetwork.perceptron()
    let model = try network.model()
    let trainer = try network.trainer(model, change)
    return try (1...epochs).map { epoch in
      let before = try model.values()
      _ = try trainer.runEpoch(epoch)
      let after = try model.values()
      return Set(before.keys.filter { before[$0] != after[$0] }.map(Program.path(ofTensor:))).sorted()
    }
  }

  @Test func blocksBeginToTrainFromTheHeadDown() throws {
    let moved = try movedLayers(epochs: 4) {
      $0.epochCount = 4
      $0.unfreezing = .every(epochs: 1)
    }
    let all = ["layers.0", "layers.2", "layers.4"]
    #expect(moved == [["layers.4"], ["layers.2", "layers.4"], all, all])
  }

  @Test func aProbeTrainsTheHeadFirst() throws {
    let moved = try movedLayers(epochs: 3) {
      $0.epochCount = 3
      $0.unfreezing = .afterProbe(epochs: 2)
    }
    #expect(moved == [["layers.4"], ["layers.4"], ["layers.0", "layers.2", "layers.4"]])
  }

  @Test(arguments: [Unfreezing.every(epochs: 1), .afterProbe(epochs: 2)])
  func aDecoupledPullLeavesLayersThatWait(_ unfreezing: Unfreezing) throws {
    var specification = try RegularizerSpecification(parsing: "l2:beta=0.5")
    specification.isDecoupled = true
    let moved = try movedLayers(epochs: 3) { [specification] in
      $0.epochCount = 3
      $0.unfreezing = unfreezing
      $0.regularizers = [specification]
    }
    let all = ["layers.0", "layers.2", "layers.4"]
    #expect(moved == [["layers.4"], unfreezing == .every(epochs: 1) ? ["layers.2", "layers.4"] : ["layers.4"], all])
  }

  @Test func whatIsFrozenStaysFrozenInEveryStage() throws {
    let moved = try movedLayers(epochs: 4) {
      $0.epochCount = 4
      $0.unfreezing = .every(epochs: 1)
      $0.frozen = ["layers.2"]
    }
    #expect(moved[3] == ["layers.0", "layers.4"])
  }

  @Test func featureExtractionTrainsTheHeadAlone() throws {
    let moved = try movedLayers(epochs: 2) { $0.trainsHeadOnly = true }
    #expect(moved == [["layers.4"], ["layers.4"]])
  }

  @Test func aPlateauUnfreezesTheNextBlock() throws {
    let network = try SmallNetwork.perceptron()
    let trainer = try network.trainer(network.model()) { $0.unfreezing = .onPlateau(patience: 0) }
    var newBlocks: [[String]] = []
    for (epoch, accuracy) in [(1, 0.5), (2, 0.6), (3, 0.6), (4, 0.6)] {
      newBlocks.append(try trainer.runEpoch(epoch).newBlocks)
      trainer.endEpoch(merit: accuracy)
    }
    #expect(newBlocks == [["layers.4"], [], [], ["layers.2"]])
  }

  @Test func normalizationThatWaitsRunsInEvaluation() throws {
    let program = try Architecture.resnet18.program(
      options: ArchitectureOptions(inputShape: [3, 8, 8], classCount: 2, form: .cifar))
    let model = try Model(initializing: program, task: "t", classNames: ["a", "b"], seed: 1)
    let trainable = try TrainableParameters(of: model, options: TrainingOptions())
    let stages = try TrainingStages(.every(epochs: 1), of: model, trainable, frozenPatterns: [])
    #expect(stages.stages.map { $0.newBlocks } == [["fc"], ["layer4"], ["layer3"], ["layer2"], ["layer1"], ["conv1"]])
    #expect(stages.stages[1].frozenLayers.contains("layer3.0.bn1"))
    #expect(!stages.stages[1].frozenLayers.contains("layer4.0.bn1"))
    #expect(stages.stages[5].frozenLayers.isEmpty)
  }

  @Test func ratesFallFromTheHeadByTheLayerDecay() throws {
    let network = try SmallNetwork.perceptron()
    var options = TrainingOptions()
    options.learningRate = 0.8
    options.layerDecay = 0.5
    options.rateRules = [GlobRule(pattern: "layers.2.bias", value: 3)]
    let trainable = try TrainableParameters(of: network.model(), options: options)
    let rates = Dictionary(uniqueKeysWithValues: zip(trainable.names, trainable.learningRates))
    #expect(
      rates == [
        "layers.0.weight": 0.2, "layers.0.bias": 0.2, "layers.2.weight": 0.4, "layers.2.bias": 3,
        "layers.4.weight": 0.8,
        "layers.4.bias": 0.8,
      ])
  }
}
