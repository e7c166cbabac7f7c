import Findings

/// What a sweep says in sentences.
extension SweepResult {
  /// The finding in a sentence, and by which examples it was chosen.
  public var verdict: String {
    let isChosen = budget != nil || methods.contains(where: \.isOnFrontier)
    return judged + (isChosen ? chosenBy.map { " \($0.sentence)" } ?? "" : "")
  }

  private var judged: String {
    guard let row = candidate else { return withoutCandidate }
    if let budget { return kept(row, within: budget) }
    if row.method == knee { return bent(at: row) }
    guard let evidence else { return "Only \(row.method) was trained: \(figures(row))." }
    return isEstablished
      ? "\(row.method) is best on both tasks: \(figures(row))."
      : "\(byMeans) \(row.method) is best on both tasks (\(figures(row))). That is not established: \(doubt(evidence))."
  }

  private var withoutCandidate: String {
    if let budget {
      return methods.contains { $0.source != nil }
        ? "\(byMeans) no strength that was tried forgets \(sourceScore.amount(budget)) or less."
        : Self.untrained
    }
    let count = methods.count(where: \.isOnFrontier)
    if isTied {
      let names = methods.filter(\.isOnFrontier).map(\.method)
      return "\(byMeans) \(names.joined(separator: ", ")) come to the same on both tasks, and none passes them."
    }
    return count == 0
      ? Self.untrained
      : "\(byMeans) \(NumberText.plural(count, "method")) trade one task for the other, and the frontier has no knee."
  }

  private func kept(_ row: Method, within budget: Double) -> String {
    let limit = sourceScore.amount(budget)
    let claim =
      row.method == "none"
      ? "\(byMeans) plain fine-tuning forgot no more than \(limit): \(figures(row))."
      : "\(byMeans) \(row.method) has the best target \(targetScore.noun) of those that forgot at most \(limit): \(figures(row))."
    return claim
      + (isEstablished
        ? " It keeps below the budget by \(evidence.map(words) ?? NumberText.missing)."
        : " That it keeps within the budget is not established: \(doubt(evidence)).")
  }

  private func bent(at row: Method) -> String {
    let side = targetScore.direction == .up ? "above" : "below"
    let rise = "of the target \(side) the line between the frontier's ends"
    guard isEstablished, let evidence else {
      let height = evidence.map { ", \(targetScore.amount($0.difference.value)) \(rise)" } ?? ""
      return "\(byMeans) the knee of the frontier is \(row.method) (\(figures(row)))\(height). "
        + "That is not established: \(doubt(evidence))."
    }
    return "The knee of the frontier is \(row.method): \(figures(row)); \(words(evidence)) \(rise)."
  }

  private func figures(_ row: Method) -> String {
    func words(_ mean: RepeatedMean?, _ score: Score) -> String {
      mean.map { RepeatedScore(score, $0).text } ?? NumberText.missing
    }
    return "target \(words(row.target, targetScore)), source \(words(row.source, sourceScore))"
  }

  /// The evidence in the unit that it is counted in.
  private func words(_ evidence: SeedComparison) -> String { evidence.text(of: evidenceScore ?? .accuracy) }

  /// By which means something is the best: those on the examples that choose.
  private var byMeans: String {
    chosenBy?.examples == .validation ? "By the means on the validation examples" : "By the means"
  }

  private static let untrained = "No method could be trained."

  /// Why the seeds do not carry what the means say.
  private func doubt(_ evidence: SeedComparison?) -> String {
    guard let evidence else { return "the runs have no pairs of one seed" }
    return evidence.isMore
      ? "\(evidence.seeds) do not tell the frontier's ends apart on both tasks"
      : evidence.doubt(of: evidenceScore ?? .accuracy)
  }

  /// The same in short, over the picture.
  var finding: String {
    let frontier = methods.filter(\.isOnFrontier)
    guard frontier.count > 1 else {
      guard let best = frontier.first?.method else { return "No method was trained" }
      guard evidence != nil || budget != nil else { return "Only \(best) was trained" }
      return isEstablished && budget == nil
        ? "\(best) is best on both tasks" : "\(byMeans) \(best) is best on both tasks"
    }
    return "\(byMeans) none of these passes another: \(frontier.map(\.method).joined(separator: ", "))"
  }
}
