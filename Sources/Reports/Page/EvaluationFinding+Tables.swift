import Findings

extension EvaluationFinding {
  /// What was found, in a line.
  public var verdict: String {
    "\(checkpoint) · head \(head) · \(data): \(NumberText.percent(result.scored.value)) of "
      + "\(NumberText.grouped(result.count)), loss \(NumberText.fixed(result.scored.loss, 3))"
  }

  /// A row a class.
  public func classTable() -> TextTable {
    var table = TextTable([.init("class"), .number(result.scored.score.name), .number("count")])
    for entry in perClass {
      table.append([entry.name, NumberText.percent(entry.score), NumberText.grouped(entry.count)])
    }
    return table
  }
}
