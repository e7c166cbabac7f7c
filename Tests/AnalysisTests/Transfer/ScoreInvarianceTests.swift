import Foundation
import TestSupport
import Testing
import Torch

@testable import Analysis

/// What must hold of the scores whatever the features; drawn anew each time.
@Suite struct ScoreInvarianceTests {
  /// Features of classes in turn.
  private struct Draw {
    let seed = TestSeed.any()
    let features: Tensor
    let labels: [Int32]

    /// - Parameter signal: how far apart the classes are, in deviations.
    init(_ count: Int, _ width: Int, classes: Int = 4, signal: Double) throws {
      let generator = try Generator(seed: seed)
      func normal(_ shape: [Int], _ deviation: Double) throws -> Tensor {
        let tensor = try Tensor.zeros(shape, type: .float64)
        try tensor.fillNormal(standardDeviation: deviation, using: generator)
        return tensor
      }
      labels = (0..<count).map { Int32($0 % classes) }
      let centres = try normal([classes, width], signal).selecting(Tensor(labels.map(Int.init)), along: 0)
      // Directions of different sizes.
      let scales = try Tensor((0..<width).map { signal == 0 ? 1 : 1 + Double($0 % 5) })
      features = try normal([count, width], 1).multiply(scales).add(centres)
    }

    /// The features mirrored at a random plane, an orthogonal map that mixes all of them.
    func mirrored() throws -> Tensor {
      let width = features.shape[1]
      let normal = try Tensor.zeros([width, 1], type: .float64)
      try normal.fillUniform(0.5...1.5, using: Generator(seed: seed &+ 1))
      let size = try normal.squared().sum().item()
      let along = try features.matrixProduct(normal)
      return try features.add(along.matrixProduct(normal.transposed()), scaledBy: -2 / size)
    }
  }

  private static let sizes = [(90, 7), (40, 70)]

  @Test(arguments: sizes) func rotatingFeaturesChangesNothing(_ count: Int, _ width: Int) throws {
    let draw = try Draw(count, width, signal: 1)
    let mirrored = try draw.mirrored()
    #expect(try mirrored.subtract(draw.features).absolute().maximum().item() > 0.1)
    let (before, after) = try (
      TransferScores.logME(draw.features, labels: draw.labels), TransferScores.logME(mirrored, labels: draw.labels)
    )
    #expect(abs(before - after) < 1e-10, "\(before), \(after), seed \(draw.seed)")
    for isShrunk in [false, true] {
      let (before, after) = try (
        HScore(draw.features, labels: draw.labels, isShrunk: isShrunk),
        HScore(mirrored, labels: draw.labels, isShrunk: isShrunk)
      )
      #expect(abs(before.value - after.value) < 1e-10, "\(before), \(after), seed \(draw.seed)")
    }
  }

  @Test(arguments: sizes) func scalingAndShiftingLeaveTheHScores(_ count: Int, _ width: Int) throws {
    let draw = try Draw(count, width, signal: 1)
    let moved = try draw.features.multiply(by: 250).add(Tensor([-90.0]))
    for isShrunk in [false, true] {
      let (before, after) = try (
        HScore(draw.features, labels: draw.labels, isShrunk: isShrunk),
        HScore(moved, labels: draw.labels, isShrunk: isShrunk)
      )
      #expect(abs(before.value - after.value) < 1e-9, "\(before), \(after), seed \(draw.seed)")
    }
  }

  /// Its own variance is the unit of each direction, unless the covariance is shrunk.
  @Test func stretchingFeaturesLeavesThePlainHScoreOnly() throws {
    let draw = try Draw(90, 7, signal: 1)
    let stretched = try draw.features.multiply(Tensor((0..<7).map { pow(3, Double($0)) }))
    func both(_ isShrunk: Bool) throws -> (Double, Double) {
      try (
        HScore(draw.features, labels: draw.labels, isShrunk: isShrunk).value,
        HScore(stretched, labels: draw.labels, isShrunk: isShrunk).value
      )
    }
    let (plain, shrunk) = try (both(false), both(true))
    #expect(abs(plain.0 - plain.1) < 1e-9, "\(plain), seed \(draw.seed)")
    #expect(abs(shrunk.0 - shrunk.1) > 1e-3, "\(shrunk), seed \(draw.seed)")
  }

  /// The evidence at its maximum does not depend on the scale: what is left is the tolerance's.
  @Test func logMEHardlyDependsOnTheScale() throws {
    let draw = try Draw(200, 7, signal: 1)
    let values = try [0.3, 1, 10].map {
      try TransferScores.logME(draw.features.multiply(by: $0), labels: draw.labels)
    }
    #expect(values.allSatisfy { abs($0 - values[1]) < 1e-3 }, "\(values), seed \(draw.seed)")
  }

  /// Features that are always 0 add nothing; `width × width` of these would be 5 GB.
  @Test func deadFeaturesAddNothing() throws {
    let draw = try Draw(60, 5, signal: 1)
    let padded = try Tensor.concatenated([draw.features, Tensor.zeros([60, 24_995], type: .float64)], along: 1)
    let (before, after) = try (
      TransferScores.logME(draw.features, labels: draw.labels), TransferScores.logME(padded, labels: draw.labels)
    )
    #expect(abs(before - after) < 1e-10, "\(before), \(after), seed \(draw.seed)")
    let scores = try [draw.features, padded].map { try HScore($0, labels: draw.labels, isShrunk: false).value }
    #expect(abs(scores[0] - scores[1]) < 1e-10, "\(scores), seed \(draw.seed)")
    let shrunk = try HScore(padded, labels: draw.labels)
    #expect(shrunk.isShrunk && shrunk.value > 0 && shrunk.value < scores[0], "\(shrunk), seed \(draw.seed)")
  }

  /// Of independent labels the plain score is expected to be width (classes − 1)/(n − 1), here 150 · 3/299 = 1.51, and
  /// all of 3 where features outnumber examples; the shrunk one 3 r/(1 + r), r = 2 width/n²: here 300/90,000, so 0.01,
  /// and 2000/10,000, so 0.5. The bounds are six standard deviations, or more, of a thousand draws.
  @Test func independentLabelsScoreLittleWhenShrunk() throws {
    let draw = try Draw(300, 150, signal: 0)
    let plain = try HScore(draw.features, labels: draw.labels, isShrunk: false)
    #expect(abs(plain.value - 1.51) < 0.4, "\(plain), seed \(draw.seed)")
    let shrunk = try HScore(draw.features, labels: draw.labels)
    #expect(shrunk.isShrunk && shrunk.value >= 0 && shrunk.value < 0.15, "\(shrunk), seed \(draw.seed)")
    let wide = try Draw(100, 1000, signal: 0)
    let most = try HScore(wide.features, labels: wide.labels, isShrunk: false)
    #expect(abs(most.value - 3) < 1e-9, "\(most), seed \(wide.seed)")
    let some = try HScore(wide.features, labels: wide.labels)
    #expect(abs(some.value - 0.5) < 0.3, "\(some), seed \(wide.seed)")
  }

  @Test func thePlainHScoreIsTakenWhereExamplesAreMoreThanTenAFeature() throws {
    #expect(HScore.needsShrinking(exampleCount: 70, width: 7) && !HScore.needsShrinking(exampleCount: 71, width: 7))
    for (count, isShrunk) in [(70, true), (71, false)] {
      let draw = try Draw(count, 7, signal: 1)
      let score = try HScore(draw.features, labels: draw.labels)
      #expect(score.isShrunk == isShrunk && (score.shrinkage > 0) == isShrunk, "\(score), seed \(draw.seed)")
    }
  }

  @Test func labelsThatBelongToTheFeaturesScoreHigherThanOthers() throws {
    let draw = try Draw(120, 10, signal: 5)
    let others = (0..<120).map { Int32($0 / 30) }
    #expect(
      try TransferScores.logME(draw.features, labels: draw.labels)
        > TransferScores.logME(draw.features, labels: others) + 0.2, "seed \(draw.seed)")
    for isShrunk in [false, true] {
      #expect(
        try HScore(draw.features, labels: draw.labels, isShrunk: isShrunk).value
          > HScore(draw.features, labels: others, isShrunk: isShrunk).value + 0.5, "seed \(draw.seed)")
    }
  }

  @Test func theNumbersOfTheClassesDoNotMatter() throws {
    let draw = try Draw(50, 6, signal: 1)
    let renamed = draw.labels.map { [7, 0, 30, 2][Int($0)] as Int32 }
    let pairs = try [
      (
        TransferScores.logME(draw.features, labels: draw.labels), TransferScores.logME(draw.features, labels: renamed)
      ),
      (HScore(draw.features, labels: draw.labels).value, HScore(draw.features, labels: renamed).value),
      (
        TransferScores.leep(draw.features.softmax(along: 1), labels: draw.labels),
        TransferScores.leep(draw.features.softmax(along: 1), labels: renamed)
      ),
      (
        TransferScores.nce(sourceLabels: others(50), labels: draw.labels),
        TransferScores.nce(sourceLabels: others(50), labels: renamed)
      ),
    ]
    for (index, pair) in pairs.enumerated() {
      #expect(abs(pair.0 - pair.1) < 1e-12, "score \(index): \(pair), seed \(draw.seed)")
    }
  }

  private func others(_ count: Int) -> [Int32] { (0..<count).map { Int32($0 / 5 % 3) } }

  /// The evidence of y ~ N(0, I/β) at β = n/n_c is (log(n/n_c) − 1 − log 2π)/2 an example: n/n_c = 4 here.
  @Test func aDeadLayerHasScores() throws {
    for width in [3, 30] {
      let dead = try Tensor.zeros([20, width])
      let labels = (0..<20).map { Int32($0 % 4) }
      let found = try TransferScores.logME(dead, labels: labels)
      #expect(abs(found - (log(4) - 1 - log(2 * .pi)) / 2) < 1e-14, "\(found)")
      for isShrunk in [false, true] { #expect(try HScore(dead, labels: labels, isShrunk: isShrunk).value == 0) }
    }
  }

  @Test func featuresThatTellTheClassesExactlyScoreHighAndFinite() throws {
    let draw = try Draw(40, 3, signal: 1)
    let exact = try Tensor.indicators(of: draw.labels.map(Int.init), classCount: 4, device: .cpu)
    let score = try TransferScores.logME(exact, labels: draw.labels)
    #expect(score.isFinite && score > 10, "\(score)")
    let hScore = try HScore(exact, labels: draw.labels, isShrunk: false).value
    #expect(abs(hScore - 3) < 1e-12, "\(hScore)")
  }

  @Test func whatIsNotFiniteIsRefused() throws {
    let features = try Tensor([1, .nan, 2, 3], shape: [2, 2] as [Int])
    #expect(throws: TorchError.self) { try TransferScores.logME(features, labels: [0, 1]) }
    #expect(throws: TorchError.self) { try HScore(features, labels: [0, 1]) }
    #expect(throws: AnalysisError.notFinite("the source head's output")) {
      try TransferScores.leep(features, labels: [0, 1])
    }
  }
}
