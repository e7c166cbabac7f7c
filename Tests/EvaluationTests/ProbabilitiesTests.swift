import Checkpoints
import Datasets
import Foundation
import HDF5
import Models
import Programs
import Testing
import Torch

@testable import Evaluation

@Suite struct ProbabilitiesTests {
  /// A linear head on two numbers.
  private func model(_ weights: [Float], classCount: Int) throws -> Model {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 1, 2], classCount: classCount, hiddenSizes: []))
    let model = try Model(
      initializing: program, task: "t", classNames: (0..<classCount).map { "\($0)" }, seed: 0)
    for (_, tensor) in model.parameters {
      try tensor.copyInPlace(
        from: tensor.shape.count == 2
          ? Tensor(weights, shape: tensor.shape) : Tensor([Float](repeating: 0, count: classCount)))
    }
    return model
  }

  private let split = Split(
    inputs: [InputArray(rows: TensorView([1, 0, 0, 1] as [Float], shape: [2, 1, 1, 2]))], labels: [0, 0])

  @Test func theLikeliestStandFirstAndEqualOnesInTheirOrder() throws {
    // Logits of the first example: 0, ln 3, 0; of the second: ln 2, 0, ln 2.
    let (three, two) = (Float(log(3.0)), Float(log(2.0)))
    let model = try model([0, two, three, 0, 0, two], classCount: 3)
    let (count, found) = try model.likeliestClasses(9, of: split, dataset: "d", batchSize: 1)
    #expect(count == 3 && found.map { $0.map(\.label) } == [[1, 0, 2], [0, 2, 1]])
    for (found, wanted) in zip(found.flatMap { $0 }, [0.6, 0.2, 0.2, 0.4, 0.4, 0.2]) {
      #expect(abs(found.probability - wanted) < 1e-6, "\(found.probability), expected \(wanted)")
    }
    #expect(try model.likeliestClasses(1, of: split, dataset: "d").examples.map { $0.map(\.label) } == [[1], [0]])
  }

  @Test func whatIsNoRowOfScoresIsRefused() throws {
    let model = try model([1, 2], classCount: 1)
    #expect(throws: EvaluationError.noClassScores(task: "t", shape: [2, 1])) {
      try model.likeliestClasses(1, of: split, dataset: "d")
    }
  }
}
