import Findings
import Testing

@testable import Reports

/// Sweeps of all kinds, and what is said of them: see the article's table.
@Suite struct SweepSentenceTests {
  private typealias Method = SweepResult.Method

  private static let licences: [SentenceTable<SweepResult>.Licence] = [
    (
      "By the means{examples…} {methods} come",
      { result in
        let best = result.methods.filter(\.isOnFrontier)
        return best.count == 2 && best.allSatisfy { $0.source?.mean == 0.6 || $0.source?.mean == best[0].source?.mean }
      }
    ),
    ("{score} on the test examples after training; one", { $0.seedCount == 1 }),
    ("{score} on the test examples after training; means", { $0.seedCount > 1 }),
    ("{method} is best", { $0.isEstablished && $0.evidence?.isMore == true && frontier($0).count == 1 }),
    (
      "By the means{examples…} {method} is best", { frontier($0).count == 1 && (!$0.isEstablished || $0.budget != nil) }
    ),
    ("The knee of", { $0.isEstablished && $0.evidence?.isMore == true && $0.knee != nil && $0.budget == nil }),
    ("By the means{examples…} the knee", { !$0.isEstablished && $0.knee != nil && $0.budget == nil }),
    ("By the means{examples…} {n} methods", { frontier($0).count > 1 && $0.knee == nil }),
    ("By the means{examples…} none of these", { frontier($0).count > 1 }),
    ("By the means{examples…} no strength", { $0.budget != nil && $0.choice == nil }),
    ("By the means{examples…} plain", { $0.choice == "none" && kept($0) }),
    ("By the means{examples…} {method} has the best target", { $0.choice != nil && kept($0) }),
    ("It keeps below", { $0.choice != nil && $0.isEstablished && ($0.evidence?.difference.low ?? 0) > 0 }),
    ("That it keeps within", { $0.choice != nil && !$0.isEstablished }),
    ("That is not established", { !$0.isEstablished }),
    ("Only {method} was trained", { $0.methods.count { $0.source != nil } == 1 }),
    ("No method", { $0.methods.allSatisfy { $0.source == nil } }),
    ("{what} was chosen", { $0.chosenBy != nil }),
    ("… on the validation examples", { $0.chosenBy?.examples == .validation }),
    ("… chosen on the test set", { $0.chosenBy?.examples == .test }),
    ("… and fewer than 3", { $0.seedCount < 3 }),
    ("… agree to the last digit", { $0.evidence?.isJudged == false }),
    ("… seeds do not tell", { $0.evidence?.isMore == true && !$0.isEstablished }),
  ]

  /// What each word of a method's row needs.
  private static let wordLicences: [SentenceTable<(result: SweepResult, row: Method)>.Licence] = [
    ("frontier", { $0.row.isOnFrontier }), ("passed by", { $0.row.passedBy != nil && !$0.row.isOnFrontier }),
    ("below the frontier", { $0.row.passedBy == nil && !$0.row.isOnFrontier && $0.row.source != nil }),
    ("knee", { $0.row.method == $0.result.knee }),
    ("knee by the means", { !$0.result.isEstablished }),
    ("within the budget", { $0.row.method == $0.result.choice }),
    ("within the budget by the mean", { !$0.result.isEstablished }), ("not trained", { $0.row.source == nil }),
  ]

  private static func frontier(_ result: SweepResult) -> [Method] { result.methods.filter(\.isOnFrontier) }

  /// Whether the choice keeps within the budget by the mean on the examples that choose.
  private static func kept(_ result: SweepResult) -> Bool {
    guard let row = result.candidate, let budget = result.budget else { return false }
    let forgetting = result.chosenBy?.examples == .validation ? row.validation?.forgetting : row.forgetting
    return (forgetting?.mean ?? 1) <= budget
  }

  /// Scores of each seed, a little apart by a pattern of the method's own.
  private static func method(_ name: String, _ source: Double, _ target: Double, _ seeds: Int, spread: Double) -> Method
  {
    let shifts = (0..<seeds).map { spread * Double(($0 * 7 + name.count * 3) % 5 - 2) }
    func mean(_ value: Double, _ sign: Double) -> RepeatedMean {
      RepeatedMean(shifts.map { value + sign * $0 }, within: -1...1)
    }
    let validation = Method.Validation(
      source: mean(source, 1), target: mean(target, -1), forgetting: mean(0.9 - source, 1))
    return Method(
      method: name, source: mean(source, 1), target: mean(target, -0.5), forgetting: mean(0.9 - source, -1),
      validation: validation)
  }

  /// The same methods where both tasks are judged by another score.
  private static func result(_ result: SweepResult, of score: Score) -> SweepResult {
    func turned(_ mean: RepeatedMean) -> RepeatedMean {
      score.direction == .up ? mean : RepeatedMean(mean.values.map { 5 - $0 })
    }
    return SweepResult(
      sweep: result.sweep,
      methods: result.methods.map { row in
        Method(
          method: row.method, source: row.source.map(turned), target: row.target.map(turned),
          forgetting: row.forgetting,
          validation: row.validation.map {
            Method.Validation(source: turned($0.source), target: turned($0.target), forgetting: $0.forgetting)
          }, failure: row.failure)
      }, budget: result.budget, seedCount: result.seedCount, sourceTask: "Old", targetTask: "New", sourceScore: score,
      targetScore: score, chosenBy: result.chosenBy)
  }

  /// A knee that rises above the line in each seed, between ends of which the seeds do not say which is better on the source.
  private static var loose: SweepResult {
    func method(_ name: String, _ source: [Double], _ target: [Double]) -> Method {
      Method(method: name, source: RepeatedMean(source), target: RepeatedMean(target), forgetting: nil)
    }
    return SweepResult(
      sweep: "s",
      methods: [
        method("none", [0.6, 0.7, 0.5], [0.95, 0.95, 0.95]),
        method("Weak", [0.725, 0.65, 0.725], [0.93, 0.931, 0.929]),
        method("Strong!", [0.85, 0.6, 0.95], [0.8, 0.8, 0.8]),
      ], budget: nil, seedCount: 3, sourceTask: "Old", targetTask: "New")
  }

  private static func findings() -> [SweepResult] {
    let shapes: [[(String, Double, Double)]] = [
      [], [("none", 0.6, 0.9)], [("none", 0.6, 0.9), ("Holding", 0.8, 0.95)],
      [("none", 0.6, 0.95), ("Weak", 0.8, 0.94), ("Strong!", 0.85, 0.8), ("Bad", 0.7, 0.7)],
      [("none", 0.6, 0.95), ("Weak", 0.61, 0.945), ("Strong!", 0.85, 0.8)],
      [("none", 0.6, 0.95), ("Strong!", 0.85, 0.8)],
      [("none", 0.6, 0.9), ("Same", 0.6, 0.9), ("Bad", 0.5, 0.8)],
      [("none", 0.6, 0.951), ("Weak", 0.601, 0.9509), ("Far", 0.602, 0.95)],
    ]
    let bases: [ChoiceBasis?] = [
      nil, ChoiceBasis(.validation, choices: [.method], choosing: .init(target: 500), judging: .init(target: 5000)),
      ChoiceBasis(.test, choices: [.strength]),
    ]
    return [loose]
      + shapes.flatMap { shape in
        bases.flatMap { basis in
          [1, 2, 3, 5].flatMap { seeds in
            [0, 0.0002, 0.03].flatMap { (spread: Double) in
              [nil, 0.01, 0.12, 0.31].map { budget in
                SweepResult(
                  sweep: "s",
                  methods: shape.map { method($0.0, $0.1, $0.2, seeds, spread: spread) }
                    + [Method(method: "Wild", source: nil, target: nil, forgetting: nil, failure: "Unstable")],
                  budget: budget, seedCount: seeds, sourceTask: "Old", targetTask: "New", chosenBy: basis)
              }
            }
          }
        }
      }
  }

  @Test func everySentenceStandsInTheTableAndItsEvidenceHolds() throws {
    var table = try SentenceTable(["Sweep"], licences: Self.licences)
    var words = try SentenceTable(["Sweep: words of a row"], licences: Self.wordLicences)
    for (number, result) in Self.findings().enumerated() {
      let page = Sentences.ofPage(result.html(title: "t")).filter { !result.failures.contains($0) }
      table.check(page + Sentences.split(result.verdict), of: result)
      for row in result.methods { words.check(result.standings(of: row), of: (result, row)) }
      // Each score has its turn at shapes, seeds and budgets of all kinds.
      let score = OtherScores.all[number % OtherScores.all.count]
      let other = Self.result(result, of: score)
      let said = (Sentences.ofPage(other.html(title: "t")) + Sentences.split(other.verdict)).filter {
        !other.failures.contains($0)
      }
      table.check(said, of: other)
      OtherScores.expectFitting(said, score)
      let side = score.direction == .up ? "below the line" : "above the line"
      #expect(!said.contains { $0.contains(side) }, "\(said)")
      for sentence in said where sentence.contains("target ") && sentence.contains(", source ") {
        #expect(sentence.contains(score.heading), "\(sentence)")
      }
    }
    table.finish()
    words.finish()
  }
}
