import Findings

extension DiagnosisPage {
  /// That confidence is a cause of its own, in a line; nil where it is none.
  public var confidenceCause: String? {
    guard let confidence = finding.confidence, confidence.isCause, finding.forgetting.tooLittle == nil else {
      return nil
    }
    let stays =
      finding.forgetting.change == .loss ? "\(score.noun) all but stays" : "no loss of \(score.noun) is established"
    return "confidence: \(stays), what the model's confidence is worth fell: \(confidence.change.words)"
  }

  /// What became of confidence where it is no cause of its own; nil where no change of it is established.
  public var confidenceNote: String? {
    guard let confidence = finding.confidence, !confidence.isCause, finding.forgetting.tooLittle == nil,
      let verdict = confidence.change.verdict
    else { return nil }
    return "confidence on the source \(verdict): \(confidence.change.words)"
  }

  /// What mends it, in a line; nil where nothing is established to.
  public var mendingWords: String? {
    guard let (_, remedy, confidence) = finding.mending else { return nil }
    let change = confidence.change
    let cost = remedy.cost
    let target =
      !cost.value.isFinite
      ? ""
      : cost.value == 0
        ? "; it costs the target nothing"
        : "; of the target \(targetScore.amount(abs(cost.value))) \(cost.value > 0 ? "lost" : "gained") (95 % interval "
          + "\(targetScore.interval(min(cost.low, cost.high), max(cost.low, cost.high))))"
    return
      "\(remedy.action): \(change.words), on \(NumberText.plural(change.count, "example")) that had no part in fitting "
      + "it\(target)"
  }

  /// The figures before and after, and what mends them; nil where nothing was measured.
  var confidenceSection: PageSection? {
    guard let confidence = finding.confidence else { return nil }
    var table = TextTable(ConfidenceChange.columns)
    for row in confidence.change.rows() { table.append(row) }
    let sentences = [confidenceCause ?? confidenceNote, mendingWords].compactMap { $0 }.map(Self.sentence)
    let command = finding.mending.map { mending in
      PageElements.paragraph("To write the checkpoint that this gives:")
        + PageElements.command(mending.remedy.command ?? "")
    }
    return PageElements.section(
      "Trust in its own confidence",
      sentences.map { PageElements.paragraph($0) }.joined() + PageElements.table(table)
        + PageElements.paragraph(Reports.confidenceNote) + (command ?? ""))
  }
}
