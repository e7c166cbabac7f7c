import Testing

@testable import Analysis

@Suite struct WaterfallTests {
  /// Of 200 examples, the first so many right: half a point each.
  private func right(_ count: Int) -> [Bool] { (0..<200).map { $0 < count } }

  private func points(_ losses: [Double]) -> Double { 100 * losses.reduce(0, +) / Double(losses.count) }

  @Test func aHeadThatCouldHaveBeenBetterAllAlongIsNoCause() {
    // Before 170 of 200 = 85.0 %, after 167 = 83.5 %: 1.5 points lost. A head fitted anew brings 4 examples = 2.0
    // points before and 7 = 3.5 now. Readout 3.5 − 2.0 = 1.5, features 87.0 − 87.0 = 0.0; without the fit before they
    // would be 3.5 and 85.0 − 87.0 = −2.0.
    let answers = WaterfallAnswers(
      before: right(170), refittedBefore: right(174), after: right(167), restored: right(167), refitted: right(174),
      refittedAlone: nil)
    #expect(abs(points(answers.statistics)) < 1e-9)
    #expect(abs(points(answers.readout) - 1.5) < 1e-9)
    #expect(abs(points(answers.features)) < 1e-9)
  }

  @Test func partsOfBothOrdersSumToTheLoss() {
    // Before 180, after 120, 60 lost = 30 points; statistics first: 120 → 150 → 172, head first: 120 → 160 → 172; a head
    // fitted anew brings 180 → 184 before.
    func answers(_ alone: Int?) -> WaterfallAnswers {
      WaterfallAnswers(
        before: right(180), refittedBefore: right(184), after: right(120), restored: right(150), refitted: right(172),
        refittedAlone: alone.map(right))
    }
    // One order: 30, 22 − 4 = 18, 184 − 172 = 12 examples.
    let one = answers(nil)
    #expect([one.statistics, one.readout, one.features].map { (points($0) * 2).rounded() } == [30, 18, 12])
    // Both: (30 + 12) / 2 = 21, (22 + 40) / 2 − 4 = 27, 12.
    let both = answers(160)
    #expect([both.statistics, both.readout, both.features].map { (points($0) * 2).rounded() } == [21, 27, 12])
  }
}
