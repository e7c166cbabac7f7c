import Findings
import Testing

@testable import Reports

/// Runs of all kinds, alone and compared, and what is said of them: see the article's tables.
@Suite struct RunSentenceTests {
  // MARK: What each sentence needs

  private static func has(_ report: RunReport, _ change: EstablishedChange, judged: Bool = true) -> Bool {
    report.runs.contains { $0.forgetting?.change == change && ($0.forgetting?.tooLittle == nil) == judged }
  }

  private static func amounts(_ report: RunReport) -> [Forgetting] { report.runs.compactMap(\.forgetting) }

  private static func hasBasis(_ report: RunReport, _ examples: ChoiceBasis.Examples) -> Bool {
    report.runs.contains { $0.chosenBy?.examples == examples }
  }

  private static func isCompared(_ report: RunReport) -> Bool {
    report.runs.count > 1 && report.groups.allSatisfy { $0.runs.count == 1 }
  }

  private static let evidenceOfOne: [SentenceTable<RunReport>.Licence] = [
    ("{run} reached", { report in report.runs.contains { !$0.hasSource && $0.after?.target != nil } }),
    ("{run} has no measured", { report in report.runs.contains { $0.after?.target == nil } }),
    ("{run}: accuracy on", { report in report.runs.contains { $0.hasSource && $0.forgetting == nil } }),
    ("{run}{reached x on the target…}: {n} source", { amounts($0).contains { $0.sourceCount < 50 } }),
    (
      "{run}{reached x on the target…}: {task} was not",
      { amounts($0).contains { $0.before < 0.12 && $0.sourceCount >= 50 } }
    ),
    ("{run} forgot {change} of {task} (", { isLoss($0) }),
    ("{run} gained {change} on {task} (", { amounts($0).contains { $0.high < 0 && $0.pairedPValue < 0.05 } }),
    ("{run} forgot no more", { amounts($0).contains { $0.sourceCount >= 50 && $0.pairedPValue >= 0.05 } }),
    (
      "… its best of",
      { report in report.runs.contains { $0.best != nil && $0.chosenEpoch < ($0.epochs.last?.epoch ?? 0) } }
    ),
    ("… chosen on the test set", { hasBasis($0, .test) }),
    ("… agreeing", { report in report.runs.contains { $0.after?.agreement != nil } }),
    ("… moved by {x} from what the original", { report in report.runs.contains(where: hasMovedNumbers) }),
    ("On the target's inputs, what head", { report in report.runs.contains(where: isGaugedAlone) }),
    ("On the target's inputs, what the old head", { report in report.runs.contains { $0.after?.gauge != nil } }),
    ("{run}: all {n} classes of the head together: {x}", { report in report.runs.contains { isJoint($0, nil) } }),
    (
      "{run}: all {n} classes of the head together: {scores}",
      { report in report.runs.contains { isJoint($0, "tokens") } }
    ),
    ("{run}: all {n} labels", { report in report.runs.contains { isJoint($0, "labels") } }),
    ("Calibration error on", { $0.confidenceChart() != nil }),
    ("{run}: best epoch", { report in report.runs.contains { $0.best != nil } }),
    ("{run}: {what} {was}", { report in report.runs.contains { $0.best == nil && $0.chosenBy != nil } }),
    ("… no epoch keeps", { report in report.runs.contains { $0.best?.keepsBounds == false } }),
    ("… chosen by {n} validation", { hasBasis($0, .validation) }),
    ("Source accuracy fell", { isLoss($0) }),
    ("Source accuracy rose", { amounts($0).contains { $0.high < 0 && $0.pairedPValue < 0.05 } }),
    ("Source accuracy went", { report in report.runs.count == 1 && !isLoss(report) }),
    ("Source {score} fell", { hasOther($0) { $0.after < $0.before && $0.change != .none } }),
    ("Source {score} rose", { hasOther($0) { $0.after > $0.before && $0.change != .none } }),
    ("Source {score} went", { hasOther($0) { $0.change == .none } }),
    ("Target {score} reached", { hasOther($0) { _ in true } }),
    ("Accuracy on", { !$0.hasSource }),
    ("Weights moved", { report in report.runs.contains { !$0.driftLayers.isEmpty } }),
    ("CKA before and after", { report in report.runs.contains(where: hasCKA) }),
    ("CKA by layer", { report in !report.runs.contains(where: hasCKA) }),
    ("{run…}no layer ends", { report in report.runs.contains { $0.similarity?.strays.isEmpty == true } }),
    ("{n} of {n} layer", { report in report.runs.contains { $0.similarity?.strays.isEmpty == false } }),
    ("Source {score} was {x} at", { report in report.runs.contains { $0.steps?.source != nil } }),
    ("Target {score} was {x} at", { report in report.runs.contains { $0.steps != nil && $0.steps?.source == nil } }),
    ("{run}: within the epochs", { report in report.runs.contains(where: recovered) }),
    ("{run}: stopped at step", { report in report.runs.contains { $0.steps?.stop != nil } }),
    ("{run}: epochs are checkpoints", { report in report.runs.contains { $0.watched?.isEmpty == false } }),
    ("{run}: epoch {n} ended", { report in report.runs.contains { $0.partialEpoch != nil } }),
    ("{regularizer} pulled", { report in report.runs.contains { $0.epochs.contains { !$0.regularizers.isEmpty } } }),
    ("With the source's head, the model agrees", { report in report.runs.contains { $0.after?.agreement != nil } }),
    ("With the source's head, what the model", { report in report.runs.contains(where: hasMovedNumbers) }),
  ]

  private static func recovered(_ run: RunFinding) -> Bool { run.steps?.worst?.isEstablished == true }

  private static func isGaugedAlone(_ run: RunFinding) -> Bool {
    run.after?.gauge != nil && run.after?.proxy == nil && run.after?.source == nil
  }

  private static let closingEvidenceOfConfidence: [SentenceTable<RunFinding>.Licence] = ConfidenceChange.licences(
    "confidence on {task}", of: { [$0.confidence?.source] })

  private static let evidenceOfConfidence: [SentenceTable<RunReport>.Licence] = ConfidenceChange.licences(
    "{run}: confidence on {task}", of: { $0.runs.map { $0.confidence?.source } })

  private static func hasCKA(_ run: RunFinding) -> Bool {
    run.similarity?.diagonal.contains { $0.value.isFinite } == true
  }

  private static func isLoss(_ report: RunReport) -> Bool {
    amounts(report).contains { $0.sourceCount >= 50 && $0.before > 0.12 && $0.low > 0 && $0.pairedPValue < 0.05 }
  }

  /// Whether a run is judged by another score than accuracy, and its change is such.
  private static func hasOther(_ report: RunReport, _ holds: (Forgetting) -> Bool) -> Bool {
    amounts(report).contains { $0.score != .accuracy && holds($0) }
  }

  private static func judgedCount(_ report: RunReport) -> Int { amounts(report).count { $0.tooLittle == nil } }

  private static let evidenceOfSeveral: [SentenceTable<RunReport>.Licence] = [
    ("There is no run", { $0.runs.isEmpty }),
    ("Neither {run}", { isCompared($0) && judgedCount($0) == 2 && !has($0, .loss) && !has($0, .gain) }),
    ("None of", { isCompared($0) && judgedCount($0) > 2 && !has($0, .loss) && !has($0, .gain) }),
    ("{run} {became} where", { isCompared($0) && (has($0, .loss) || has($0, .gain)) }),
    ("Of {n} runs", { isCompared($0) && judgedCount($0) > 2 && (has($0, .loss) || has($0, .gain)) }),
    ("One run each", { isCompared($0) }),
    ("… forgot {change} of the source task", { isLoss($0) }),
    ("… gained {change} on the source task", { has($0, .gain) }),
    ("… {change} gained; target", { has($0, .gain) }),
    ("… where {run} forgot {change}", { isLoss($0) }), ("… where {run} gained", { has($0, .gain) }),
    ("… forgot no more of the source task", { has($0, .none) }), ("… where {run} forgot no more", { has($0, .none) }),
    ("… {change}, no more than chance", { has($0, .none) }),
    ("Source accuracy came", { $0.runs.count > 1 && $0.hasSource }),
    ("Source {score} came", { ($0.runs.count > 1 || $0.runs[0].after?.target == nil) && hasOther($0) { _ in true } }),
    ("Accuracy reached", { $0.runs.count > 1 && !$0.hasSource }),
    ("Over {n} seeds {change} of {task} were forgotten", { hasClaim($0) { $0.low > 0 } }),
    ("Over {n} seeds {change} of {task} were gained", { hasClaim($0) { $0.high < 0 } }),
    (
      "{run…}{over or with} {n} seed{s…} the mean",
      { report in report.groups.contains { $0.loss?.isMore == false && $0.loss?.isLess == false } }
    ),
    ("{run…}over {n} seeds", { hasClaim($0) { $0.low > 0 || $0.high < 0 } }),
    ("… there are too few", { amounts($0).contains { $0.sourceCount < 50 } }),
    ("… was not known before", { amounts($0).contains { $0.before < 0.12 } }),
    ("{run} forgot less than", { excess($0).map { $0.isMore || $0.isLess } == true }),
    ("That {run} forgot less", { excess($0).map { !$0.isMore && !$0.isLess } == true }),
    ("… and fewer than 3", { report in report.groups.contains { $0.runs.count < 3 } }),
    (
      "… agree to the last digit",
      { report in report.groups.contains { $0.loss?.isJudged == false && $0.runs.count > 2 } }
    ),
  ]

  private static func hasClaim(_ report: RunReport, _ holds: (Estimate) -> Bool) -> Bool {
    report.groups.contains { $0.runs.count > 2 && $0.loss.map { holds($0.difference) } == true }
  }

  private static func excess(_ report: RunReport) -> SeedComparison? {
    report.groups.count == 2 ? report.groups[0].excess(of: report.groups[1]) : nil
  }

  private static let evidenceOfNotes: [SentenceTable<RunReport>.Licence] = [
    ("After: ", { $0.hasSource }), ("Forgotten: ", { $0.hasSource }),
    ("Forgotten: points of source {score}", { hasOther($0) { $0.score.unit == .fraction } }),
    ("Forgotten: {unit}", { hasOther($0) { $0.score.unit != .fraction } }),
    ("Forgotten: points of source accuracy", { !hasOther($0) { _ in true } }), ("Before is epoch 0", { !$0.hasSource }),
    ("Means over runs", { $0.isOverSeeds }), ("Fewer than 3", { $0.isOverSeeds }),
    ("Where the source's data", { $0.proxyChart() != nil }),
    ("Agreement: how often", { isProxy($0) && !isProxy($0, of: "labels") }),
    ("Divergence: mean KL(before ‖ now), in", { isProxy($0) && !isProxy($0, of: "labels") }),
    ("Agreement: of how many", { isProxy($0, of: "labels") }),
    ("Divergence: mean KL(before ‖ now) of", { isProxy($0, of: "labels") }),
    ("Neither is accuracy", { isProxy($0) }),
    ("Divergence: mean squared", { report in report.runs.contains(where: hasMovedNumbers) }),
    ("That is no error", { report in report.runs.contains(where: hasMovedNumbers) }),
    ("mean squared difference", { report in report.runs.contains(where: hasMovedNumbers) }),
    ("agreement of yes and no", { isProxy($0, of: "labels") }),
    ("A gauge of forgetting", { $0.gaugeChart() != nil }), ("It says how far the old", { $0.gaugeChart() != nil }),
    ("{examples}, the same at each look", { $0.stepChart() != nil }),
    ("head {heads}, mean divergence", { $0.gaugeChart() != nil }),
    ("Both are over", { isProxy($0, of: "tokens") }),
    ("All classes: the share", { report in report.runs.contains { isJoint($0, nil) } }),
    ("Taken for the other: the share", { report in report.runs.contains { isJoint($0, nil) } }),
    ("All classes: the score", { report in report.runs.contains { isJoint($0, "tokens") || isJoint($0, "labels") } }),
    (
      "Taken for the other: of all",
      { report in report.runs.contains { isJoint($0, "tokens") || isJoint($0, "labels") } }
    ),
    ("Calibration error is", { $0.confidenceChart() != nil }),
    ("how far confidence is", { $0.confidenceChart() != nil }), ("Penalty: ", { $0.doseChart() != nil }),
    ("A low CKA", { $0.ckaChart() != nil }),
    ("… examples; band", { !amounts($0).isEmpty }), ("‖w", { report in report.runs.contains { $0.drift != nil } }),
    ("… without heads", { report in report.runs.contains { $0.before?.targetHeadIsNew == true } }),
    ("{estimator}, {n} examples of {data}{epochs…}", { report in report.runs.contains { $0.similarity != nil } }),
    ("… whisker", { hasEntry($0) { $0.low.isFinite } }), ("… † features", { hasEntry($0, \.isLowSignal) }),
    ("norm of the", { $0.doseChart() != nil }), ("top-1 agreement", { isProxy($0) && !isProxy($0, of: "labels") }),
  ]

  private static func hasEntry(_ report: RunReport, _ holds: (LayerSimilarity.Entry) -> Bool) -> Bool {
    report.runs.contains { $0.similarity?.diagonal.contains(where: holds) == true }
  }

  /// Whether one head knows both tasks' classes, at such places of an example.
  private static func isJoint(_ run: RunFinding, _ places: String?) -> Bool {
    run.joint.map { $0.places == places } ?? false
  }

  /// Whether numbers that are said of a proxy's examples were compared with those before.
  private static func hasMovedNumbers(_ run: RunFinding) -> Bool { run.after?.proxy?.unit == .squares }

  /// Whether agreement on a proxy's examples was measured, or on such places of them.
  private static func isProxy(_ report: RunReport, of places: String? = nil) -> Bool {
    report.runs.contains { run in
      run.after?.agreement != nil && (places == nil || run.after?.proxy?.places == places)
    }
  }

  @Test func everySentenceOfAReportStandsInTheTableAndItsEvidenceHolds() throws {
    var table = try SentenceTable(
      ["One run", "Several runs", "Runs: how it was measured"],
      licences: Self.evidenceOfOne + Self.evidenceOfSeveral + Self.evidenceOfNotes + Self.evidenceOfConfidence)
    for runs in Self.single.map({ [$0] }) + Self.several + Self.ofOtherScores {
      let report = RunReport(runs: runs, title: "t")
      let said = Sentences.ofPage(report.html()) + Sentences.split(report.verdict)
      table.check(said, of: report)
      if let score = runs.first?.forgetting?.score { OtherScores.expectFitting(said, score) }
    }
    table.finish()
  }

  @Test func everyLineAtTheEndOfARunStandsInTheTableAndItsEvidenceHolds() throws {
    var table = try SentenceTable<RunFinding>(
      ["The end of a run, in the terminal"],
      licences: [
        ("forgot {x}", { $0.forgetting?.change == .loss }), ("forgot {change}", { $0.forgetting?.change == .loss }),
        ("gained", { $0.forgetting?.change == .gain }),
        ("forgot no more", { $0.forgetting?.change == EstablishedChange.none && $0.forgetting?.tooLittle == nil }),
        ("{n} source", { $0.forgetting.map { $0.sourceCount < 50 } == true }),
        ("{task} was not", { $0.forgetting.map { $0.before < 0.12 } == true }),
        ("all {n} classes of the head together: {x}", { Self.isJoint($0, nil) }),
        ("all {n} classes of the head together: {scores}", { Self.isJoint($0, "tokens") }),
        ("all {n} labels", { Self.isJoint($0, "labels") }),
        ("with the source's head, the model still", { $0.after?.agreement != nil }),
        ("with the source's head, what the model", { Self.hasMovedNumbers($0) }),
        ("on the target's inputs, what head", Self.isGaugedAlone), ("best epoch", { $0.best != nil }),
        ("within the epochs", Self.recovered), ("stopped at step", { $0.steps?.stop != nil }),
        ("epochs are checkpoints", { $0.watched?.isEmpty == false }),
        ("epoch {n} ended", { $0.partialEpoch != nil && $0.steps?.stop == nil }),
        ("{what} {was}", { $0.best == nil && $0.chosenBy != nil }),
        ("stopped after", { ($0.epochs.last?.epoch ?? 9) < ($0.plannedEpochs ?? 0) }),
        (
          "stopped after epoch {n} of {n}: no better",
          { $0.chosenBy?.choices.contains(.stop) == true }
        ),
      ] + Self.closingEvidenceOfConfidence)
    for run in Self.single + Self.ofOtherScores.compactMap(\.first) {
      let said = run.closingLines.flatMap(Sentences.split)
      table.check(said, of: run)
      if let score = run.forgetting?.score { OtherScores.expectFitting(said, score) }
    }
    table.finish()
  }
}
