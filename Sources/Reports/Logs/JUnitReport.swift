import Findings

extension ComparisonFinding {
  /// Why a budget was exceeded, a line for each part of the examples; none where all were kept.
  public var excesses: [String] { (judgement?.parts ?? []).compactMap(excess) }

  /// The judgement as JUnit's XML, which continuous integration shows: a test case for all examples, one for each group
  /// that is judged, failed where more was lost than allowed, skipped where too few examples say.
  ///
  /// - Returns: no test cases where nothing was judged.
  public func junit() -> String {
    let cases = (judgement?.parts ?? []).map { part in
      let outcome: JUnitSuite.Outcome =
        switch part.verdict {
        case .kept: .passed
        case .exceeded: .failed(type: "forgetting", message: excess(part) ?? "")
        case .unjudged: .skipped("fewer than \(TooLittle.leastExamples) \(unit)s are not judged")
        }
      return JUnitSuite.Case(
        className: "lethe.compare", name: part.group.map { "\(groupedBy ?? "group") \($0)" } ?? "all \(unit)s",
        outcome: outcome)
    }
    return JUnitSuite(tool: "lethe compare", name: "\(before) → \(after)", cases: cases).xml
  }

  private func excess(_ part: ForgettingJudgement.Part) -> String? {
    guard part.verdict == .exceeded, let compared = compared(part) else { return nil }
    let subject = part.group.map { "\(groupedBy ?? "group") '\($0)': " } ?? ""
    return "\(subject)\(score.certain(compared.loss)): more than is allowed, \(score.amount(part.allowed))"
  }
}
