import Findings
import Testing

@testable import Reports

/// Sequences of tasks of all kinds, and what is said of them: see the article's table.
@Suite struct SequenceSentenceTests {
  private static let licences: [SentenceTable<SequenceResult>.Licence] = [
    ("{run}: {x} on average", { losses($0).isEmpty || losses($0).contains { $0.isNaN } }),
    ("{run} reached {x} on average over {n} tasks, and no task", { losses($0).allSatisfy { $0 <= 0 } }),
    ("{run} reached {x} on average over {n} tasks; {task} lost {", { losses($0).count { $0 > 0 } == 1 }),
    ("{run} reached {x} on average over {n} tasks; {task} lost most", { losses($0).count { $0 > 0 } > 1 }),
    ("These are one run's", { !losses($0).isEmpty && losses($0).allSatisfy(\.isFinite) }),
    ("{what} was chosen", { $0.chosenBy != nil }), ("… chosen on the test set", { $0.chosenBy?.examples == .test }),
  ]

  /// By how much each task but the last is worse after the last than right after it was learnt.
  private static func losses(_ result: SequenceResult) -> [Double] {
    result.tasks.indices.dropLast().map {
      result.score.decline(from: result.matrix[$0][$0], to: result.matrix[result.tasks.count - 1][$0])
    }
  }

  @Test func everySentenceStandsInTheTableAndItsEvidenceHolds() throws {
    var table = try SentenceTable(["Sequence of tasks"], licences: Self.licences)
    let matrices: [[[Double]]] = [
      [[0.9]], [[0.9, 0.1], [0.8, 0.9]], [[0.9, 0.1], [0.9, 0.9]], [[0.8, 0.1], [0.9, 0.9]],
      [[.nan, 0.1], [0.9, 0.9]],
      [[0.9, 0, 0], [0.5, 0.9, 0], [0.8, 0.1, 0.9]], [[0.9, 0, 0], [0.5, 0.9, 0], [0.8, 0.95, 0.9]],
      [[0.9, 0, 0], [0.5, 0.9, 0], [0.95, .nan, 0.9]],
    ]
    let bases: [ChoiceBasis?] = [
      nil, ChoiceBasis(.test, choices: [.epoch]), ChoiceBasis(.validation, choices: [.epoch]),
    ]
    for matrix in matrices {
      for (basis, score) in bases.flatMap({ basis in ([Score.accuracy] + OtherScores.all).map { (basis, $0) } }) {
        let result = SequenceResult(
          run: "r", tasks: Array(["Photos", "Flowers", "Birds"].prefix(matrix.count)), matrix: matrix, baseline: nil,
          sharesHead: false, score: score, chosenBy: basis)
        let said =
          Sentences.ofPage(result.html(title: "Tasks")) + Sentences.split(result.verdict(of: "Tasks"))
        table.check(said, of: result)
        OtherScores.expectFitting(said, score)
        // A number alone says nothing.
        let claims = Sentences.split(result.verdict(of: "Tasks")).filter { $0.contains(" on average over ") }
        #expect(
          score == .accuracy
            || claims.allSatisfy { $0.contains(score.heading + " on average") || $0.contains("– on average") },
          "\(claims)")
      }
    }
    table.finish()
  }
}
