import Findings

extension ComparisonFinding {
  /// What was compared, and by which columns: `1,000 examples by 'id' · right where 'prediction' is 'label'`.
  public var basis: String {
    func name(_ role: String) -> String? { columns.first { $0.role == role }.map { "'\($0.name)'" } }
    let examples = NumberText.plural(whole.count, unit)
    let annotations = name("annotations")
    var parts = [
      name("id").map { "\(examples) by \($0)" } ?? (annotations == nil ? "\(examples), row by row" : examples)
    ]
    if let label = name("label"), let prediction = name("prediction") {
      parts.append("right where \(prediction) is \(label)")
    } else if let column = name("score") {
      parts.append(
        isOfRightAndWrong
          ? "right or wrong by \(column)" : "score \(column), \(score.direction == .up ? "more" : "less") is better")
    }
    if let annotations { parts.append("detections judged by the objects of \(annotations)") }
    if let filter, filter != Self.noFilter { parts.append("filter '\(filter)'") }
    if let groupedBy { parts.append("in \(NumberText.plural(groups.count, "group")) by '\(groupedBy)'") }
    return parts.joined(separator: " · ")
  }

  /// What lm-evaluation-harness calls rows whose answers went through no filter.
  private static let noFilter = "none"

  /// What was found, in a sentence.
  public var verdict: String {
    guard whole.tooLittle == nil else {
      return
        "\(NumberText.plural(whole.count, unit)) \(whole.count == 1 ? "is" : "are") too few to say whether anything was "
        + "lost: \(TooLittle.leastExamples) or more are needed" + flips
    }
    let values = "\(score.bare(whole.before)) → \(score.figure(whole.after))"
    let test = NumberText.probability(whole.pValue)
    func sentence(_ verb: String, _ amount: Estimate) -> String {
      "\(verb) \(score.bare(amount.value)) \(score.unitWords): \(values) (95 % interval "
        + "\(score.interval(amount.low, amount.high)), \(test))"
    }
    let words =
      switch whole.change {
      case .loss: sentence("lost", whole.loss)
      case .gain: sentence("gained", -whole.loss)
      case .none:
        "no change of \(score.noun) is established: \(values), a loss of \(score.amount(whole.loss.value)) (95 % interval "
          + "\(score.interval(whole.loss.low, whole.loss.high)), \(test))"
      }
    return words + flips
  }

  /// How many examples changed; empty where an example has no score of its own.
  private var flips: String {
    guard let lost = whole.lost, let gained = whole.gained else { return "" }
    return isOfRightAndWrong
      ? "; \(NumberText.plural(lost, unit)) went wrong, \(NumberText.grouped(gained)) came right"
      : "; \(NumberText.plural(lost, unit)) got worse, \(NumberText.grouped(gained)) better"
  }

  /// What guessing would give, and what share of the rest was lost; nil without classes.
  public var chanceNote: String? {
    guard let chance else { return nil }
    let guess = "always naming the commonest label is right on \(NumberText.percent(chance))"
    guard whole.change == .loss, let relative else { return guess }
    return "\(guess): \(NumberText.percent(relative)) of what was above that went"
  }

  /// The other scores, a row each.
  public func furtherTable() -> TextTable {
    var table = TextTable([.init("score"), .number("before"), .number("after"), .number("lost")])
    for row in [ChangedScore(score, before: whole.before, after: whole.after)] + further {
      table.append([
        row.score.noun, row.score.plain(row.before), row.score.plain(row.after),
        row.score.bare(row.score.decline(from: row.before, to: row.after)),
      ])
    }
    return table
  }

  /// A row a group, those that lost most first.
  public func groupTable() -> TextTable {
    let ways = isOfRightAndWrong ? ["went wrong", "came right"] : ["got worse", "got better"]
    let hasWays = whole.lost != nil
    var table = TextTable(
      [
        .init(groupedBy ?? "group"), .number(NumberText.plural(unit)), .number("before"), .number("after"),
        .number("lost"), .number("interval", rank: 1),
      ] + (hasWays ? ways.map { .number($0, rank: 2) } : []) + [.init("established")])
    for group in groups {
      let compared = group.compared
      let counts = [compared.lost, compared.gained].compactMap { $0.map(NumberText.grouped) }
      table.append(
        [
          group.name, NumberText.grouped(compared.count), score.plain(compared.before), score.plain(compared.after),
          score.bare(compared.loss.value), score.interval(compared.loss.low, compared.loss.high),
        ] + (hasWays ? counts : []) + [compared.verdictWord], weight: compared.loss.value)
    }
    return table
  }

  /// What the intervals and verdicts of groups hold for; nil without groups.
  public var groupNote: String? {
    guard !groups.isEmpty else { return nil }
    let few = groups.count { $0.compared.tooLittle != nil }
    guard few < groups.count else { return "no group has the \(TooLittle.leastExamples) \(unit)s that can be judged" }
    return "95 % intervals and tests hold for all judged groups together"
      + (few == 0
        ? ""
        : "; \(NumberText.plural(few, "group")) of fewer than \(TooLittle.leastExamples) \(unit)s "
          + "\(few == 1 ? "is" : "are") not judged")
  }

  /// Which examples changed, a line for each way.
  ///
  /// - Parameter count: how many of them are named.
  public func changedLines(first count: Int = 6) -> [String] {
    let ways =
      isOfRightAndWrong
      ? [("right before, wrong after", true), ("wrong before, right after", false)]
      : [("got worst", true)]
    return ways.compactMap { title, isLost in
      let own = changed.filter { $0.isLost == isLost }
      guard !own.isEmpty else { return nil }
      let names = own.prefix(count).map { example in
        guard let before = example.before, let after = example.after else { return example.id }
        let values = isOfRightAndWrong ? [before, after] : [before, after].map { score.bare(Double($0)) }
        return "\(example.id) (\(values.joined(separator: " → ")))"
      }
      let rest = own.count - names.count
      let more = isOfRightAndWrong && rest > 0 ? " and \(NumberText.grouped(rest)) more" : ""
      return "\(title): \(names.joined(separator: ", "))\(more)"
    }
  }

  /// Every example that changed, as a file: a row each.
  public func changedFile() -> String {
    var table = CommaSeparatedValues(header: ["id", "label", "before", "after", "change"])
    for example in changed {
      table.append([
        example.id, example.label ?? "", example.before ?? "", example.after ?? "", example.isLost ? "lost" : "gained",
      ])
    }
    return table.text
  }
}

extension ComparedScore {
  /// What is established, in a word; empty where nothing is.
  var verdictWord: String {
    guard tooLittle == nil else { return "too few" }
    return switch change {
    case .loss: "lost"
    case .gain: "gained"
    case .none: ""
    }
  }
}

extension Score {
  /// That so much was lost, and how much at least: `3.4 points were lost, at least 1.9 with 95 % confidence`.
  public func certain(_ loss: Estimate) -> String {
    "\(amount(loss.value)) were lost, at least \(bare(loss.low)) with 95 % confidence"
  }
}
