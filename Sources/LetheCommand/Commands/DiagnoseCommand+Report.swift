import Analysis
import Checkpoints
import Files
import Findings
import Foundation
import HDF5
import Metrics
import Reports

extension DiagnoseCommand {
  func report(
    _ diagnosis: Diagnosis, _ remedies: [Remedy], _ subject: JudgedOptions.Subject, _ pair: JudgedPair, _ run: Run?
  ) -> DiagnosisReport {
    let subjectWords =
      runs.first
      ?? "--before \(subject.before) --after \(subject.after) "
      + "\(subject.isProxy ? "--source-proxy" : "--source") \(subject.source.specification)"
    var rows = remedies.enumerated().map { number, remedy in
      DiagnosisReport.Remedy(
        action: remedy.action, gain: .init(remedy.gain, low: remedy.low, high: remedy.high), cost: remedy.cost,
        command: "lethe diagnose \(subjectWords) --apply \(number + 1) -o fixed.h5")
    }
    if let retraining = subject.retraining, diagnosis.forgetting.difference < 0 {
      rows.append(
        DiagnosisReport.Remedy(
          action: "train again, held back (not tried here)", gain: .init(.nan), cost: .nan,
          command: retraining + held(diagnosis) + " -o again"))
    }
    var report = DiagnosisReport(
      title: runs.first.map { URL(fileURLWithPath: $0).lastPathComponent } ?? "diagnosis",
      sourceTask: pair.source.name, before: diagnosis.sourceBefore, after: diagnosis.sourceAfter,
      loss: .init(-diagnosis.forgetting.difference, low: diagnosis.interval.low, high: diagnosis.interval.high),
      pValue: diagnosis.forgetting.pValue, count: diagnosis.forgetting.count, lost: diagnosis.forgetting.lost,
      gained: diagnosis.forgetting.gained, causes: causes(diagnosis.waterfall),
      layers: diagnosis.layers.map { layer($0, diagnosis.controls) },
      correlations: diagnosis.correlations.map { .init($0.measure, $0.value) }, remedies: rows)
    report.isProxy = pair.isProxy
    report.measures = measures(diagnosis, chance: pair.source.chance, run)
    report.isAveragedOverOrders = diagnosis.waterfall.isAveragedOverOrders
    report.probeControls = [
      .init("fitted to permuted labels", diagnosis.probeControl),
      .init("on a network never trained", diagnosis.randomProbe),
    ]
    report.controlNames =
      ["itself", diagnosis.controls.randomKind]
      + (diagnosis.controls.otherRuns.isEmpty ? [] : ["other runs"])
    report.classes = diagnosis.classes.map { entry in
      DiagnosisReport.Class(
        name: entry.name, count: entry.change.count, before: entry.before, after: entry.after, lost: entry.change.lost,
        gained: entry.change.gained)
    }
    report.examples = examples(diagnosis, pair)
    report.history = (diagnosis.history?.epochs ?? []).map {
      .init(epoch: $0.epoch, drift: $0.drift, similarity: $0.similarity, probeDrop: $0.probeDrop)
    }
    report.firstLayer = diagnosis.history?.firstToChange?.layer
    report.firstLayerEpoch = diagnosis.history?.firstToChange?.epoch
    report.firstSignificantEpoch = run?.firstSignificantEpoch
    return report
  }

  private func causes(_ waterfall: Waterfall) -> [DiagnosisReport.Cause] {
    let advice: [Waterfall.Cause: String] = [
      .statistics: "measure the running statistics anew on source inputs; nothing else has to change.",
      .readout: "the features still tell the classes apart; a head fitted anew on source examples gets this back.",
      .features: "no head gets this back: rewind or interpolate layers, or train again with a regularizer.",
    ]
    return waterfall.parts.filter { $0.cause != .statistics || waterfall.hasStatistics }.map {
      DiagnosisReport.Cause(
        name: $0.cause.rawValue, loss: .init($0.loss, low: $0.low, high: $0.high), remedy: advice[$0.cause] ?? "")
    }
  }

  private func layer(_ layer: LayerDiagnosis, _ controls: SimilarityControls) -> DiagnosisReport.Layer {
    func estimate(_ entry: LayerSimilarity.Entry) -> DiagnosisReport.Estimate {
      .init(entry.value, low: entry.low, high: entry.high)
    }
    let measured = [controls.itself, controls.random] + (controls.otherRuns.isEmpty ? [] : [controls.otherRuns])
    return DiagnosisReport.Layer(
      name: layer.layer, drift: layer.drift, predictedLoss: layer.predictedLoss, similarity: estimate(layer.similarity),
      targetSimilarity: layer.targetSimilarity.map(estimate) ?? .init(.nan), null: layer.similarity.null,
      probeDrop: layer.probeDrop, gain: .init(layer.rewind.gain, low: layer.rewind.low, high: layer.rewind.high),
      cost: layer.rewind.cost, verdict: layer.verdict.rawValue, controls: measured.map { $0[layer.layer] ?? .nan })
  }

  /// Over the epochs of a run, where it measured the source; of two checkpoints, what two accuracies say.
  private func measures(_ diagnosis: Diagnosis, chance: Double, _ run: Run?) -> [DiagnosisReport.Figure] {
    let stored = (run?.record.metrics["source_accuracy"] ?? []).prefix((run?.chosenEpoch ?? 0) + 1).filter { !$0.isNaN }
    let accuracies = stored.count > 1 ? Array(stored) : [diagnosis.sourceBefore, diagnosis.sourceAfter]
    let measures = ForgettingMeasures(sourceAccuracy: accuracies, chance: chance)
    var figures = [DiagnosisReport.Figure("relative: final / (before − chance)", measures.relative ?? .nan)]
    if stored.count > 1 {
      figures += [
        .init("best epoch minus last", measures.maxMinusFinal), .init("before minus worst epoch", measures.worst),
        .init("mean over the epochs", measures.area),
      ]
    }
    figures.append(.init("chance level of accuracy", chance))
    if !diagnosis.otherRuns.isEmpty {
      let mean = MeanInterval([-diagnosis.forgetting.difference] + diagnosis.otherRuns)
      figures += [
        .init("mean of \(mean.count) runs", mean.mean), .init("its 95 % interval, from", mean.low),
        .init("to", mean.high),
      ]
    }
    return figures
  }

  /// How many examples are shown as pictures.
  private static let pictureCount = 12

  private func examples(_ diagnosis: Diagnosis, _ pair: JudgedPair) -> [DiagnosisReport.Example] {
    let names = pair.source.classNames
    return diagnosis.examples.enumerated().map { place, example in
      let image = place < Self.pictureCount && example.isLost ? pair.image(of: example) : nil
      return DiagnosisReport.Example(
        index: example.index, label: names[example.label], before: names[example.before], after: names[example.after],
        confidenceBefore: example.confidenceBefore, confidenceAfter: example.confidenceAfter,
        picture: image.flatMap {
          Thumbnail(planes: $0.planes, channels: $0.channels, height: $0.height, width: $0.width)
        })
    }
  }

  /// What the evidence points to: layers that are critical though they hardly moved are frozen; features that are lost
  /// are held by L2-SP.
  private func held(_ diagnosis: Diagnosis) -> String {
    let critical = diagnosis.layers.filter { $0.verdict == .critical }.map { " --freeze \($0.layer)" }.joined()
    return critical + " --regularizer l2-sp:alpha=0.1"
  }
}

extension DiagnosisReport {
  /// Writes the page, and the list of changed examples beside it.
  func write(to page: String) throws {
    try AtomicFile.write(Data(html().utf8), to: page)
    let folder = (page as NSString).deletingLastPathComponent
    try AtomicFile.write(Data(exampleFile().utf8), to: "\(folder.isEmpty ? "." : folder)/diagnosis-examples.csv")
  }
}

extension Run {
  private static let diagnosisName = "diagnosis"

  /// Stores a diagnosis: the whole as text, from which its page is drawn again, and the layers' numbers as arrays.
  mutating func store(_ report: DiagnosisReport) throws {
    var changed = record
    func column(_ value: (DiagnosisReport.Layer) -> Double) -> NumberArray { NumberArray(report.layers.map(value)) }
    changed.analysis[Self.diagnosisName] = AnalysisRecord(
      attributes: ["drift": "‖after − before‖ / ‖before‖", "cka": "linear, debiased", "unit": "fractions"],
      numbers: [
        "drift": column(\.drift), "predicted_loss": column(\.predictedLoss), "cka_source": column(\.similarity.value),
        "cka_target": column(\.targetSimilarity.value), "probe_drop": column(\.probeDrop),
        "rewind_gain": column(\.gain.value), "rewind_cost": column(\.cost),
      ], strings: ["layers": report.layers.map(\.name), "report": [try report.text()]])
    try save(changed)
  }

  /// The diagnosis that was stored; nil where there is none.
  var diagnosis: DiagnosisReport? {
    record.analysis[Self.diagnosisName]?.strings["report"]?.first.flatMap { try? DiagnosisReport(text: $0) }
  }

  /// The first epoch at which more source examples were lost than chance explains, at 5 %.
  fileprivate var firstSignificantEpoch: Int? {
    guard let labels = record.labels["source"], let predictions = record.predictions["source"],
      let start = predictions[0]
    else { return nil }
    return predictions.keys.sorted().first { epoch in
      guard let now = predictions[epoch] else { return false }
      let comparison = PairedComparison(labels: labels, before: start, after: now)
      return comparison.difference < 0 && comparison.pValue < 0.05
    }
  }
}
