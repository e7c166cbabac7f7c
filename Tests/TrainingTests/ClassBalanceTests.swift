import Checkpoints
import Datasets
import Evaluation
import Metrics
import Models
import TestSupport
import Testing
import Torch

@testable import Training

@Suite struct ClassBalanceTests {
  private func split(_ labels: [Int32]) -> Split {
    Split(
      inputs: [InputArray(rows: TensorView([Float](repeating: 0, count: labels.count), shape: [labels.count, 1]))],
      labels: labels)
  }

  /// 6 examples, 3 classes: 6 / (3 · 3), 6 / (3 · 2), 6 / (3 · 1).
  @Test func balancedWeightsAreScikitLearns() throws {
    let weights = try #require(
      try ClassWeights.balanced.values(for: split([0, 0, 0, 1, 1, 2]), kind: Classification(), classCount: 3))
    for (weight, expected) in zip(weights, [2.0 / 3, 1, 2]) { #expect(abs(weight - expected) < 1e-12) }
    #expect(try ClassWeights.equal.values(for: split([0, 1]), kind: Classification(), classCount: 2) == nil)
    #expect(throws: TrainingError.self) {
      try ClassWeights.given([1, 2]).values(for: split([0]), kind: Classification(), classCount: 3)
    }
  }

  @Test(arguments: ["", "1,", "-1,2", "rare", "0,0", "nan,1"])
  func whatIsNoWeightIsRefused(_ text: String) { #expect(ClassWeights(text) == nil) }

  /// Logits (0, 0) cost log 2 each; with weights 3 and 1 the mean of (log 2, −log σ(1)) is (3 log 2 + l) / 4.
  @Test func weightsAreThoseOfPyTorchsMean() throws {
    let logits = try Tensor([0, 0, 0, 1] as [Float], shape: [2, 2])
    let loss = try logits.crossEntropy(
      with: Tensor([0, 1] as [Int64]), classWeights: Tensor([3, 1] as [Float])
    ).item()
    #expect(abs(loss - (3 * 0.693147 + 0.313262) / 4) < 1e-5)
  }

  @Test func weightedBatchesAccumulateToOneLargeBatch() throws {
    let network = try SmallNetwork.perceptron()
    let (large, small) = (try network.model(), try network.model())
    _ = try network.trainer(large) {
      $0.batchSize = 32
      $0.classWeights = .given([1, 5])
    }.runEpoch(1)
    _ = try network.trainer(small) {
      $0.batchSize = 8
      $0.accumulation = 4
      $0.classWeights = .given([1, 5])
    }.runEpoch(1)
    #expect(largestDifference(try large.values(), try small.values()) < 1e-6)
  }

  @Test func evenSamplesAreEven() {
    let seed = TestSeed.any()
    var random = RandomSource(seed: seed)
    let rare = split((0..<4000).map { $0 < 40 ? 1 : 0 })
    let sample = rare.evenSample(using: &random)
    let count = sample.count { rare.labels[$0] == 1 }
    // Binomial: 2000 ± 32; eight deviations.
    #expect(sample.count == 4000 && abs(count - 2000) < 256, "seed \(seed)")
  }
}
