import Findings
import Foundation
import Metrics
import TestSupport
import Testing
import Torch

@testable import Analysis

/// How often the intervals of similarities of subspaces, and of what probes lost, hold the truth.
///
/// An interval speaks of which examples were drawn, so the truth is what the measure is on average of so many examples:
/// canonical correlations of few are too high, which the interval does not mend. Procrustes, whose bias is small, is also
/// judged by what it is of all examples there could be.
/// `LETHE_SIMULATIONS=1 swift test --filter SubspaceCoverageTests` repeats it more often.
@Suite struct SubspaceCoverageTests {
  /// Two layers of ten directions whose variances fall off, correlated direction by direction.
  private static func features(_ count: Int, _ correlation: Double, _ generator: Generator) throws -> (Tensor, Tensor) {
    let spectrum = try Tensor((1...10).map { Float(1 / Double($0).squareRoot()) }, shape: [1, 10])
    func normal() throws -> Tensor {
      let tensor = try Tensor.zeros([count, 10])
      try tensor.fillNormal(standardDeviation: 1, using: generator)
      return tensor
    }
    let x = try normal()
    let noise = try normal().multiply(by: (1 - correlation * correlation).squareRoot())
    return (try x.multiply(spectrum), try x.multiply(by: correlation).add(noise).multiply(spectrum))
  }

  @Test(arguments: SubspaceMeasure.allCases) func aSimilarityIsWithinItsInterval(_ measure: SubspaceMeasure) throws {
    for (count, correlation) in [(250, 0.5), (250, 0.9), (1000, 0.9)] where Simulation.isFull || count < 1000 {
      let generator = try Generator(seed: 51)
      let repetitions = Simulation.repetitions(600, few: 120)
      let entries = try (0..<repetitions).map { (index: Int) -> LayerSimilarity.Entry in
        let (a, b) = try Self.features(count, correlation, generator)
        return try LayerSimilarity(measure, [("l", a)], [("l", b)], seed: UInt64(index)).diagonal[0]
      }
      let truth = entries.map(\.value).reduce(0, +) / Double(repetitions)
      let name = "\(measure.rawValue) of \(count) examples, truth \(NSString(format: "%.3f", truth))"
      let covered = Simulation(
        name, "covered", hits: entries.count { $0.low <= truth && truth <= $0.high }, of: repetitions)
      #expect(covered.isWithin(0.9...0.985), "\(name): \(covered.share)")
    }
  }

  /// `tr(Σ ρ) / tr Σ` is ρ where every direction is correlated alike.
  @Test func procrustesHoldsWhatAllExamplesWouldGive() throws {
    let generator = try Generator(seed: 52)
    let covered = try Simulation(
      "procrustes of 1000 examples, truth of all examples 0.900", "covered", Simulation.repetitions(600, few: 100)
    ) { index in
      let (a, b) = try Self.features(1000, 0.9, generator)
      let entry = try LayerSimilarity(.procrustes, [("l", a)], [("l", b)], seed: UInt64(index)).diagonal[0]
      return entry.low <= 0.9 && 0.9 <= entry.high
    }
    #expect(covered.isWithin(0.9...0.985), "\(covered.share)")
  }

  /// Probes judged on the same examples: right with probability 0.9 before, some of these wrong after, some others right.
  @Test func whatAProbeLostIsWithinItsInterval() {
    for (lost, gained) in [(0.1, 0.02), (0.05, 0.05)] {
      var random = RandomSource(seed: 53)
      let repetitions = Simulation.repetitions(1000, few: 150)
      var alarms = 0
      let covered = Simulation("probe drop of 1000 examples, \(lost) lost, \(gained) gained", "covered", repetitions) {
        _ in
        var (before, after): ([Bool], [Bool]) = ([], [])
        for _ in 0..<1000 {
          let draw = random.uniform()
          before.append(draw < lost || draw > lost + gained)
          after.append(draw >= lost)
        }
        func probe(_ isCorrect: [Bool]) -> LinearProbe {
          LinearProbe(layer: "l", accuracy: accuracy(isCorrect), isCorrect: isCorrect, penalty: 1)
        }
        let drop = probe(before).drop(to: probe(after))
        if drop.low > 0 || drop.high < 0 { alarms += 1 }
        return drop.low <= lost - gained && lost - gained <= drop.high
      }
      #expect(covered.isWithin(0.93...0.97), "\(covered.share)")
      if lost == gained {
        let alarms = Simulation("probe drop of layers that lost nothing", "false alarm", hits: alarms, of: repetitions)
        #expect(alarms.isWithin(0...0.06), "\(alarms.share)")
      }
    }
  }

  /// Two networks whose layer is the same: no difference of similarity from 1 is claimed.
  @Test(arguments: SubspaceMeasure.allCases) func ofEqualLayersNoChangeIsClaimed(_ measure: SubspaceMeasure) throws {
    let generator = try Generator(seed: 54)
    let alarms = try Simulation("\(measure.rawValue) of equal layers", "false alarm", 20) { index in
      let (a, _) = try Self.features(250, 0.9, generator)
      let entry = try LayerSimilarity(measure, [("l", a)], [("l", a)], seed: UInt64(index)).diagonal[0]
      return entry.high < 1 - 1e-9
    }
    #expect(alarms.hits == 0)
  }

  /// The jackknife by downdated products is the same as measuring what each group leaves behind anew.
  @Test(arguments: [SubspaceMeasure.pwcca, .procrustes]) func theIntervalIsThatOfMeasuringAnew(
    _ measure: SubspaceMeasure
  ) throws {
    let generator = try Generator(seed: 55)
    let (count, groups) = (200, 20)
    let (a, b) = try Self.features(count, 0.7, generator)
    let entry = try LayerSimilarity(measure, [("l", a)], [("l", b)], seed: 9).diagonal[0]
    var random = RandomSource(seed: 9)
    let order = random.permutation(count: count)
    let values = try (0..<groups).map { (group: Int) -> Double in
      let kept = order.indices.filter { $0 * groups / count != group }.map { Int64(order[$0]) }
      let rows = try Tensor(kept)
      let (left, right) = (try a.selecting(rows, along: 0), try b.selecting(rows, along: 0))
      return try LayerSimilarity(measure, [("l", left)], [("l", right)]).diagonal[0].value
    }
    let mean = values.reduce(0, +) / Double(groups)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    // t(19) = 2.0930.
    let half = 2.0930 * (Double(groups - 1) / Double(groups) * squares).squareRoot()
    #expect(abs(entry.high - entry.value - half) < 1e-4 * half, "\(entry.high - entry.value), \(half)")
    #expect(abs(entry.value - entry.low - half) < 1e-4 * half)
  }

  @Test func anatomesNumbersAndFewExamplesHaveNoInterval() throws {
    let generator = try Generator(seed: 56)
    let (a, b) = try Self.features(100, 0.7, generator)
    #expect(try LayerSimilarity(.svcca, [("l", a)], [("l", b)], followsAnatome: true).diagonal[0].low.isNaN)
    let (few, others) = (try a.narrowed(from: 0, count: 15), try b.narrowed(from: 0, count: 15))
    #expect(try LayerSimilarity(.procrustes, [("l", few)], [("l", others)]).diagonal[0].low.isNaN)
  }

  @Test func intervalsStayWithinZeroAndOne() throws {
    let generator = try Generator(seed: 57)
    let (a, _) = try Self.features(60, 0.7, generator)
    let (b, _) = try Self.features(60, 0.7, generator)
    for measure in SubspaceMeasure.allCases {
      let entry = try LayerSimilarity(measure, [("l", a)], [("l", b)]).diagonal[0]
      #expect(entry.low >= 0 && entry.high <= 1 && entry.low < entry.value, "\(measure): \(entry)")
    }
  }
}
