import Datasets
import TestSupport
import Testing
import Torch

@testable import Training

/// How many examples are mixed in beside a batch.
@Suite struct ReservoirTests {
  private func counts(share: Double, beside count: Int, atLeast least: Int, draws: Int) throws -> [Int] {
    let examples = try randomImages("kept", shape: [1, 2, 2], seed: 1).train
    let reservoir = Reservoir(examples, share: share, device: .cpu, seed: 5)
    return try (0..<draws).map { _ in try reservoir.draw(beside: count, atLeast: least)?.indices.count ?? 0 }
  }

  @Test(arguments: [(0.01, 1, 1), (0.01, 2, 2), (0.03, 1, 3), (0.2, 2, 16)])
  func theShareIsKeptOnAverage(share: Double, least: Int, most: Int) throws {
    let draws = 2_000
    let found = try counts(share: share, beside: 64, atLeast: least, draws: draws)
    let expected = 64 * share / (1 - share)
    // Standard deviation of a draw is at most that of 0 or `least`, else below one.
    let tolerance = 5 * Double(least) / Double(draws).squareRoot()
    #expect(abs(Double(found.reduce(0, +)) / Double(draws) - expected) < tolerance)
    #expect(found.allSatisfy { $0 == 0 || $0 >= least } && (found.max() ?? 0) <= most)
  }

  @Test func aShareThatIsAWholeNumberDrawsNothingElse() throws {
    #expect(try counts(share: 0.5, beside: 8, atLeast: 1, draws: 5) == [8, 8, 8, 8, 8])
  }
}
