import Checkpoints
import Datasets
import Foundation
import Models
import Programs
import Testing
import Torch

@testable import Training

/// The Fisher information of logistic regression, worked by hand.
@Suite struct ImportanceEstimateTests {
  /// One linear layer of 3 inputs and 2 classes, and four examples.
  private func logisticRegression() throws -> (Model, Split, weights: [[Double]], inputs: [[Double]], labels: [Int]) {
    var builder = ProgramBuilder(architecture: "logistic")
    let input = builder.input("input", shape: [3])
    let logits = builder.linear(input, inputCount: 3, outputCount: 2, layer: "fc")
    let program = try builder.build(outputs: [logits], head: "fc")
    let weights: [[Double]] = [[0.5, -1, 0.25], [-0.5, 0.75, 1]]
    let inputs: [[Double]] = [[1, 2, -1], [0.5, 0, 3], [-2, 1, 0.5], [0, -1, 1]]
    let labels = [0, 1, 1, 0]
    let parameters: [String: TensorView] = [
      "fc.weight": TensorView(weights.joined().map(Float.init), shape: [2, 3]),
      "fc.bias": TensorView([0, 0] as [Float], shape: [2]),
    ]
    let model = try Model(
      Checkpoint(
        program: program, task: "t", parameters: parameters,
        heads: ["t": Head(tensors: parameters, classNames: ["a", "b"], labelMap: [0, 1])]))
    for tensor in model.parameters.values { try tensor.setRequiresGradient(true) }
    let rows = TensorView(inputs.joined().map(Float.init), shape: [4, 3])
    let split = Split(inputs: [InputArray(rows: rows)], labels: labels.map { Int32($0) })
    return (model, split, weights, inputs, labels)
  }

  private func probabilities(_ weights: [[Double]], _ input: [Double]) -> [Double] {
    let scores = weights.map { row in zip(row, input).reduce(0) { $0 + $1.0 * $1.1 } }
    let total = scores.reduce(0) { $0 + exp($1) }
    return scores.map { exp($0) / total }
  }

  private func compare(_ measure: ImportanceEstimate.Measure, _ expected: (Int, Int) -> Double) throws {
    let (model, split, _, _, _) = try logisticRegression()
    let weight = try #require(model.parameters["fc.weight"])
    let estimate = try ImportanceEstimate(measure, of: [weight], in: model, on: split, batchSize: 4)
    let found = try estimate.values[0].array(of: Double.self)
    for row in 0..<2 {
      for column in 0..<3 {
        let (value, truth) = (found[row * 3 + column], expected(row, column))
        #expect(
          abs(value - truth) < 1e-6 * max(1, truth), "\(measure) [\(row), \(column)]: \(value), expected \(truth)")
      }
    }
  }

  @Test func exactFisherIsTheClosedForm() throws {
    // ∂log p_y/∂W_ck = (1[y = c] − p_c) x_k. Its square, expected over y ~ p: p_c (1 − p_c) x_k².
    let (_, _, weights, inputs, _) = try logisticRegression()
    try compare(.exact) { row, column in
      inputs.reduce(0) { sum, input in
        let p = probabilities(weights, input)[row]
        return sum + p * (1 - p) * input[column] * input[column] / 4
      }
    }
  }

  @Test func onlyLabelsThatHardlyCountAreLeftOut() {
    #expect(ImportanceEstimate.likelyLabels([0.5, 0.49, 0.01]) == [2, 1, 0])
    // 6e-5 alone is below 1/10,000; with 5e-5 it is not.
    #expect(ImportanceEstimate.likelyLabels([6e-5, 0.99989, 5e-5]) == [0, 1])
    #expect(ImportanceEstimate.likelyLabels([1, 0, 0]) == [0])
  }

  @Test func empiricalFisherTakesTheTrueLabels() throws {
    let (_, _, weights, inputs, labels) = try logisticRegression()
    try compare(.empirical) { row, column in
      zip(inputs, labels).reduce(0) { sum, example in
        let slope = ((example.1 == row ? 1 : 0) - probabilities(weights, example.0)[row]) * example.0[column]
        return sum + slope * slope / 4
      }
    }
  }

  @Test func batchedFisherSquaresTheMeanGradient() throws {
    let (_, _, weights, inputs, labels) = try logisticRegression()
    try compare(.batched) { row, column in
      let mean = zip(inputs, labels).reduce(0) { sum, example in
        sum + ((example.1 == row ? 1 : 0) - probabilities(weights, example.0)[row]) * example.0[column] / 4
      }
      return mean * mean
    }
  }

  @Test func outputSensitivityIsTheMeanAbsoluteSlope() throws {
    // ∂‖z‖²/∂W_ck = 2 z_c x_k.
    let (_, _, weights, inputs, _) = try logisticRegression()
    try compare(.outputSensitivity) { row, column in
      inputs.reduce(0) { sum, input in
        let score = zip(weights[row], input).reduce(0) { $0 + $1.0 * $1.1 }
        return sum + abs(2 * score * input[column]) / 4
      }
    }
  }
}
