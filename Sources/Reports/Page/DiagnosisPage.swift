import Findings

/// A diagnosis as a page, in words, tables and charts.
public struct DiagnosisPage: Sendable {
  /// What is shown.
  public let finding: DiagnosisFinding

  /// Of what was found.
  public init(_ finding: DiagnosisFinding) { self.finding = finding }
}

extension DiagnosisPage {
  /// The page: one file, nothing loaded from elsewhere.
  ///
  /// - Parameter links: other pages, from this one's folder.
  public func html(links: [PageLink] = []) -> String {
    let notes = PageSection(nil, notes)
    guard finding.forgetting.tooLittle == nil else { return document([notes], links) }
    var sections = [notes]
    if !finding.causes.isEmpty {
      sections.append(
        PageElements.section(
          "Why",
          PageElements.figure(waterfallChart(), width: 720)
            + finding.causes.filter(\.isEstablished).map {
              PageElements.paragraph("\($0.kind.rawValue): \($0.kind.advice(of: score))")
            }.joined()))
    }
    if let confidenceSection { sections.append(confidenceSection) }
    sections.append(
      PageElements.section(
        "Where",
        [baselineNote, exceedingNote].compactMap { $0 }.map { PageElements.paragraph($0) }.joined()
          + PageElements.table(layerTable(verdictFirst: true), marksRows: true, noun: "layer")
          + PageElements.paragraph(explanation)))
    if finding.remedies.contains(where: { $0.confidence == nil }) {
      sections.append(PageElements.section(remedyTitle, remedyContent, anchor: "remedies"))
    }
    sections.append(
      PageElements.section("Putting layers back", PageElements.figure(rewindChart(), width: 720)))
    if finding.epochs.count > 1 {
      let maps = historyCharts().map { PageElements.figure($0, width: 440) }
      sections.append(
        PageElements.section(
          "When", (moment.map { PageElements.paragraph(Self.sentence($0)) } ?? "") + PageElements.grid(maps)))
    }
    if !finding.classes.isEmpty {
      sections.append(
        PageElements.section("Which classes", PageElements.table(classTable(), marksRows: true, noun: "class")))
    }
    if !finding.examples.isEmpty { sections.append(PageElements.section("Which examples", exampleContent)) }
    if let worsenedSection { sections.append(worsenedSection) }
    sections.append(
      PageElements.section(
        "How sure",
        PageElements.table(measureTable(), marksRows: true)
          + PageElements.table(controlTable(), marksRows: true, noun: "layer") + PageElements.paragraph(controlWords)))
    return document(sections, links)
  }

  /// What is said before anything else.
  private var notes: String {
    ([advice, proxyNote].compactMap { $0 } + gapNotes + [countNote, classNote].compactMap { $0 } + matchNotes).map {
      "<p>\(PageElements.prose($0))</p>"
    }.joined()
  }

  private func document(_ sections: [PageSection], _ links: [PageLink]) -> String {
    PageElements.document(
      title: finding.title, headline: headline, sections: sections, links: links,
      footer: "Made by Lethe: <code>lethe diagnose</code>.",
      style: finding.worsened == nil ? "" : Self.worsenedStyle)
  }

  private var remedyContent: String {
    let tried = triedRemedies
    let unit = remedyUnits
    let note =
      "\(unit.prefix(1).uppercased() + unit.dropFirst()) on test examples that had no part in choosing how far "
      + "or which layers to go back."
    func commands(_ remedies: [Remedy], _ name: (Int, Remedy) -> String) -> String {
      remedies.enumerated().map {
        PageElements.paragraph(name($0, $1))
          + PageElements.command($1.command ?? "")
      }.joined()
    }
    let best = finding.established.first
    return (remedyNote.map { PageElements.paragraph($0) } ?? "")
      + (tried.isEmpty ? "" : PageElements.table(remedyTable()) + PageElements.paragraph(note))
      + commands(best.map { [$0.remedy] } ?? []) { _, _ in "To write what number \(best?.number ?? 0) gives:" }
      + commands(untriedRemedies) { _, remedy in remedy.action + ":" }
  }

  private var exampleContent: String {
    let worst = finding.examples.filter { $0.isLost && $0.picture != nil }
    let pictures = worst.compactMap { example in
      example.picture.map { picture in
        "<figure>\(picture.image(alternative: "test example \(example.index), \(example.label)"))<figcaption>"
          + escapedMarkup("\(example.label) → \(example.after)")
          + "<p>\(confidences(example))</p>"
          + "</figcaption></figure>"
      }
    }
    let among = finding.isJudgedOnFewer ? " of the \(NumberText.grouped(finding.measuredOn.source)) looked at" : ""
    let words =
      (pictures.isEmpty
        ? ""
        : "Right before, wrong now: those whose own class lost the most probability, with its probability before and "
          + "now. ")
      + "All \(NumberText.grouped(finding.examples.count)) that changed\(among) are in diagnosis-examples.csv beside this "
      + "page."
    return "<div class=\"pictures\">\(pictures.joined(separator: "\n"))</div>" + PageElements.paragraph(words)
  }

  private func confidences(_ example: ChangedExample) -> String {
    PageElements.prose(
      "\(NumberText.percent(example.confidenceBefore)) → \(NumberText.percent(example.confidenceAfter))")
  }

  private var explanation: String {
    let related = finding.correlations.named(over: finding.layers).filter { $0.value.isFinite }
      .map {
        "\($0.name) \(NumberText.correlation($0.value, count: $0.count))"
          + ($0.count == finding.layers.count ? "" : " over \($0.count) of them")
      }
      .joined(separator: ", ")
    return
      "Drift: ‖after − before‖ / ‖before‖. Predicted loss: ½ Σ F (w − w⁰)², by the source's Fisher information, in nats"
      + (finding.layers.contains { $0.predictedLoss.low.isFinite }
        ? ", with its 95 % interval over the examples, and the labels drawn for them, that F is estimated from" : "")
      + ": it ranks layers, and as an amount it is good for small steps only. CKA: debiased\(LayerSimilarity.poolWords(finding.pool ?? "standard", rowsPerExample: nil)), before against after. "
      + probeWords
      + "Rewind: \(rewindUnits) lost, when the layer alone is put back."
      + (related.isEmpty
        ? ""
        : " Rank correlation with what rewinding regains, over \(finding.layers.count) layers, with its 95 % interval: \(related).")
  }

  private var probeWords: String {
    guard finding.leftOut?.probes == nil else { return "" }
    let drop =
      score == .accuracy || score == .agreement
      ? "Probe drop: points that a linear classifier fitted anew on the layer lost. "
      : "Probe drop: by how much a linear map fitted anew on the layer got worse, in \(score.unitWords). "
    return drop + (finding.measuredOn.probedClasses.map { "Probes are of \($0.words), drawn. " } ?? "")
  }

  /// `points of source accuracy regained, and of target accuracy`.
  private var rewindUnits: String {
    let isShared = score.unit == .fraction && targetScore.unit == .fraction
    let regained = finding.forgetting.isAgreement ? score.unitWords : score.unitWords(of: "source")
    return "\(regained) regained, and "
      + (isShared ? "of target \(targetScore.noun)" : targetScore.unitWords(of: "target"))
  }

  private var controlWords: String {
    let controls = finding.probeControls
    let probes = [
      controls.permuted.scores.isEmpty
        ? nil : "\(ProbeControls.permutedName) \(controls.permuted.words(of: score))",
      controls.untrained.isFinite
        ? "\(ProbeControls.untrainedName) \(score.figure(controls.untrained))" : nil,
    ].compactMap { $0 }.joined(separator: ", ")
    return
      "CKA beside what it says where the answer is known: of shuffled examples none, of a layer with itself all; a "
      + "network never trained shows what architecture and inputs alone make alike, other runs what a seed alone changes."
      + (probes.isEmpty ? "" : " Probes of the last layer to compare with: \(probes).")
  }

  static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }

  /// The examples that changed, as a file: a row each.
  public func exampleFile() -> String {
    var table = CommaSeparatedValues(
      header: ["index", "class", "before", "after", "probability_before", "probability_after"])
    for example in finding.examples {
      table.append([
        "\(example.index)", example.label, example.before, example.after,
        CommaSeparatedValues.number(example.confidenceBefore), CommaSeparatedValues.number(example.confidenceAfter),
      ])
    }
    return table.text
  }
}
