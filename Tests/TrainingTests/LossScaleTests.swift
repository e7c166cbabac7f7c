import Checkpoints
import Foundation
import TestSupport
import Testing
import Torch

@testable import Training

@Suite struct LossScaleTests {
  @Test func itIsHalvedByOverflowsAndDoubledAfterTwoThousandSteps() throws {
    var scale = LossScale()
    for _ in 0..<3 { scale.take(isFinite: false) }
    #expect(scale.value == 8192 && scale.skippedSteps == 3)
    for _ in 0..<1999 { scale.take(isFinite: true) }
    #expect(scale.value == 8192)
    scale.take(isFinite: true)
    #expect(scale.value == 16_384)
    let stored = try JSONDecoder().decode(LossScale.self, from: JSONEncoder().encode(scale))
    #expect(stored == scale)
    #expect(!scale.isSpent)
    for _ in 0..<15 { scale.take(isFinite: false) }
    #expect(scale.isSpent)
  }

  @Test func gradientsAreDividedByItAndMarkedWhereTheyAreNotFinite() throws {
    var scale = LossScale()
    scale.take(isFinite: false)
    let gradients = [try Tensor([32_768, -65_536] as [Float]), try Tensor([0] as [Float])]
    let (own, mark) = try scale.unscaled(gradients)
    #expect(try own.map { try $0.array(of: Float.self) } == [[1, -2], [0]])
    #expect(try mark?.item() == 0)
    #expect(try scale.unscaled([try Tensor([1, Float.infinity] as [Float])]).mark?.item() == 1)
    #expect(try scale.unscaled([try Tensor([Float.nan] as [Float])]).mark?.item() == 1)
  }

  /// A regularizer that pulls on weights and one that is a term of the loss: the first is added to gradients of the loss itself.
  @Test(arguments: ["l2-sp:alpha=0.5", "bss"])
  func regularizersActAsInFloat32(_ text: String) throws {
    let network = try SmallNetwork.perceptron(count: 640)
    var weights: [[Float]] = []
    var ratios: [Double] = []
    for precision in [Precision.float32, .float16] {
      let model = try network.model()
      let trainer = try network.trainer(model) {
        $0.precision = precision
        $0.learningRate = 0.02
        $0.regularizers = [try .init(parsing: text)]
      }
      let statistics = try trainer.runEpoch(1)
      #expect(statistics.skippedSteps == (precision == .float16 ? 0 : nil))
      weights.append(try #require(model.parameters["layers.0.weight"]).array(of: Float.self))
      ratios.append(try #require(statistics.doses.first).gradientRatio)
    }
    let worst = zip(weights[0], weights[1]).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst > 0 && worst < 2e-3, "\(worst)")
    #expect(ratios[0] > 0 && abs(ratios[1] / ratios[0] - 1) < 0.02, "\(ratios)")
  }

  /// Where gradients overflow without any scale, training ends, and nothing has moved.
  @Test func gradientsThatAreNeverFiniteEndTraining() throws {
    let network = try SmallNetwork.perceptron()
    let model = try network.model()
    model.preprocessing = Preprocessing(scale: 1, mean: [0], standardDeviation: [1e-4])
    try withoutGradients {
      for (name, factor) in [("layers.0.weight", 1e-5), ("layers.2.weight", 10), ("layers.4.weight", 1e4)] {
        let weight = try #require(model.parameters[name])
        try weight.copyInPlace(from: weight.multiply(by: factor))
      }
    }
    let trainer = try network.trainer(model) { $0.precision = .float16 }
    let before = try #require(model.parameters["layers.0.weight"]).array(of: Float.self)
    // As after 16 steps that overflowed.
    for _ in 0..<16 { trainer.progress.lossScale?.take(isFinite: false) }
    #expect(trainer.progress.lossScale?.value == 1)
    #expect(throws: TrainingError.gradientsNotFinite(epoch: 1, step: 1)) { try trainer.runEpoch(1) }
    #expect(try #require(model.parameters["layers.0.weight"]).array(of: Float.self) == before)
  }
}
