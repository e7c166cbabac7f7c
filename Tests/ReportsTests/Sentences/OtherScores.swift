import Findings
import Testing

/// Scores of tasks that are no classification: nats, shares and numbers, more of which is better or worse.
enum OtherScores {
  static let all: [Score] = [
    Score(name: "nats_per_token", unit: .natsPerToken, direction: .down),
    Score(name: "mean_iou", unit: .fraction, direction: .up),
    Score(name: "mean_average_precision", unit: .fraction, direction: .up),
    Score(name: "rmse", unit: .number, direction: .down), Score(name: "r2", unit: .number, direction: .up),
  ]

  /// That no sentence has a word of another score, its unit, or the side that is not the better one.
  static func expectFitting(
    _ sentences: [String], _ score: Score, _ location: SourceLocation = #_sourceLocation
  ) {
    guard score != .accuracy else { return }
    var others = ["accuracy"]
    if score.unit != .fraction { others += ["points", "%"] }
    if score.unit != .natsPerToken { others.append("nats") }
    others += score.direction == .down ? ["highest", "falls"] : ["lowest", "less is better", "with a plus"]
    // What is said of features and Fisher information is the same of every score.
    for sentence in sentences where !sentence.hasPrefix("CKA is lowest") && !sentence.hasPrefix("Predicted loss: ") {
      let said = sentence.replacing("\u{A0}", with: " ").replacing("95 %", with: "").replacing(
        "1 % of the best", with: ""
      )
      .replacing("falls short of", with: "")
      for word in others where said.contains(word) {
        Issue.record("'\(word)' of \(score.name): \(sentence)", sourceLocation: location)
      }
    }
  }
}
