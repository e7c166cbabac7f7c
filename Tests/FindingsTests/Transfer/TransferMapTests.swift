import Findings
import Testing

@Suite struct TransferMapTests {
  private func cell(_ values: [TransferStrategy: [Double]], testCount: Int = 10_000) -> TransferMap.Cell {
    TransferMap.Cell(amount: 5, exampleCount: 25, testCount: testCount, values: values)
  }

  /// Three seeds around a mean, a point from each other; what a seed does is the same for all but for a tenth of a point.
  private func seeds(_ mean: Double, _ own: Double = 0) -> [Double] {
    [mean - 0.01 + own, mean, mean + 0.01 - own]
  }

  @Test func theCheapestOfThoseWithinAPointWins() {
    let close = cell([
      .head: seeds(0.895, 0.001), .probe: seeds(0.80), .tuning: seeds(0.90), .scratch: seeds(0.5, 0.002),
    ])
    // 0.5 ± 0.25 points are within a point.
    #expect(close.winner == .head && close.leader == .tuning)
    let apart = cell([
      .head: seeds(0.88, 0.001), .probe: seeds(0.80, 0.002), .tuning: seeds(0.90), .scratch: seeds(0.85, 0.001),
    ])
    #expect(apart.winner == .tuning && apart.leader == .tuning)
  }

  @Test func fiveAndSeventyAreNotSeventySix() {
    // With 200 test examples the old tolerance was 4.3 points.
    let values: [TransferStrategy: [Double]] = [.head: [0.71], .tuning: [0.76]]
    let single = cell(values, testCount: 200)
    #expect(single.winner == nil && single.leader == .tuning)
    let three = cell([.head: seeds(0.71, 0.003), .tuning: seeds(0.76)], testCount: 200)
    #expect(three.winner == .tuning)
  }

  @Test func withoutSeedsEnoughNothingWins() {
    #expect(cell([.head: [0.2, 0.21], .tuning: [0.9, 0.91]]).winner == nil)
    // Five points in the mean, from 0 to 10: neither better nor within a point.
    let spread = cell([.head: [0.80, 0.80, 0.80], .tuning: [0.80, 0.85, 0.90]])
    #expect(spread.winner == nil && spread.leader == .tuning)
    #expect(cell([.head: [], .scratch: [0.5]]).leader == .scratch && cell([.head: [], .scratch: [0.5]]).winner == nil)
    #expect(cell([:]).winner == nil && cell([:]).leader == nil)
  }

  @Test func nearTargetsStandFirstAmongTheCases() {
    func row(_ name: String, _ head: Double, _ tuned: Double) -> TransferMap.Row {
      TransferMap.Row(
        target: name,
        cells: [cell([.head: [0.5], .tuning: [0.4]]), cell([.head: [head], .tuning: [tuned]])])
    }
    let map = TransferMap(
      rows: [row("far", 0.5, 0.9), row("near", 0.85, 0.9)],
      schedule: TransferSchedule(epochCount: 1, learningRate: 0.1, seedCount: 1))
    #expect(map.cases.map(\.target) == ["near", "near", "far", "far"])
    #expect(map.cases.map(\.data) == [.little, .much, .little, .much])
    #expect(map.cases.map(\.leader) == [.head, .tuning, .head, .tuning] && map.cases.allSatisfy { $0.winner == nil })
    #expect(abs(map.rows[0].dissimilarity - 0.4) < 1e-12)
  }
}
