import Evaluation
import Findings
import Metrics

/// What each judged example came to, in the score that its task is judged by.
struct Answers: Equatable {
  let kind: any TaskKind
  let sums: ExampleSums

  init(_ kind: any TaskKind, _ sums: ExampleSums) {
    self.kind = kind
    self.sums = sums
  }

  init(_ kind: any TaskKind, of result: EvaluationResult) {
    self.init(kind, result.sums ?? Classification.sums(isCorrect: result.isCorrect))
  }

  /// Of right and wrong.
  init(isCorrect: [Bool]) { self.init(Classification(), Classification.sums(isCorrect: isCorrect)) }

  var count: Int { sums.count }

  /// NaN of none.
  var score: Double { sums.count == 0 ? .nan : kind.values(of: sums, counting: nil).scores[0] }

  /// The score, counted so that more is better.
  var merit: Double { kind.score.merit(score) }

  /// The same with each example counted so often.
  func merit(counting counts: [Int]) -> Double { kind.score.merit(kind.values(of: sums, counting: counts).scores[0]) }

  /// Which examples are right, of a classifier.
  var isCorrect: [Bool] { (0..<sums.count).map { sums[$0].first == 1 } }

  /// The loss of one example alone; NaN where only answers are known.
  func loss(of row: Int) -> Double { kind.lossOfExample(row, in: sums) }

  func selecting(_ rows: [Int]) -> Answers { Answers(kind, sums.selecting(rows)) }

  /// By how much others are better, with the paired interval, and how likely that is by chance.
  func gain(
    to others: Answers, resamples: Int? = 4000, using random: inout RandomSource
  ) -> (gain: Estimate, pValue: Double) {
    let change = kind.change(from: sums, to: others.sums, resamples: resamples, using: &random)
    return (-change.loss, change.pValue)
  }

  /// NaN equals NaN here: it says the same of both.
  static func == (left: Answers, right: Answers) -> Bool {
    left.kind.name == right.kind.name && left.sums.width == right.sums.width && left.count == right.count
      && zip(left.sums.values, right.sums.values).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }
}
