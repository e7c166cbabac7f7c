import Metrics
import Testing

@Suite struct ForgettingMeasuresTests {
  @Test func numbersWorkedByHand() throws {
    let measures = ForgettingMeasures(sourceAccuracy: [0.875, 0.5, 0.9375, 0.75], chance: 0.25)
    #expect(measures.final == 0.125)  // 0.875 − 0.75
    #expect(measures.maxMinusFinal == 0.1875)  // 0.9375 − 0.75
    #expect(measures.worst == 0.375)  // 0.875 − 0.5
    #expect(try #require(measures.relative) == 0.2)  // 0.125 / (0.875 − 0.25)
    #expect(abs(measures.area - 0.4375 / 3) < 1e-15)  // (0.375 − 0.0625 + 0.125) / 3
  }

  @Test func forgettingIsZeroWhenAccuracyNeverDrops() {
    let flat = ForgettingMeasures(sourceAccuracy: [0.9, 0.9, 0.9], chance: 0.2)
    #expect([flat.final, flat.maxMinusFinal, flat.worst, flat.area] == [0, 0, 0, 0])
    #expect(flat.relative == 0)
    let alone = ForgettingMeasures(sourceAccuracy: [0.9], chance: 0.2)
    #expect(alone.final == 0 && alone.area == 0)
  }

  @Test func epochsThatWereNotMeasuredAreLeftOut() {
    let measures = ForgettingMeasures(sourceAccuracy: [0.875, .nan, 0.5, .nan], chance: 0.25)
    #expect(measures == ForgettingMeasures(sourceAccuracy: [0.875, 0.5], chance: 0.25))
  }

  @Test func relativeForgettingNeedsASourceAboveChance() {
    #expect(ForgettingMeasures(sourceAccuracy: [0.2, 0.1], chance: 0.2).relative == nil)
  }
}
