import Analysis
import Foundation
import Metrics
import TestSupport
import Testing
import Torch

/// Bounds of LEEP and NCE, on labels and probabilities drawn anew each time.
@Suite struct HeadScoreTests {
  private let seed = TestSeed.any()
  private let labels: [Int32]
  private let probabilities: Tensor

  init() throws {
    var random = RandomSource(seed: seed)
    labels = (0..<80).map { _ in Int32.random(in: 0..<4, using: &random) }
    let logits = try Tensor.zeros([80, 6], type: .float64)
    try logits.fillNormal(standardDeviation: 2, using: Generator(seed: seed))
    probabilities = try logits.softmax(along: 1)
  }

  /// `Σ_y P(y) log P(y)`.
  private var negativeEntropy: Double {
    let counts: [Int] = (0..<4).map { own in labels.count { $0 == Int32(own) } }
    return counts.reduce(0.0) { sum, count in
      let share = Double(count) / 80
      return share > 0 ? sum + share * log(share) : sum
    }
  }

  private func oneHot(_ classes: [Int32], _ count: Int) throws -> Tensor {
    let rows: [[Double]] = classes.map { own in (0..<count).map { $0 == Int(own) ? 1 : 0 } }
    return try Tensor(Array(rows.joined()), shape: [classes.count, count])
  }

  @Test func aSourceThatSettlesTheLabelsScoresZero() throws {
    // Two source classes for each target class.
    let settled = labels.enumerated().map { $1 * 2 + Int32($0 % 2) }
    #expect(try TransferScores.leep(oneHot(settled, 8), labels: labels) == 0)
    #expect(try TransferScores.nce(sourceLabels: settled, labels: labels) == 0)
    #expect(try TransferScores.leep(probabilities, labels: labels) < -0.1, "seed \(seed)")
  }

  @Test func aSourceThatSaysNothingScoresTheClassSizes() throws {
    let uniform = try Tensor([Double](repeating: 0.2, count: 400), shape: [80, 5])
    let leep = try TransferScores.leep(uniform, labels: labels)
    #expect(abs(leep - negativeEntropy) < 1e-12, "\(leep) for \(negativeEntropy), seed \(seed)")
    let nce = try TransferScores.nce(sourceLabels: [Int32](repeating: 9, count: 80), labels: labels)
    #expect(abs(nce - negativeEntropy) < 1e-12, "\(nce) for \(negativeEntropy), seed \(seed)")
  }

  @Test func leepOfCertainSourcesIsNCE() throws {
    let sourceLabels: [Int32] = try probabilities.argmax(along: 1).array()
    let leep = try TransferScores.leep(oneHot(sourceLabels, 6), labels: labels)
    let nce = try TransferScores.nce(sourceLabels: sourceLabels, labels: labels)
    #expect(abs(leep - nce) < 1e-12, "\(leep) for \(nce), seed \(seed)")
  }

  /// LEEP is the log-likelihood after one step of expectation-maximization from the class sizes, so at least theirs.
  /// Nguyen et al. 2020: it is at least the NCE of any labels plus their mean log-probability.
  @Test func leepKeepsItsBounds() throws {
    let leep = try TransferScores.leep(probabilities, labels: labels)
    #expect(leep <= 0 && leep >= negativeEntropy, "\(leep), \(negativeEntropy), seed \(seed)")
    let sourceLabels: [Int32] = try probabilities.argmax(along: 1).array()
    let nce = try TransferScores.nce(sourceLabels: sourceLabels, labels: labels)
    #expect(nce <= 0 && nce >= negativeEntropy, "\(nce), \(negativeEntropy), seed \(seed)")
    let values: [Double] = try probabilities.array()
    let own = sourceLabels.enumerated().map { index, source in log(values[index * 6 + Int(source)]) }
    let mean = own.reduce(0, +) / 80
    #expect(leep >= nce + mean, "\(leep), \(nce), \(mean), seed \(seed)")
  }

  @Test func theScaleOfTheMassDoesNotMatter() throws {
    // The same examples twice: frequencies stay.
    let twice = try Tensor.concatenated([probabilities, probabilities])
    let (one, two) = try (
      TransferScores.leep(probabilities, labels: labels), TransferScores.leep(twice, labels: labels + labels)
    )
    #expect(abs(one - two) < 1e-12, "\(one), \(two), seed \(seed)")
  }
}
