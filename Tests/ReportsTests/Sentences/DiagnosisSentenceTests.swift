import Findings
import Metrics
import Testing

@testable import Reports

/// Diagnoses of all kinds, and what is said of them: each sentence stands in the article's tables, its evidence holds, and
/// no row of the tables is without a sentence.
@Suite struct DiagnosisSentenceTests {
  /// By the beginning of the template, which tells the rows apart.
  private static let licences: [SentenceTable<DiagnosisFinding>.Licence] = [
    ("Fine-tuning lost {change}", { isLost($0) }),
    ("Fine-tuning lost nothing", { isJudged($0) && $0.forgetting.high < 0 && $0.forgetting.pairedPValue < 0.05 }),
    ("Fine-tuning lost no more", { isJudged($0) && $0.forgetting.low <= 0 && $0.forgetting.high >= 0 }),
    ("{n} source", { $0.forgetting.sourceCount < 50 }),
    (
      "{task} was not known",
      { $0.forgetting.score == .accuracy && $0.forgetting.before < 0.12 && $0.forgetting.sourceCount >= 50 }
    ),
    ("Over seeds, fine-tuning lost {change} (", { seeds($0) >= 3 && ($0.forgetting.runs?.loss.low ?? 0) > 0 }),
    ("Over seeds, fine-tuning lost nothing", { seeds($0) >= 3 && ($0.forgetting.runs?.loss.high ?? 0) < 0 }),
    (
      "Over seeds, fine-tuning lost {change}{",
      { seeds($0) < 3 || ($0.forgetting.runs?.loss).map { $0.low <= 0 && $0.high >= 0 } == true }
    ),
    ("Of the run that", { seeds($0) > 0 }),
    ("The source's own", { $0.forgetting.score == .agreement }),
    ("{task} stands in", { $0.forgetting.score == .agreement }),
    (
      "{task} stands in for them: its labels do not count, and every accuracy",
      { $0.forgetting.forgetting.places == nil }
    ),
    (
      "{task} stands in for them: its labels do not count, and every score",
      { $0.forgetting.forgetting.places == "tokens" }
    ),
    ("The loss is not taken apart", { $0.causes.isEmpty && $0.leftOut?.causes != nil }),
    ("The loss is not taken apart into readout and features: the source's head is", { hasGap($0, .head) }),
    ("The loss is not taken apart into readout and features: the source's head has", { hasGap($0, .size) }),
    ("The loss is not taken apart into readout and features: this kind", { hasGap($0, .kind) }),
    ("No linear probes are fitted: over more", { $0.leftOut?.probes == .words }),
    ("No linear probes are fitted: this", { $0.leftOut?.probes == .kind }),
    ("Where that was wrong", { $0.forgetting.score == .agreement }),
    ("Causes and layers", { $0.measuredOn.source < $0.forgetting.sourceCount }),
    ("{n} of {n} classes", { $0.classes.contains { $0.count == 0 } }),
    ("the loss is more", { isJudged($0) && $0.firstSignificantEpoch != nil }),
    ("running statistics", { hasPart($0, .statistics) }), ("readout misaligned", { hasPart($0, .readout) }),
    ("readout misaligned: the features still tell", { !isOther($0) }),
    ("readout misaligned: the features still hold", { isOther($0) }),
    ("lost features", { hasPart($0, .features) }), ("{part} better", { $0.causes.contains { $0.loss.high < 0 } }),
    ("no cause is", { isLost($0) && $0.causes.allSatisfy { $0.loss.low <= 0 } }),
    ("Largest part", { $0.causes.contains { $0.loss.low > 0 } }),
    ("No cause is", { $0.causes.allSatisfy { $0.loss.low <= 0 && $0.loss.high >= 0 } }),
    ("restoring", { remains($0) && $0.layers.contains { $0.gain.low > 0 && $0.gain.value >= 0.016 } }),
    ("no layer alone", { remains($0) && $0.layers.allSatisfy { $0.verdict != .lostHere && $0.verdict != .critical } }),
    ("No loss is established", { !remains($0) && !$0.layers.isEmpty }),
    ("No layer was put back", { $0.layers.isEmpty }),
    ("Layers are judged", { $0.baseline.restoresStatistics }),
    ("Restoring", { finding in finding.layers.contains { $0.gain.low > max(0, finding.baseline.establishedLoss) } }),
    ("What a probe can read", { $0.layers.contains { $0.probeDrop.low > 0 } }),
    ("No layer's probe", { $0.layers.allSatisfy { !($0.probeDrop.low > 0) } }),
    ("What helps", { isLost($0) && $0.remedies.contains { $0.gain.low > 0 && $0.merit > 0 } }),
    ("To write what number", { isLost($0) && $0.remedies.contains { $0.gain.low > 0 && $0.merit > 0 } }),
    ("Nothing that was tried is established", { isLost($0) && $0.remedies.allSatisfy { !($0.gain.low > 0) } }),
    (
      "Nothing that was tried is worth",
      { isLost($0) && $0.weighsCosts && $0.remedies.contains { $0.gain.low > 0 } && mostMerit($0) <= 0 }
    ),
    (
      "Nothing that was tried is worth its cost: {remedy} regains {change} and costs {x} of the target.",
      { $0.remedies.contains { $0.gain.low > 0 && $0.cost.low > 0 } }
    ),
    (
      "Nothing that was tried is worth its cost: {remedy} regains {change} and costs {x} of the target, which",
      { $0.remedies.contains { $0.gain.low > 0 && $0.cost.low <= 0 } }
    ),
    (
      "What was tried",
      { !isLost($0) || !$0.weighsCosts || $0.remedies.allSatisfy { !($0.gain.low > 0 && $0.merit > 0) } }
    ),
    (
      "What is regained and what it costs are counted in different units, and are not weighed: {remedy} regains {change} "
        + "and costs {x} of the target, which", { $0.remedies.contains { $0.gain.low > 0 && $0.cost.low <= 0 } }
    ),
    ("What is regained and", { isLost($0) && !$0.weighsCosts && $0.remedies.contains { $0.gain.low > 0 } }),
    ("All {n} that changed", { !$0.examples.isEmpty }),
    ("Right before, wrong now", { $0.examples.contains { $0.isLost && $0.picture != nil } }),
    ("Test examples whose", { $0.worsened != nil }),
    ("Marked are tokens", { first($0)?.tokens?.allSatisfy { $0.label == nil } == true }),
    ("Below a token", { first($0)?.tokens?.contains { $0.label != nil } == true }),
    ("The image, then", { first($0)?.masks != nil }), ("What is right, what", { first($0)?.values != nil }),
    ("points of source accuracy, taken apart in", { $0.forgetting.score == .accuracy && !$0.isAveragedOverOrders }),
    ("points of agreement, taken apart in", { $0.forgetting.score == .agreement && !$0.isAveragedOverOrders }),
    ("points of source accuracy, taken apart by", { $0.forgetting.score == .accuracy && $0.isAveragedOverOrders }),
    ("points of agreement, taken apart by", { $0.forgetting.score == .agreement && $0.isAveragedOverOrders }),
    ("points of accuracy when", { $0.forgetting.score == .accuracy }),
    ("points of agreement when", { $0.forgetting.score == .agreement }),
    ("{unit}, taken apart in", { isOther($0) && !$0.isAveragedOverOrders }),
    ("{unit}, taken apart by", { isOther($0) && $0.isAveragedOverOrders }), ("{unit} when one", { isOther($0) }),
    ("by how much a linear", { hasProbeHistory($0) && isOther($0) }),
    ("Probes are of", { $0.measuredOn.probedClasses != nil && $0.leftOut?.probes == nil }),
    ("Probe drop: points that a linear classifier", { !isOther($0) && $0.leftOut?.probes == nil }),
    ("Probe drop: by", { isOther($0) && $0.leftOut?.probes == nil }),
    ("Rewind: points of source {score}", { isOther($0) && $0.forgetting.score.unit == .fraction }),
    ("Rewind: {unit}", { $0.forgetting.score.unit != .fraction }),
    ("relative drift", { $0.epochs.contains { $0.drift.contains(where: \.isFinite) } }),
    ("debiased CKA", { $0.epochs.contains { $0.similarity.contains(where: \.isFinite) } }),
    ("points of source accuracy that", { hasProbeHistory($0) && $0.forgetting.score == .accuracy }),
    ("points of agreement that", { hasProbeHistory($0) && $0.forgetting.score == .agreement }),
    ("confidence: no loss", { $0.confidence?.isCause == true && $0.forgetting.change != .loss }),
    ("confidence: {score} all but", { $0.confidence?.isCause == true && $0.forgetting.high < 0.01 }),
    ("{remedy}: {figures}", { $0.mending != nil }), ("To write the checkpoint", { $0.mending != nil }),
    ("… it costs the target nothing", { $0.mending?.remedy.cost.value == 0 }),
    ("Calibration error is", { $0.confidence != nil }),
    ("Rank correlation", { $0.layers.count >= 5 }),
    ("Probes of the last", { !$0.probeControls.permuted.scores.isEmpty || $0.probeControls.untrained.isFinite }),
  ]

  /// Whether it is of a score besides accuracy and agreement.
  private static func isOther(_ finding: DiagnosisFinding) -> Bool {
    finding.forgetting.score != .accuracy && finding.forgetting.score != .agreement
  }

  private static func hasGap(_ finding: DiagnosisFinding, _ reason: CausesLeftOut.Reason) -> Bool {
    finding.leftOut?.causes?.reason == reason
  }

  private static func hasProbeHistory(_ finding: DiagnosisFinding) -> Bool {
    finding.epochs.contains { $0.probeDrop.contains(where: \.isFinite) }
  }

  /// Of remedies whose gain is established.
  private static func mostMerit(_ finding: DiagnosisFinding) -> Double {
    finding.remedies.filter { $0.gain.low > 0 }.map(\.merit).max() ?? -1
  }

  private static func first(_ finding: DiagnosisFinding) -> ExampleChange? { finding.worsened?.first?.change }

  private static func seeds(_ finding: DiagnosisFinding) -> Int { finding.forgetting.runs?.count ?? 0 }

  private static func isJudged(_ finding: DiagnosisFinding) -> Bool {
    finding.forgetting.sourceCount >= 50 && (finding.forgetting.score != .accuracy || finding.forgetting.before > 0.12)
  }

  private static func isLost(_ finding: DiagnosisFinding) -> Bool {
    isJudged(finding) && finding.forgetting.low > 0 && finding.forgetting.pairedPValue < 0.05
  }

  private static func remains(_ finding: DiagnosisFinding) -> Bool {
    finding.baseline.loss.low > 0 && finding.baseline.pairedPValue < 0.05
  }

  private static func hasPart(_ finding: DiagnosisFinding, _ kind: ForgettingCause.Kind) -> Bool {
    finding.causes.contains { $0.kind == kind && $0.loss.low > 0 }
  }

  /// Sentences that say how the target fares need that, too.
  private static func targetHolds(_ sentence: String, _ finding: DiagnosisFinding) -> Bool {
    guard !sentence.hasPrefix("Rewind: "), !sentence.contains("of the target, which is not established"),
      !sentence.hasSuffix("which layers to go back."), !sentence.contains("it costs the target nothing")
    else { return true }
    let costs = finding.layers.map(\.cost) + finding.remedies.map(\.cost)
    if sentence.contains("costs") || sentence.contains("of the target lost") {
      return costs.contains { $0.low > 0 }
    }
    return !sentence.contains("of the target") || costs.contains { $0.high < 0 }
  }

  // MARK: Findings of all kinds

  private static let estimates = [
    Estimate(0.16, low: 0.15, high: 0.17), Estimate(0.002, low: -0.01, high: 0.014),
    Estimate(-0.16, low: -0.17, high: -0.15),
  ]

  private static func amount(
    _ loss: Estimate, before: Double, count: Int, score: Score, places: String? = nil
  ) -> ForgottenAmount {
    let after = score.direction == .up ? before - loss.value : before + loss.value
    return ForgottenAmount(
      Forgetting(
        score: score, epoch: 2, before: before, after: after, final: loss.value, low: loss.low,
        high: loss.high, pairedPValue: abs(loss.value) > 0.1 ? 1e-9 : 0.7, lost: 9, gained: 3, sourceCount: count,
        chance: score == .accuracy ? 0.1 : .nan, places: places))
  }

  private static func findings() -> [DiagnosisFinding] {
    let kinds: [ForgettingCause.Kind] = [.statistics, .readout, .features]
    let gains = estimates + [Estimate(0.5, low: 0.4, high: 0.6)]
    let amounts =
      estimates.map { amount($0, before: 0.9, count: 2000, score: .accuracy) }
      + estimates.map { amount($0, before: 1, count: 2000, score: .agreement) }
      + estimates.map { amount($0, before: 1, count: 2000, score: .agreement, places: "tokens") }
      + OtherScores.all.flatMap { score in estimates.map { amount($0, before: 0.9, count: 2000, score: score) } }
      + [
        amount(estimates[0], before: 0.9, count: 12, score: .accuracy),
        amount(estimates[0], before: 0.104, count: 500, score: .accuracy),
      ]
    let seeds = [
      nil, MeanOfRuns(count: 3, loss: estimates[0]), MeanOfRuns(count: 3, loss: estimates[1]),
      MeanOfRuns(count: 4, loss: estimates[2]), MeanOfRuns(count: 2, loss: estimates[0]),
    ]
    let parts = [(0, estimates[0]), (1, estimates[0]), (2, estimates[2]), (2, estimates[0]), (0, estimates[1])]
    var all: [DiagnosisFinding] = []
    for amount in amounts {
      let isOther = amount.score != .accuracy && amount.score != .agreement
      for (number, (place, part)) in parts.enumerated() {
        for gain in gains {
          for cost in isOther ? [estimates[0], .unmeasured] : estimates + [.unmeasured] {
            let restored = number % 2 == 0
            let left = restored ? (number == 0 ? estimates[0] : estimates[1]) : amount.loss
            let baseline = LayerBaseline(
              restoresStatistics: restored, loss: left, pairedPValue: abs(left.value) > 0.1 ? 1e-9 : 0.7)
            let layer = DiagnosedLayer(
              layer: "conv.1", drift: 1, similarity: Estimate(0.5), probeDrop: estimates[number % 3], gain: gain,
              cost: cost,
              isInSmallestSet: number == 3)
            var amount = amount
            amount.runs = seeds[number]
            let epochs = (0...1).map {
              LayersAtEpoch(epoch: $0, drift: [0.1], similarity: [0.5], probeDrop: [estimates[number % 3].value])
            }
            let example = ChangedExample(
              index: 1, label: "cat", before: "cat", after: "dog", confidenceBefore: 0.9, confidenceAfter: 0.1)
            all.append(
              DiagnosisFinding(
                sourceTask: "Photos", forgetting: amount,
                measuredOn: JudgedCounts(source: number == 0 ? amount.sourceCount : amount.sourceCount / 2),
                causes: kinds.enumerated().map {
                  ForgettingCause($1, loss: $0 == place ? part : estimates[1], unit: amount.score.unit)
                },
                isAveragedOverOrders: number == 2, baseline: baseline, layers: [layer],
                classes: ["cat", "dog"].map {
                  ClassChange(
                    $0, before: 0.9, after: 0.8, PairedComparison(count: number == 1 ? 0 : 9, lost: 0, gained: 0))
                }, examples: [example], epochs: epochs, firstSignificantEpoch: amount.low > 0 ? 1 : nil,
                remedies: [Remedy(kind: .head, action: "refit the source head", gain: gain, cost: cost, count: 90)],
                targetScore: isOther && number != 4 ? amount.score : nil, leftOut: LeftOutMeasures()))
          }
        }
      }
    }
    let changes = [
      SampleFindings.textChange, SampleFindings.tagChange, SampleFindings.maskChange, SampleFindings.valueChange,
    ]
    let worsened = changes.map { change in
      var finding = all[0]
      finding.examples = []
      finding.worsened = [WorsenedExample(index: 4, lossBefore: 0.2, lossAfter: 2.4, change: change)]
      return finding
    }
    return all + worsened + gaps(all[0]) + costly() + confident() + [withEverything(all[0])]
  }

  /// Confidence that fell alone, beside a small loss and beside a large one, and confidence that rose.
  private static func confident() -> [DiagnosisFinding] {
    let small = Estimate(0.004, low: 0.001, high: 0.007)
    let changes =
      [
        (estimates[1], SampleFindings.confidences[0]), (small, SampleFindings.confidences[0]),
        (estimates[0], SampleFindings.confidences[0]), (estimates[1], SampleFindings.confidences[1]),
      ] + SampleFindings.confidences[2...].map { (estimates[1], $0) }
    return changes.map { loss, change in
      var amount = amount(loss, before: 0.9, count: 2000, score: .accuracy)
      if loss == small { amount.forgetting.pairedPValue = 0.001 }
      let mended = MendedConfidence(temperature: 2, change: SampleFindings.confidences[1])
      return DiagnosisFinding(
        sourceTask: "Photos", forgetting: amount, measuredOn: JudgedCounts(source: 2000),
        confidence: DiagnosedConfidence(change, beside: amount.forgetting),
        remedies: change.isLoss
          ? [
            Remedy(
              kind: .temperature, action: "divide the scores of the source head by 2.0",
              cost: loss == small ? .unmeasured : Estimate(0, low: 0, high: 0), confidence: mended)
          ] : [])
    }
  }

  /// Gains that are not worth an unsure cost, in one unit and in two.
  private static func costly() -> [DiagnosisFinding] {
    let unsure = Estimate(0.5, low: -0.1, high: 0.9)
    let remedy = Remedy(kind: .head, action: "refit the source head", gain: estimates[0], cost: unsure, count: 90)
    return ([.accuracy] + OtherScores.all).flatMap { score in
      [score, .accuracy].map { target in
        DiagnosisFinding(
          sourceTask: "Photos", forgetting: amount(estimates[0], before: 0.9, count: 2000, score: score),
          measuredOn: JudgedCounts(source: 2000), layers: [], remedies: [remedy], targetScore: target)
      }
    }
  }

  /// The same where something could not be measured.
  private static func gaps(_ finding: DiagnosisFinding) -> [DiagnosisFinding] {
    let gaps = [
      LeftOutMeasures(causes: CausesLeftOut(.head)),
      LeftOutMeasures(causes: CausesLeftOut(.size, weightCount: 38_597_376), probes: .words),
      LeftOutMeasures(causes: CausesLeftOut(.size, weightCount: 5_120_000, mostWeights: 2_097_152)),
      LeftOutMeasures(causes: CausesLeftOut(.kind), probes: .kind),
    ]
    return gaps.map { gap in
      var finding = finding
      (finding.leftOut, finding.causes) = (gap, [])
      return finding
    }
  }

  /// The same with layers enough to correlate, probes to compare with, and a picture.
  private static func withEverything(_ finding: DiagnosisFinding) -> DiagnosisFinding {
    var finding = finding
    finding.measuredOn.probedClasses = DrawnClasses(count: 100, total: 1000)
    finding.examples[0].picture = Picture(planes: [0, 50, 100, 200], channels: 1, height: 2, width: 2)
    return DiagnosisFinding(
      sourceTask: finding.sourceTask, forgetting: finding.forgetting, measuredOn: finding.measuredOn,
      causes: finding.causes, baseline: finding.baseline,
      layers: (1...6).map { number in
        let gain = 0.01 * Double(number * number)
        return DiagnosedLayer(
          layer: "conv.\(number)", drift: Double(number), similarity: Estimate(1 - gain),
          gain: Estimate(gain, low: gain - 0.005, high: gain + 0.005))
      }, probeControls: ProbeControls(permuted: ControlDraws([0.1, 0.12]), untrained: 0.4),
      examples: finding.examples)
  }

  /// What the terminal says, and the page, which is long in the making.
  private func sentences(of finding: DiagnosisFinding, withPage: Bool) -> [String] {
    let page = DiagnosisPage(finding)
    func said(_ lines: [String?]) -> [String] {
      (withPage ? Sentences.ofPage(page.html()) : []) + lines.compactMap { $0 }.flatMap(Sentences.split)
    }
    let pictures = ([page.waterfallChart(), page.rewindChart()] as [any Chart]).flatMap { [$0.title, $0.subtitle] }
    let lines = [page.seedsVerdict, page.verdict, page.proxyNote, page.countNote, page.classNote] + page.gapNotes
    guard finding.forgetting.tooLittle == nil else { return said(lines) }
    return said(
      lines + [page.moment, page.place, page.baselineNote, page.exceedingNote, page.remedyNote]
        + [page.confidenceCause, page.confidenceNote, page.mendingWords])
      + pictures + [page.remedyTitle] + (page.why?.components(separatedBy: " · ") ?? [])
  }

  private static let rowLicences: [SentenceTable<(finding: DiagnosisFinding, remedy: Remedy)>.Licence] = [
    ("not established", { !($0.remedy.gain.low > 0) }),
    ("costs more", { $0.finding.weighsCosts && $0.remedy.gain.low > 0 && $0.remedy.merit <= 0 }),
    ("not weighed", { !$0.finding.weighsCosts && $0.remedy.gain.low > 0 && $0.remedy.cost.value > 0 }),
  ]

  /// A remedy under "What helps" that does not help says so.
  @Test func wordsOfRemediesStandInTheTable() throws {
    var table = try SentenceTable(["Diagnosis: words of a remedy's row"], licences: Self.rowLicences)
    for finding in Self.findings() {
      let rows = DiagnosisPage(finding).remedyTable().rows
      for (row, remedy) in zip(rows, finding.remedies.filter(\.isTried)) {
        let word = row.count > 5 ? row[5] : ""
        table.check(word.isEmpty ? [] : [word], of: (finding, remedy))
        #expect(word.isEmpty || Self.isLost(finding), "\(word)")
        let helps = finding.established.contains { $0.remedy.action == remedy.action }
        #expect(helps == (word.isEmpty && Self.isLost(finding)), "\(row)")
      }
    }
    table.finish()
  }

  @Test func everySentenceStandsInTheTableAndItsEvidenceHolds() throws {
    var table = try SentenceTable(
      ["how much", "why", "where", "what helps", "how it was measured"].map { "Diagnosis: \($0)" },
      licences: Self.licences
        + ConfidenceChange.licences("confidence on the source", of: { [$0.confidence?.change] }))
    let findings = Self.findings()
    for (number, finding) in findings.enumerated() {
      let isLast = number == findings.count - 1
      let sentences = sentences(
        of: finding, withPage: number.isMultiple(of: 3) || isLast || finding.worsened != nil || finding.causes.isEmpty)
      table.check(sentences, of: finding)
      if Self.isOther(finding), finding.targetScore == finding.forgetting.score {
        OtherScores.expectFitting(sentences, finding.forgetting.score)
      }
      for sentence in sentences { #expect(Self.targetHolds(sentence, finding), "\(sentence)") }
    }
    table.finish()
  }
}
