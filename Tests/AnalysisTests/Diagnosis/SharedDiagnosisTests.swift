import Checkpoints
import Datasets
import Evaluation
import Findings
import Metrics
import Models
import TestSupport
import Testing
import Torch

@testable import Analysis

/// Diagnosis and similarity by several processes: to the bit what one process finds.
@Suite(.serialized) struct SharedDiagnosisTests {
  /// What each of several processes finds, beside what one by itself does.
  private func expectOneFinding(
    _ count: Int, location: SourceLocation = #_sourceLocation,
    _ find: @escaping @Sendable (ProcessGroup?) throws -> String
  ) throws {
    let one = try find(nil)
    let all = try ranks(count) { _, environment in
      let place = try #require(try ProcessPlace.named(by: environment))
      return try find(ProcessGroup(place, timeout: 120))
    }
    #expect(all.count == count)
    for (rank, found) in all.enumerated() where found != one {
      let place = zip(one, found).enumerated().first { $0.1.0 != $0.1.1 }?.0 ?? min(one.count, found.count)
      func near(_ text: String) -> String { String(text.dropFirst(max(0, place - 80)).prefix(160)) }
      Issue.record("rank \(rank) found \(near(found)), one by itself \(near(one))", sourceLocation: location)
    }
  }

  private static func text(_ finding: some Encodable) throws -> String {
    try FindingEncoder.encode(finding).serialized()
  }

  /// A convolutional network with normalization, spoilt in several places: statistics, head, probes, sets of layers and
  /// interpolation all have something to find.
  private struct Planted: Sendable {
    let before: Checkpoint
    let after: Checkpoint
    let source: Dataset
    let target: Dataset

    init(seed: UInt64) throws {
      source = try PlantedModels.data("source", seed: seed)
      target = try PlantedModels.data("target", seed: seed + 1)
      let model = try PlantedModels.trained(on: source, seed: seed)
      before = try model.checkpoint(epoch: 0)
      try withoutGradients {
        for name in ["conv1.weight", "hidden1.weight", "hidden2.weight"] {
          try PlantedModels.noise(try #require(model.parameters[name]), 0.3, seed: seed)
        }
        try model.buffers["norm.running_mean"]?.fill(0.5)
      }
      after = try model.checkpoint(epoch: 1)
    }

    func models(_ processes: ProcessGroup?, isProxy: Bool = false) throws -> ComparedModels {
      try ComparedModels(
        before: before, after: after, source: source, target: isProxy ? nil : target, isProxy: isProxy,
        sourceTask: "source", targetTask: isProxy ? nil : "source", testCount: 300, processes: processes)
    }
  }

  @Test(arguments: [2, 3]) func classesAreDiagnosedAsByOne(count: Int) throws {
    let planted = try Planted(seed: 11)
    try expectOneFinding(count) { processes in
      let models = try planted.models(processes)
      let finding = try DiagnosisMeasure(models, probes: models.probedExamples(), averagesOrders: true).finding()
      guard finding.causes.count == 3, finding.layers.count > 2, !finding.remedies.isEmpty,
        finding.probeControls.permuted.scores.count > 1
      else { throw AnalysisError.nothingToCompare("a diagnosis that leaves out what is to be compared") }
      return try Self.text(finding)
    }
  }

  @Test func aProxyIsDiagnosedAsByOne() throws {
    let planted = try Planted(seed: 12)
    try expectOneFinding(2) { processes in
      let models = try planted.models(processes, isProxy: true)
      return try Self.text(DiagnosisMeasure(models, probes: models.probedExamples()).finding())
    }
  }

  @Test(arguments: ["lm", "pixels", "numbers"]) func otherKindsAreDiagnosedAsByOne(name: String) throws {
    let before = try KindFixture.checkpoint(name)
    let data = try KindFixture.known(name, by: Model(before))
    var after = before
    after.epoch = 1
    for (name, weight) in before.parameters where weight.shape.count > 1 {
      after.parameters[name] = try Tensor.copying(weight).multiply(by: name.count % 2 == 0 ? -2 : 0.5).view()
    }
    let changed = after
    try expectOneFinding(2) { processes in
      let models = try ComparedModels(
        before: before, after: changed, source: data, target: nil, testCount: 60, processes: processes)
      return try Self.text(DiagnosisMeasure(models, probes: models.probedExamples()).finding())
    }
  }

  /// With more processes than batches, and a last batch that is left out.
  @Test(arguments: [1, 4, 7]) func similarityIsThatOfOne(batchCount: Int) throws {
    let planted = try Planted(seed: 13)
    let layers = ["conv1", "hidden1", "hidden2"]
    try expectOneFinding(3) { processes in
      let (first, second) = (try Model(planted.before), try Model(planted.after))
      let found = try LayerSimilarity.comparing(
        first, with: [second, first], on: planted.source.test, dataset: "source", layersA: layers, layersB: layers,
        pooling: batchCount == 4 ? .mean : nil, sampleCount: 40 * batchCount + 3, batchSize: 40, seed: 5,
        processes: processes)
      return try found.map(Self.text).joined()
    }
  }

  @Test func similarityOfSubspacesIsThatOfOne() throws {
    let planted = try Planted(seed: 14)
    try expectOneFinding(2) { processes in
      try Self.text(
        LayerSimilarity(
          .svcca, comparing: Model(planted.before), with: Model(planted.after), on: planted.source.test,
          dataset: "source", layersA: ["hidden2"], layersB: ["hidden2"], pooling: nil, sampleCount: 300,
          processes: processes))
    }
  }
}
