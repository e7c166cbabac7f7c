import Findings
import Testing

@Suite struct TransferMapTests {
  private func cell(_ values: [TransferStrategy: [Double]], testCount: Int = 10_000) -> TransferMap.Cell {
    TransferMap.Cell(amount: 5, exampleCount: 25, testCount: testCount, values: values)
  }

  @Test func theCheapestOfEqualsWins() {
    let close = cell([.head: [0.895], .probe: [0.80], .tuning: [0.90], .scratch: [0.5]])
    #expect(close.winner == .head)
    let apart = cell([.head: [0.88], .probe: [0.80], .tuning: [0.90], .scratch: [0.895]])
    #expect(apart.winner == .tuning)
    #expect(cell([.head: [], .scratch: [0.5]]).winner == .scratch)
    #expect(cell([:]).winner == nil)
    // √(2 · 0.9 · 0.1 / 200) = 0.03.
    #expect(cell([.head: [0.875], .tuning: [0.90]], testCount: 200).winner == .head)
    #expect(cell([.head: [0.88, 0.90], .tuning: [0.88, 0.91]]).winner == .head)
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
    #expect(map.cases.map(\.winner) == [.head, .tuning, .head, .tuning])
    #expect(abs(map.rows[0].dissimilarity - 0.4) < 1e-12)
  }
}
