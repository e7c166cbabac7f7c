import Findings

extension ComparisonFinding {
  /// Why a budget was exceeded, a line for each part of the examples; none where all were kept.
  public var excesses: [String] { (judgement?.parts ?? []).compactMap(excess) }

  /// The judgement as JUnit's XML, which continuous integration shows: a test case for all examples, one for each group
  /// that is judged, failed where more was lost than allowed, skipped where too few examples say.
  ///
  /// - Returns: no test cases where nothing was judged.
  public func junit() -> String {
    let parts = judgement?.parts ?? []
    func attribute(_ name: String, _ value: String) -> String { " \(name)=\"\(escapedMarkup(value))\"" }
    let counts =
      attribute("tests", "\(parts.count)") + attribute("failures", "\(excesses.count)")
      + attribute("errors", "0") + attribute("skipped", "\(parts.count { $0.verdict == .unjudged })")
      + attribute("time", "0")
    let cases = parts.map { part in
      let opening =
        "    <testcase" + attribute("classname", "lethe.compare")
        + attribute("name", part.group.map { "\(groupedBy ?? "group") \($0)" } ?? "all \(unit)s")
        + attribute("time", "0")
      let outcome =
        switch part.verdict {
        case .kept: ""
        case .exceeded:
          "<failure" + attribute("type", "forgetting") + attribute("message", excess(part) ?? "") + "/>"
        case .unjudged:
          "<skipped" + attribute("message", "fewer than \(TooLittle.leastExamples) \(unit)s are not judged") + "/>"
        }
      return outcome.isEmpty ? "\(opening)/>\n" : "\(opening)>\(outcome)</testcase>\n"
    }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites\(attribute("name", "lethe compare"))\(counts)>
        <testsuite\(attribute("name", "\(before) → \(after)"))\(counts)>
      \(cases.joined())  </testsuite>
      </testsuites>

      """
  }

  private func excess(_ part: ForgettingJudgement.Part) -> String? {
    guard part.verdict == .exceeded, let compared = compared(part) else { return nil }
    let subject = part.group.map { "\(groupedBy ?? "group") '\($0)': " } ?? ""
    return "\(subject)\(score.certain(compared.loss)): more than is allowed, \(score.amount(part.allowed))"
  }
}
