import Analysis
import Foundation
import TestSupport
import Testing
import Torch

/// How often the 95 % interval of CKA holds the truth, where that is known.
///
/// `LETHE_SIMULATIONS=1 swift test --filter CKACoverageTests` prints the coverage at 256, 1,000 and 4,000 examples.
@Suite struct CKACoverageTests {
  /// Features of two layers on the same examples, with the CKA of all the examples there could be.
  private struct Population {
    let name: String
    let truth: Double
    let draw: (_ count: Int, Generator) throws -> (Tensor, Tensor)
  }

  private static func normal(_ shape: [Int], _ generator: Generator) throws -> Tensor {
    let tensor = try Tensor.zeros(shape)
    try tensor.fillNormal(standardDeviation: 1, using: generator)
    return tensor
  }

  /// `Y = ρX + √(1 − ρ²) N` with the same covariance as X: CKA is ρ².
  private static func correlated(_ correlation: Double) throws -> Population {
    let spectrum = try Tensor((1...32).map { Float(1 / Double($0).squareRoot()) }, shape: [1, 32])
    return Population(name: "correlated by \(correlation)", truth: correlation * correlation) { count, generator in
      let x = try normal([count, 32], generator)
      let noise = try normal([count, 32], generator).multiply(by: (1 - correlation * correlation).squareRoot())
      return (try x.multiply(spectrum), try x.multiply(by: correlation).add(noise).multiply(spectrum))
    }
  }

  /// Ten classes, each a point in both layers, with unit noise of each layer's own: CKA from the points' covariances.
  private static func classes(distance: Double, seed: UInt64) throws -> Population {
    let generator = try Generator(seed: seed)
    let points = try (0..<2).map { _ in
      try normal([10, 24], generator).multiply(by: distance)
    }
    let centered = try points.map { try $0.to(.float64).subtract($0.to(.float64).mean(along: [0], keepsAxes: true)) }
    func square(_ a: Tensor, _ b: Tensor, plusIdentity: Bool) throws -> Double {
      let product = try a.transposed().matrixProduct(b).multiply(by: 0.1)
      // ‖C + I‖² = ‖C‖² + 2 tr C + 24
      return try product.squared().sum().item() + (plusIdentity ? 2 * product.diagonal().sum().item() + 24 : 0)
    }
    let truth =
      try square(centered[0], centered[1], plusIdentity: false)
      / (square(centered[0], centered[0], plusIdentity: true) * square(centered[1], centered[1], plusIdentity: true))
      .squareRoot()
    return Population(name: "classes \(distance) apart", truth: truth) { count, generator in
      let draws = try Tensor.zeros([count])
      try draws.fillUniform(0...10, using: generator)
      let labels = try Tensor(draws.array(of: Double.self).map { Int64(min(9, $0)) })
      func features(_ points: Tensor) throws -> Tensor {
        try points.selecting(labels, along: 0).add(normal([count, 24], generator))
      }
      return (try features(points[0]), try features(points[1]))
    }
  }

  private static func populations() throws -> [Population] {
    try [0.25, 0.6, 0.9, 0.995].map(correlated) + [classes(distance: 0.5, seed: 3), classes(distance: 2, seed: 4)]
  }

  /// How often each population's interval held its truth.
  private func coverage(count: Int, batch: Int, repetitions: Int, seed: UInt64) throws -> [Double] {
    let populations = try Self.populations()
    let generator = try Generator(seed: seed)
    let names = populations.map(\.name)
    var hits = [Int](repeating: 0, count: populations.count)
    for _ in 0..<repetitions {
      var accumulator = CKAAccumulator(estimator: .debiased, layersA: names, layersB: names)
      for _ in stride(from: 0, to: count, by: batch) {
        let features = try populations.map { try $0.draw(batch, generator) }
        try accumulator.add(features.map(\.0), features.map(\.1))
      }
      for (index, entry) in try accumulator.similarity().diagonal.enumerated() {
        if (entry.low...entry.high).contains(populations[index].truth) { hits[index] += 1 }
      }
    }
    let shares = zip(populations, hits).map { population, hits in
      let truth = String(format: "%.3f", population.truth)
      return Simulation(
        "CKA of \(count) examples in batches of \(batch), \(population.name), truth \(truth)", "covered", hits: hits,
        of: repetitions
      ).share
    }
    return shares
  }

  @Test(arguments: [128, 256]) func nineteenOfTwentyIntervalsHoldTheTruth(_ batch: Int) throws {
    let repetitions = 300
    let shares = try coverage(count: 256, batch: batch, repetitions: repetitions, seed: 20)
    let mean = shares.reduce(0, +) / Double(shares.count)
    #expect((0.93...0.97).contains(mean), "\(mean)")
    #expect(shares.allSatisfy(bounds(repetitions).contains), "\(shares)")
  }

  /// From 93 to 97 %, give or take three standard errors of so many repetitions.
  private func bounds(_ repetitions: Int) -> ClosedRange<Double> {
    let error = 3 * (0.05 * 0.95 / Double(repetitions)).squareRoot()
    return (0.93 - error)...(0.97 + error)
  }

  @Test(.enabled(if: Simulation.isFull))
  func coverageAtMoreExamples() throws {
    for (count, batch, repetitions) in [
      (4000, 125, 200), (1000, 125, 1000), (256, 64, 1000), (256, 128, 1000), (256, 256, 1000), (1000, 1000, 200),
    ] {
      let shares = try coverage(count: count, batch: batch, repetitions: repetitions, seed: 21)
      #expect(shares.allSatisfy(bounds(repetitions).contains), "\(count), \(batch): \(shares)")
    }
  }
}
