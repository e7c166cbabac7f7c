import Checkpoints
import Datasets
import Findings
import Metrics
import Models
import Testing
import Torch
import Training

@testable import Analysis

/// What is computed once for several trials is what each would have computed.
@Suite struct SharedTrialsTests {
  /// Asked together, networks are as similar as each is by itself.
  @Test func oneNetworkWithSeveralIsAsWithEach() throws {
    let source = try PlantedModels.data("source", seed: 8)
    let models = try (0..<3).map { try PlantedModels.trained(on: source, seed: 8 + $0) }
    let layers = ["conv1", "hidden1", "hidden2"]
    let all = try LayerSimilarity.comparing(
      models[0], with: [models[1], models[0], models[2]], on: source.test, dataset: "source", layersA: layers,
      layersB: layers, sampleCount: 200)
    for (other, found) in zip([1, 0, 2], all) {
      let alone = try LayerSimilarity(
        comparing: models[0], with: models[other], on: source.test, dataset: "source", layersA: layers, layersB: layers,
        sampleCount: 200)
      #expect(found.diagonal.map(\.value) == alone.diagonal.map(\.value), "\(other)")
      #expect(found.diagonal.map(\.low) == alone.diagonal.map(\.low) && found.values == alone.values)
    }
    #expect(all[1].diagonal.allSatisfy { $0.value == 1 } && all[0].diagonal.allSatisfy { $0.value < 0.999 })
  }

  /// Layers put back together, in a copy of the model of their own: what is computed once for all changes nothing.
  @Test func changesAskedTogetherAreAnsweredAsEachIsAlone() throws {
    let source = try PlantedModels.data("source", seed: 3)
    let model = try PlantedModels.trained(on: source, seed: 3)
    let before = try model.checkpoint(epoch: 0)
    try withoutGradients {
      for name in ["conv1.weight", "hidden1.weight", "hidden2.weight"] {
        try PlantedModels.noise(try #require(model.parameters[name]), 0.4, seed: 6)
      }
    }
    let models = try ComparedModels(
      before: before, after: model.checkpoint(epoch: 1), source: source, target: source, testCount: 150)
    let units = models.rewindUnits
    let base = models.rewound([units[2]])
    let changes = units.map { models.rewound([$0]) } + [models.unchanged([units[2]])]
    let together = try models.sourceAnswers(changing: changes, from: base, half: .judging)
    let targets = try #require(try models.targetAnswers(changing: changes, from: base))
    for (number, change) in changes.enumerated() {
      let own = try models.applying(base.followed(by: change)) {
        (try models.sourceAnswers(models.after), try models.targetAnswers(models.after))
      }
      #expect(together[number] == Half.judging.take(own.0), "change \(number)")
      #expect(targets[number] == own.1, "change \(number)")
    }
    #expect(Set(together.map(\.score)).count > 1)
  }

  @Test func aTensorThatIsPutBackIsTheSame() throws {
    let seed: UInt64 = 5
    let source = try PlantedModels.data("source", seed: seed)
    let model = try PlantedModels.trained(on: source, seed: seed)
    let before = try model.checkpoint(epoch: 0)
    try withoutGradients { try PlantedModels.noise(try #require(model.parameters["hidden2.weight"]), 0.3, seed: 4) }
    let after = try model.checkpoint(epoch: 1)
    let models = try ComparedModels(before: before, after: after, source: source, target: source, testCount: 100)
    _ = try RewindMeasure(models).rewinds()
    _ = try RemedyMeasure(models).tried()
    let now = try models.after.checkpoint(epoch: 1)
    for (name, tensor) in after.parameters { #expect(tensor.checksum == now.parameters[name]?.checksum, "\(name)") }
    for (name, tensor) in after.buffers { #expect(tensor.checksum == now.buffers[name]?.checksum, "\(name)") }
  }
}
