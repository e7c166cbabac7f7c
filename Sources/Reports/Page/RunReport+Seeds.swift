import Findings

// Runs that differ only by their seed are one result.
extension RunReport {
  /// The runs by what they were made with; those of one seed are groups of their own.
  public var groups: [SeededRuns] { SeededRuns.groups(of: runs) }

  /// Whether several runs are one result.
  public var isOverSeeds: Bool { groups.contains { $0.runs.count > 1 } }

  /// The finding in a sentence where several runs are one result; nil where none are.
  var seededVerdict: String? {
    let groups = groups
    guard groups.contains(where: { $0.runs.count > 1 }) else { return nil }
    if groups.count == 1 { return groups[0].sentence }
    var sentences = groups.map { "\($0.name): \($0.sentence.prefix(1).lowercased() + $0.sentence.dropFirst())" }
    if groups.count == 2, let excess = groups[0].excess(of: groups[1]) {
      let less = excess.difference.value < 0 ? excess.reversed : excess
      let (kept, lost) = excess.difference.value < 0 ? (groups[1], groups[0]) : (groups[0], groups[1])
      sentences.append(
        less.isMore
          ? "\(kept.name) forgot less than \(lost.name) by \(less.text(of: kept.measure))."
          : "That \(kept.name) forgot less than \(lost.name) is not established: \(less.doubt(of: kept.measure)).")
    }
    return sentences.joined(separator: " ")
  }

  /// A row for each group of runs: means over the seeds with their intervals.
  public func seedTable() -> TextTable {
    var table = TextTable([
      .init("result"), .number("seeds"), .number("source after"), .number("target after"), .number("forgotten"),
    ])
    for group in groups {
      table.append([
        group.name, "\(group.runs.count)", group.source?.text ?? NumberText.missing,
        group.target?.text ?? NumberText.missing,
        group.forgetting.map { group.measure.bare($0.mean) + $0.spread(of: group.measure) } ?? NumberText.missing,
      ])
    }
    return table
  }

  /// What the table over seeds says, in a line.
  static let seedNote =
    "Means over runs that differ by nothing but their seed, with 95 % intervals over the seeds (Student’s t). "
    + "Fewer than \(SeedComparison.fewestSeeds) seeds establish nothing."
}

extension SeededRuns {
  /// What the runs came to, in a sentence.
  var sentence: String {
    let over = runs.count == 1 ? "with one seed" : "over \(NumberText.plural(runs.count, "seed"))"
    let start = over.prefix(1).uppercased() + over.dropFirst()
    let reached = target.map { "\(targetTask) reached \($0.text)" }
    let source = sourceTask ?? "the source task"
    guard let loss else {
      return "\(start) \(reached ?? "nothing was measured")\(tooLittle.map { "; \($0.words(of: source))" } ?? "")."
    }
    let interval = loss.interval(of: measure).map { " (\($0))" } ?? ""
    let end = reached.map { "; \($0)" } ?? ""
    if loss.isMore {
      return "\(start) \(measure.amount(loss.difference.value)) of \(source) were forgotten\(interval)\(end)."
    }
    if loss.isLess {
      return
        "\(start) \(measure.amount(-loss.difference.value)) of \(source) were gained\(loss.reversed.interval(of: measure).map { " (\($0))" } ?? "")\(end)."
    }
    return
      "\(start) the mean of what was forgotten of \(source) is \(measure.amount(loss.difference.value))\(interval), "
      + "which is not established\(loss.isJudged ? "" : ": \(loss.doubt(of: measure))")\(end)."
  }
}
