import Checkpoints
import Datasets
import Findings
import Foundation
import Metrics
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Evaluation

/// Evaluation that several processes share: to the bit what one process comes to.
@Suite(.serialized) struct SharedPassTests {
  private struct Figures: Equatable, Sendable {
    var scores: [UInt64]
    var predictions: [Int32]
    var sums: ExampleSums?
    var confidences: ConfidenceSums?
    var divergence: [UInt64]

    init(_ result: EvaluationResult, _ divergence: OutputDivergence?) {
      scores = ([result.value, result.loss] + result.scored.further.map(\.value)).map(\.bitPattern)
      (predictions, sums, confidences) = (result.predictions, result.sums, result.confidences)
      self.divergence = divergence.map { [$0.value, $0.low, $0.high].map(\.bitPattern) } ?? []
    }
  }

  /// A model's figures on its test examples, and how far a little change of its weights moved its answers.
  private static func figures(_ name: String, by processes: ProcessGroup?) throws -> Figures {
    let data = try Dataset.load(Repository.fixture("kinds/\(name).h5"))
    let model = try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/\(name).pt2"), task: name))
    let kind = try TaskKinds.kind(of: data, for: model)
    let meter =
      kind.outputMeaning == nil
      ? nil
      : try DivergenceMeter(
        of: model, task: name, on: data.test, dataset: name, kind: kind, labelKind: kind)
    try withoutGradients {
      for parameter in model.parameters.values where parameter.type == .float32 {
        try parameter.copyInPlace(from: parameter.multiply(by: 1.01))
      }
    }
    let evaluator = Evaluator(batchSize: 7, measuresConfidence: true, processes: processes)
    return Figures(
      try evaluator.evaluate(model, on: data.test, dataset: name, kind: kind),
      try meter?.measure(model, by: processes))
  }

  @Test(arguments: ["lm", "tags", "pixels", "many", "numbers", "binary"], [2, 3])
  func everyKindHasTheBitsOfOneProcess(name: String, count: Int) throws {
    let one = try Self.figures(name, by: nil)
    let all = try ranks(count) { _, environment in
      let place = try #require(try ProcessPlace.named(by: environment))
      return try Self.figures(name, by: ProcessGroup(place, timeout: 60))
    }
    #expect(all == Array(repeating: one, count: count))
    #expect(one.sums?.count ?? 0 > 7, "more than one batch is shared")
  }

  @Test func classesHaveTheBitsOfOneProcessAndProcessesWithoutABatchToo() throws {
    @Sendable func figures(_ batchSize: Int, _ processes: ProcessGroup?) throws -> Figures {
      let data = try Dataset.load(Repository.fixture("fashion-mnist-small") + ":0-4")
      let options = ArchitectureOptions(inputShape: [1, 28, 28], classCount: 5, hiddenSizes: [8])
      let program = try Architecture.mlp.program(options: options)
      let model = try Model(initializing: program, task: "a", classNames: data.classNames, seed: 3)
      return Figures(
        try Evaluator(batchSize: batchSize, measuresConfidence: true, processes: processes)
          .evaluate(model, on: data.test, dataset: "a"), nil)
    }
    for batchSize in [32, 100_000] {
      let one = try figures(batchSize, nil)
      let all = try ranks(3) { _, environment in
        let place = try #require(try ProcessPlace.named(by: environment))
        return try figures(batchSize, ProcessGroup(place, timeout: 60))
      }
      #expect(all == Array(repeating: one, count: 3))
      #expect(one.predictions.count > 32)
    }
  }

  private static func trained(_ data: Datasets.Dataset) throws -> Model {
    let options = ArchitectureOptions(inputShape: [1, 28, 28], classCount: 5, hiddenSizes: [8])
    return try Model(
      initializing: Architecture.mlp.program(options: options), task: "a", classNames: data.classNames, seed: 3)
  }

  /// Of the batches that are left, each process has some of the versions: one batch, two, three and four among three.
  @Test(arguments: [200, 60, 40, 30]) func versionsHaveTheBitsOfOneProcess(batchSize: Int) throws {
    @Sendable func figures(_ processes: ProcessGroup?) throws -> [Figures] {
      let data = try Dataset.load(Repository.fixture("fashion-mnist-small") + ":0-4")
      let model = try Self.trained(data)
      let versions = try (0..<5).map { number in
        try withoutGradients {
          var version: [String: Tensor] = [:]
          for (place, name) in model.parameters.keys.sorted().enumerated() where place >= number {
            version[name] = try model.parameters[name]?.multiply(by: 0.5)
          }
          return version
        }
      }
      return try Evaluator(batchSize: batchSize, measuresConfidence: true, processes: processes)
        .evaluate(model, versions: versions, on: data.test, dataset: "a").map { Figures($0, nil) }
    }
    let one = try figures(nil)
    let all = try ranks(3) { _, environment in
      let place = try #require(try ProcessPlace.named(by: environment))
      return try figures(ProcessGroup(place, timeout: 60))
    }
    #expect(all == Array(repeating: one, count: 3))
    #expect(one.count == 5 && one[0] != one[4] && one[0].predictions.count == 100)
  }

  @Test func statisticsHaveTheBitsOfOneProcess() throws {
    @Sendable func statistics(_ processes: ProcessGroup?) throws -> [String: [UInt8]] {
      let data = try Dataset.load(Repository.fixture("fashion-mnist-small") + ":0-4")
      let options = ArchitectureOptions(inputShape: [1, 28, 28], classCount: 5)
      let model = try Model(
        initializing: Architecture.resnet18.program(options: options), task: "a", classNames: data.classNames, seed: 3)
      let layers = try model.reestimateNormalization(
        on: data.train, dataset: "a", batchSize: 8, count: 33, processes: processes)
      guard layers.count == 20 else { return [:] }
      return try model.buffers.mapValues { try $0.bytes() }
    }
    let one = try statistics(nil)
    let all = try ranks(2) { _, environment in
      let place = try #require(try ProcessPlace.named(by: environment))
      return try statistics(ProcessGroup(place, timeout: 60))
    }
    #expect(all == [one, one] && one.count > 40)
  }

  @Test func workIsDealtOnceAndKnownToAll() throws {
    let costs = [1.0, 9, 2, 2, 2, 2]
    let all = try ranks(3) { rank, environment in
      let place = try #require(try ProcessPlace.named(by: environment))
      var done: [Int] = []
      let found = try SharedPass(over: ProcessGroup(place, timeout: 60)).dealt(costs) { piece in
        done.append(piece)
        return try (0...piece % 2).map { try Tensor([Double(10 * piece + $0)]) }
      }
      return (done, try found.map { try $0.map { try $0.array(of: Double.self)[0] } })
    }
    // The longest to the first one, the others to whoever has least.
    #expect(all[0].0 == [1] && all.flatMap(\.0).sorted() == Array(costs.indices), "\(all.map(\.0))")
    #expect(all.dropFirst().allSatisfy { $0.0.count > 1 })
    let expected = costs.indices.map { piece in (0...piece % 2).map { Double(10 * piece + $0) } }
    #expect(all.allSatisfy { $0.1 == expected })
  }
}
