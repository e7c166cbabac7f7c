import Testing

@testable import Analysis

@Suite struct WaterfallTests {
  /// Of 200 examples so many are right: half a point each.
  private func states(_ right: WaterfallStates<Int>) -> [Double] {
    right.map { Double($0) / 200 }.parts.map { (1000 * $0).rounded() / 10 }
  }

  @Test func aHeadThatCouldHaveBeenBetterAllAlongIsNoCause() {
    // Before 170 of 200 = 85.0 %, after 167 = 83.5 %: 1.5 points lost. A head fitted anew brings 4 examples = 2.0
    // points before and 7 = 3.5 now. Readout 3.5 − 2.0 = 1.5, features 87.0 − 87.0 = 0.0; without the fit before they
    // would be 3.5 and 85.0 − 87.0 = −2.0.
    let found = states(
      WaterfallStates(
        before: 170, refittedBefore: 174, after: 167, restored: 167, refitted: 174, refittedAlone: nil))
    #expect(found == [0, 1.5, 0])
  }

  @Test func partsOfBothOrdersSumToTheLoss() {
    // Before 180, after 120, 60 lost = 30 points; statistics first: 120 → 150 → 172, head first: 120 → 160 → 172; a head
    // fitted anew brings 180 → 184 before.
    func parts(_ alone: Int?) -> [Double] {
      states(
        WaterfallStates(
          before: 180, refittedBefore: 184, after: 120, restored: 150, refitted: 172, refittedAlone: alone))
    }
    // One order: 30, 22 − 4 = 18, 184 − 172 = 12 examples.
    #expect(parts(nil) == [15, 9, 6])
    // Both: (30 + 12) / 2 = 21, (22 + 40) / 2 − 4 = 27, 12.
    #expect(parts(160) == [10.5, 13.5, 6])
  }

  @Test func whereLessIsBetterALossIsPositiveToo() {
    // Errors 1.0 → 3.0, statistics bring 0.5, a head fitted anew 1.5 → now 1.0, and 0.2 before. What counts is the error
    // with its sign turned: 0.5, 1.5 − 0.2 = 1.3, 1.0 − 0.8 = 0.2; together 2.0.
    let parts = WaterfallStates(
      before: 1.0, refittedBefore: 0.8, after: 3.0, restored: 2.5, refitted: 1.0, refittedAlone: nil
    ).map { -$0 }.parts
    for (found, expected) in zip(parts, [0.5, 1.3, 0.2]) { #expect(abs(found - expected) < 1e-12, "\(parts)") }
  }
}
