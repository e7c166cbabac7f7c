import Findings

extension RunReport {
  /// The report as one HTML file: no scripts, nothing loaded from elsewhere, for light, dark, phone and paper.
  ///
  /// - Parameter links: other pages, from this one's folder.
  public func html(links: [PageLink] = []) -> String {
    PageElements.document(
      title: title, headline: verdict, sections: sections(), links: links,
      footer: "Made by Lethe. Every number here is in the files under Data; <code>lethe report</code> writes them, and "
        + "the charts as SVG, where it is given a folder.")
  }

  /// Which epoch a run stands for, where a rule chose it.
  private func bestText(_ run: RunFinding) -> String? {
    guard let best = run.best, let epoch = run.epochs.first(where: { $0.epoch == best.epoch }) else {
      return run.chosenBy.map { "\(run.name): \($0.sentence)" }
    }
    let source = epoch.sourceScore.map { ", source \(run.sourceMeasure.text($0))" } ?? ""
    return "\(run.name): best epoch \(best.epoch) by “\(best.rule)” (target "
      + "\(run.targetMeasure.text(epoch.targetScore))\(source))"
      + (best.keepsBounds ? "" : "; no epoch keeps the rule’s bounds, this one misses them by least")
      + (run.chosenBy.map { ", \($0.words)." } ?? ".")
  }

  private var forgottenNote: String {
    let score = sourceMeasure
    guard let score, score.unit != .fraction else { return "points of source \(scoreName) lost" }
    return "\(score.heading) by which the source got worse"
  }

  /// What the columns of p, lost and gained are.
  private var testNote: String {
    let scores = Set(runs.filter(\.hasSource).map { $0.sourceMeasure == .accuracy })
    let ofClasses = "McNemar’s exact test on the same examples; lost and gained: examples that became wrong and right"
    let ofOthers =
      "permutation test that exchanges before and after of each example; lost and gained: examples whose loss rose and fell"
    return switch scores {
    case [false]: "p: \(ofOthers)"
    case [true, false]: "p, of accuracy: \(ofClasses); of other scores: \(ofOthers)"
    default: "p: \(ofClasses)"
    }
  }

  /// How classes were matched with the heads', each once, where that has to be said.
  private var matchNotes: [String] {
    var notes: [String] = []
    for note in runs.flatMap({ $0.matchedClasses?.notes ?? [] }) where !notes.contains(note) { notes.append(note) }
    return notes
  }

  /// What one head makes of both tasks, where a run has such.
  private var jointNotes: [String] {
    runs.compactMap { run in run.jointWords.map { "\(run.name): \($0)." } }
  }

  /// Which checkpoints epochs are, of trainings elsewhere.
  private var watchedNotes: [String] { runs.compactMap { run in run.watchedWords.map { "\(run.name): \($0)." } } }

  private func sections() -> [PageSection] {
    guard !runs.isEmpty else { return [] }
    let note =
      hasSource
      ? "After: the best epoch by the run’s rule, else the last. Forgotten: \(forgottenNote) from epoch 0 to "
        + "that epoch; interval: paired bootstrap; \(testNote)."
      : "Before is epoch 0; after is the best epoch by the run’s rule, else the last."
    var sections: [PageSection] = []
    if isOverSeeds {
      sections.append(
        PageElements.section("Over seeds", PageElements.table(seedTable()) + PageElements.paragraph(Self.seedNote)))
    }
    sections.append(
      PageElements.section(
        "Summary",
        PageElements.table(summaryTable(), marksRows: true) + PageElements.paragraph(note)
          + (runs.compactMap(bestText) + jointNotes + matchNotes + watchedNotes).map(PageElements.paragraph).joined()))
    let epochs = runs.map { PageElements.details("Every epoch of \($0.name)", PageElements.table(epochTable($0))) }
      .joined(separator: "\n")
    let charts = scoreCharts()
    let width = charts.count > 1 ? 450.0 : 720
    sections.append(
      PageElements.section(
        "\(scoreName.prefix(1).uppercased() + scoreName.dropFirst()) by epoch",
        PageElements.grid(charts.map { PageElements.figure($0, width: width) }) + epochs))
    if let chart = stepChart() {
      let looks = runs.filter { $0.steps != nil }
        .map { PageElements.details("Every look at \($0.name)", PageElements.table(stepTable($0))) }
      let sentences = runs.flatMap { run in run.stepSentences.map { "\(run.name): \($0)." } }
      sections.append(
        PageElements.section(
          "By the step",
          PageElements.figure(chart, width: 720) + sentences.map(PageElements.paragraph).joined() + looks.joined()))
    }
    if runs.contains(where: { $0.joint != nil }) {
      sections.append(
        PageElements.section(
          "One head for both tasks", PageElements.table(jointTable()) + PageElements.paragraph(jointNote)))
    }
    if let chart = proxyChart() {
      let epochs = PageElements.details("Agreement of every epoch", PageElements.table(proxyTable()))
      sections.append(
        PageElements.section(
          "On other examples", PageElements.figure(chart, width: 720) + PageElements.paragraph(proxyNote) + epochs)
      )
    }
    if let chart = gaugeChart() {
      let epochs = PageElements.details("Divergence of every epoch", PageElements.table(gaugeTable()))
      sections.append(
        PageElements.section(
          "Without the source’s data",
          PageElements.figure(chart, width: 720) + PageElements.paragraph(Self.gaugeNote) + epochs))
    }
    if let chart = confidenceChart() {
      let figures = confidenceTable()
      sections.append(
        PageElements.section(
          "Trust in its own confidence",
          PageElements.figure(chart, width: 720) + confidenceSentences.map(PageElements.paragraph).joined()
            + (figures.rows.isEmpty ? "" : PageElements.table(figures) + PageElements.paragraph(confidenceNote))))
    }
    if let chart = doseChart() {
      let doses = PageElements.details("Dose of every epoch", PageElements.table(doseTable()))
      sections.append(
        PageElements.section(
          "Dose of regularization",
          PageElements.figure(chart, width: 720) + PageElements.paragraph(Self.doseNote) + doses))
    }
    if let chart = driftChart() {
      let drift = PageElements.details("Drift of every layer", PageElements.table(driftTable(), noun: "layer"))
      sections.append(PageElements.section("Weight drift by layer", PageElements.figure(chart, width: 720) + drift))
    }
    if let chart = ckaChart() {
      let caution =
        "<p class=\"note\">CKA near 1 means the layer still represents these examples alike, whatever the "
        + "weights did. A low CKA alone does not prove forgetting.</p>"
      let cka = PageElements.details("CKA of every layer", PageElements.table(ckaTable(), noun: "layer"))
      sections.append(
        PageElements.section("Similarity of features by layer", PageElements.figure(chart, width: 720) + caution + cka))
    }
    let maps = heatMaps().map(\.chart)
    if !maps.isEmpty {
      let areSmall = maps.count > 1 && maps.allSatisfy { $0.columns.count <= 10 }
      let figures = maps.map { PageElements.figure($0, width: areSmall ? 450 : 720, isLarge: $0.columns.count > 20) }
      sections.append(
        PageElements.section(
          "Similarity of every pair of layers", areSmall ? PageElements.grid(figures) : figures.joined()))
    }
    let configured = runs.filter { !$0.configuration.isEmpty }
    if !configured.isEmpty {
      let differences = differenceTable()
      let difference =
        runs.count > 1 && !differences.rows.isEmpty ? PageElements.table(differences, marksRows: true) : ""
      let all = configured.map {
        PageElements.details(
          "Configuration of \($0.name)", PageElements.table(configurationTable($0), marksRows: true), staysFolded: true)
      }
      sections.append(
        PageElements.section(
          difference.isEmpty ? "Configuration" : "What differs between the runs", difference + all.joined()))
    }
    sections.append(PageElements.section("Data", PageElements.files(csvs())))
    return sections
  }
}
