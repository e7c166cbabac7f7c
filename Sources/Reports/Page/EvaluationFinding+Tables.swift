import Findings

extension EvaluationFinding {
  /// What was found, in a line.
  public var verdict: String {
    let place = "\(checkpoint) · head \(head) · \(data): "
    let scored = result.scored
    guard scored.score == .accuracy else {
      // A loss that is the score is not said twice.
      let loss = scored.loss == scored.value ? "" : ", loss \(NumberText.fixed(scored.loss, 3))"
      return place + "\(scored.score.noun) \(scored.words)\(loss), over \(NumberText.plural(result.count, "example"))"
        + confidence
    }
    return place + "\(NumberText.percent(scored.value)) of \(NumberText.grouped(result.count)), loss "
      + NumberText.fixed(scored.loss, 3) + confidence
  }

  /// What the model's confidence is worth; empty where it was not measured.
  private var confidence: String { result.scored.confidence.map { ", \($0.words)" } ?? "" }

  /// How the classes were matched with the head's; nil where there is nothing to say.
  public var classNote: String? { matchedClasses?.note }

  /// A row a class; the worst matter most.
  public func classTable() -> TextTable {
    var table = TextTable([.init("class"), .number(result.scored.score.name), .number("count")])
    for entry in perClass {
      let worth = entry.score.map { -result.scored.score.merit($0) } ?? .nan
      table.append(
        [entry.name, result.scored.score.plain(entry.score), NumberText.grouped(entry.count)], weight: worth)
    }
    return table
  }
}
