import Testing

@testable import Training

@Suite struct SelectionRuleTests {
  private func best(_ rule: String, _ epochs: [(source: Double, target: Double)]) throws -> Selection? {
    try SelectionRule(parsing: rule).best(
      of: epochs.map { [.source: $0.source, .target: $0.target, .forgetting: 0.95 - $0.source] })
  }

  private let epochs = [(source: 0.94, target: 0.6), (0.92, 0.8), (0.89, 0.9), (0.91, 0.8), (0.8, 0.95)]

  @Test func theBestTargetThatKeepsTheBoundIsChosen() throws {
    #expect(try best("target", epochs) == Selection(index: 4, keepsBounds: true))
    // The first of equals.
    #expect(try best("target subject to source >= 0.9", epochs) == Selection(index: 1, keepsBounds: true))
    #expect(try best("target subject to source >= 90%", epochs) == Selection(index: 1, keepsBounds: true))
    #expect(try best("target subject to forgetting <= 2pp", epochs) == Selection(index: 0, keepsBounds: true))
    #expect(try best("source subject to target >= 0.8", epochs) == Selection(index: 1, keepsBounds: true))
    #expect(
      try best("target subject to source >= 0.85 and forgetting <= 0.1", epochs)
        == Selection(index: 2, keepsBounds: true))
  }

  @Test func whereNoneKeepsItTheNearestIsChosenAndSaidToMissIt() throws {
    #expect(try best("target subject to source >= 0.99", epochs) == Selection(index: 0, keepsBounds: false))
  }

  @Test(arguments: [
    "", "accuracy", "target subject to", "target subject to source > 0.9", "target subject to source >= high",
    "target subject to loss >= 1", "target subject to source >= nan",
    "target subject to source >= 0.9 subject to target >= 1",
  ])
  func whatIsNoRuleIsRefusedWithItsForm(_ text: String) {
    let error = #expect(throws: TrainingError.self) { try SelectionRule(parsing: text) }
    #expect(error?.description.contains("expected QUANTITY [subject to") == true)
  }

  @Test func aBareNumberAboveOneIsNoFraction() throws {
    for (rule, advice) in [
      ("target subject to forgetting <= 2", "'2' would be 200 points; write 2pp or 0.02"),
      ("target subject to source >= 90", "'90' would be 9000 points; write 90pp or 0.9"),
      ("target subject to agreement >= 1.5", "'1.5' would be 150 points; write 1.5pp or 0.015"),
    ] {
      let error = #expect(throws: TrainingError.self) { try SelectionRule(parsing: rule) }
      #expect(error?.description.contains(advice) == true, "\(String(describing: error))")
    }
    // A loss is no fraction, and 1 is all of one.
    #expect(try SelectionRule(parsing: "target subject to source-loss <= 2").bounds[0].value == 2)
    #expect(try SelectionRule(parsing: "target subject to source <= 1 and mean >= 100%").bounds[1].value == 1)
    #expect(SelectionRule.adviceOnBareNumber("2pp") == nil && SelectionRule.adviceOnBareNumber("some") == nil)
  }
}
