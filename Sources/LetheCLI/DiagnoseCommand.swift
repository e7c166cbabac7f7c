import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Foundation
import HDF5
import Metrics
import Models
import Reports
import Torch
import Training

struct DiagnoseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnose",
    abstract: "How much source accuracy went, why, in which layers, and what gets it back.",
    discussion: """
      Of a run, the data are those it was made with. Of two checkpoints:
        lethe diagnose --before a.h5 --after b.h5 --source DATA --target DATA

      In the JSON all numbers are fractions but "points".
      """)

  @Argument(help: ArgumentHelp("A run of lethe finetune.", valueName: "run"))
  var subjectRun: String?

  @OptionGroup var pair: JudgedOptions

  @Flag(help: "Leave out the linear probes, which take the most time.")
  var noProbes = false

  @Flag(help: "Average the causes over the orders in which they can be taken apart, rather than statistics first.")
  var shapley = false

  @Option(help: "Write the checkpoint that the remedy of this number gives, with -o.")
  var apply: Int?

  @Option(name: .shortAndLong, help: "The checkpoint to write for --apply, else the page (RUN/diagnosis.html).")
  var output: String?

  @Option(help: "Exit with status 2 where more than this was forgotten with 95 % confidence, as 2pp or 0.02.")
  var maxForgetting: String?

  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var shared: OutputOptions

  func run() throws {
    let budget = try maxForgetting.map { text -> Double in
      guard let value = SelectionRule.number(text), value.isFinite else {
        throw CommandError.usage("--max-forgetting: expected points as 2pp or a fraction as 0.02, found '\(text)'")
      }
      return value
    }
    guard apply == nil || output != nil else {
      throw CommandError.usage("--apply writes a checkpoint: say where with -o")
    }
    if apply != nil, let output { try requireAbsent(output) }
    let subject = try pair.subject(of: subjectRun)
    let judged = try pair.open(subject, reading: reading, device: hardware.open())
    let progress = { (what: String) in if !shared.quiet, !shared.json { Console.say("measuring \(what)") } }
    if let apply, let output {
      return try write(apply, of: judged, to: output, epoch: subject.epoch, progress)
    }
    let diagnosis = try judged.diagnosis(
      probes: noProbes ? nil : ProbeData(judged.source), sampleCount: min(pair.samples, 1000), averagesOrders: shapley,
      onProgress: progress)
    let remedies = try judged.remedies(onProgress: progress)
    let report = report(diagnosis, remedies, subject, judged)
    let page = output ?? subjectRun.map { "\($0)/diagnosis.html" }
    if let page { try AtomicFile.write(Data(report.html().utf8), to: page) }
    if shared.json { Console.result(json(diagnosis, report)) } else { show(report, page) }
    if let budget, diagnosis.interval.low > budget { throw ExitCode(2) }
  }

  private func write(
    _ number: Int, of pair: JudgedPair, to output: String, epoch: Int, _ progress: (String) -> Void
  ) throws {
    let remedies = try pair.remedies(onProgress: progress)
    guard remedies.indices.contains(number - 1) else {
      throw CommandError.usage("--apply \(number): there are \(remedies.count) remedies that can be applied")
    }
    try pair.checkpoint(applying: remedies[number - 1], epoch: epoch).write(to: output)
    if shared.json {
      Console.result(["checkpoint": .string(output), "action": .string(remedies[number - 1].action)])
    } else {
      Console.result("\(remedies[number - 1].action): wrote \(output)")
    }
  }
}

// MARK: - What is shown

extension DiagnoseCommand {
  private func report(
    _ diagnosis: Diagnosis, _ remedies: [Remedy], _ subject: JudgedOptions.Subject, _ pair: JudgedPair
  ) -> DiagnosisReport {
    let advice: [Waterfall.Cause: String] = [
      .statistics: "measure the running statistics anew on source inputs; nothing else has to change.",
      .readout: "the features still tell the classes apart; a head fitted anew on source examples gets this back.",
      .features: "no head gets this back: rewind or interpolate layers, or train again with a regularizer.",
    ]
    let subjectWords = subjectRun ?? "--before \(subject.before) --after \(subject.after) --source \(subject.source)"
    var rows = remedies.enumerated().map { number, remedy in
      DiagnosisReport.Remedy(
        action: remedy.action, gain: remedy.gain, low: remedy.low, high: remedy.high, cost: remedy.cost,
        command: "lethe diagnose \(subjectWords) --apply \(number + 1) -o fixed.h5")
    }
    if let retraining = subject.retraining, diagnosis.forgetting.difference < 0 {
      rows.append(
        DiagnosisReport.Remedy(
          action: "train again, held back (not tried here)", gain: .nan, low: .nan, high: .nan, cost: .nan,
          command: retraining + held(diagnosis) + " -o again"))
    }
    var report = DiagnosisReport(
      title: subjectRun.map { URL(fileURLWithPath: $0).lastPathComponent } ?? "diagnosis", sourceTask: pair.source.name,
      before: diagnosis.sourceBefore, after: diagnosis.sourceAfter, low: diagnosis.interval.low,
      high: diagnosis.interval.high, pValue: diagnosis.forgetting.pValue, count: diagnosis.forgetting.count,
      lost: diagnosis.forgetting.lost, gained: diagnosis.forgetting.gained,
      causes: diagnosis.waterfall.parts.filter { $0.cause != .statistics || diagnosis.waterfall.hasStatistics }.map {
        DiagnosisReport.Cause(
          name: $0.cause.rawValue, loss: $0.loss, low: $0.low, high: $0.high, remedy: advice[$0.cause] ?? "")
      },
      layers: diagnosis.layers.map { layer in
        DiagnosisReport.Layer(
          name: layer.layer, drift: layer.drift, similarity: layer.similarity, null: layer.null,
          probeDrop: layer.probeDrop, gain: layer.rewind.gain, gainLow: layer.rewind.low, gainHigh: layer.rewind.high,
          cost: layer.rewind.cost, verdict: layer.verdict.rawValue)
      }, correlations: diagnosis.correlations, probeControl: diagnosis.probeControl, remedies: rows)
    report.isAveragedOverOrders = diagnosis.waterfall.isAveragedOverOrders
    report.classes = diagnosis.classes.map { entry in
      DiagnosisReport.Class(
        name: entry.name, count: entry.change.count, before: entry.before, after: entry.after, lost: entry.change.lost,
        gained: entry.change.gained)
    }
    if let subjectRun, let opened = try? Run.open(subjectRun) {
      report.firstSignificantEpoch = opened.firstSignificantEpoch
      report.history = (try? opened.driftHistory(of: diagnosis.layers.map(\.layer))) ?? []
    }
    return report
  }

  /// What the evidence points to: layers that are critical though they hardly moved are frozen; features that are lost
  /// are held by L2-SP.
  private func held(_ diagnosis: Diagnosis) -> String {
    let critical = diagnosis.layers.filter { $0.verdict == .critical }.map { " --freeze \($0.layer)" }.joined()
    return critical + " --regularizer l2-sp:alpha=0.1"
  }

  private func show(_ report: DiagnosisReport, _ page: String?) {
    Console.result(report.verdict)
    Console.result("Why   \(report.why)")
    if let place = report.place { Console.result("Where \(place)") }
    if let moment = report.moment { Console.result("When  \(moment)") }
    Console.result("")
    Console.table(report.layerTable())
    let tried = report.remedies.filter { $0.gain.isFinite }
    if !report.remedies.isEmpty {
      Console.result("\nWhat helps, in points of accuracy on examples that had no part in choosing it")
      var shown = report
      shown.remedies = tried
      if !tried.isEmpty { Console.table(shown.remedyTable()) }
      for remedy in report.remedies where !remedy.gain.isFinite { Console.result("or    \(remedy.command)") }
      if let first = tried.first { Console.result("next: \(first.command)") }
    }
    if let page { Console.result("report: \(page)") }
  }

  private func json(_ diagnosis: Diagnosis, _ report: DiagnosisReport) -> JSONValue {
    let forgetting: JSONValue = [
      "final": .double(-diagnosis.forgetting.difference), "low": .double(diagnosis.interval.low),
      "high": .double(diagnosis.interval.high), "pairedPValue": .double(diagnosis.forgetting.pValue),
      "lost": .int(diagnosis.forgetting.lost), "gained": .int(diagnosis.forgetting.gained),
      "sourceCount": .int(diagnosis.forgetting.count), "before": .double(diagnosis.sourceBefore),
      "after": .double(diagnosis.sourceAfter),
    ]
    let layers = report.layers.map { layer -> JSONValue in
      [
        "layer": .string(layer.name), "drift": .double(layer.drift), "cka": .double(layer.similarity),
        "null": .double(layer.null), "probeDrop": .double(layer.probeDrop), "rewindGain": .double(layer.gain),
        "rewindLow": .double(layer.gainLow), "rewindHigh": .double(layer.gainHigh), "rewindCost": .double(layer.cost),
        "verdict": .string(layer.verdict),
      ]
    }
    return [
      "forgetting": forgetting,
      "waterfall": .array(
        report.causes.map {
          [
            "cause": .string($0.name), "points": .double(100 * $0.loss), "low": .double(100 * $0.low),
            "high": .double(100 * $0.high),
          ]
        }), "layers": .array(layers),
      "classes": .array(
        diagnosis.classes.map {
          [
            "class": .string($0.name), "count": .int($0.change.count), "before": .double($0.before),
            "after": .double($0.after), "lost": .int($0.change.lost), "gained": .int($0.change.gained),
          ]
        }), "firstSignificantEpoch": report.firstSignificantEpoch.map { .int($0) } ?? .null,
      "correlations": .object(diagnosis.correlations.map { ($0.measure, .double($0.value)) }),
      "remedies": .array(
        report.remedies.map {
          [
            "action": .string($0.action), "command": .string($0.command), "sourceGain": .double($0.gain),
            "low": .double($0.low), "high": .double($0.high), "targetCost": .double($0.cost),
          ]
        }),
    ]
  }
}

extension Run {
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

  /// Relative drift of layers from epoch 0 to each later one.
  fileprivate func driftHistory(of layers: [String]) throws -> [(layer: String, drift: [(epoch: Int, value: Double)])] {
    let start = try Checkpoint(contentsOf: checkpointPath(epoch: 0))
    let drifts = try epochs.filter { $0 > 0 }.map { epoch in
      (epoch, try WeightDrift(before: start, after: Checkpoint(contentsOf: checkpointPath(epoch: epoch))))
    }
    return layers.map { layer in
      (
        layer,
        drifts.compactMap { epoch, drift in
          // A block is all that is under its name.
          let own = drift.layers.filter { $0.layer == layer || $0.layer.hasPrefix(layer + ".") }
          let (change, size) = own.reduce((0.0, 0.0)) { sums, entry in
            let start = entry.relative > 0 ? entry.l2 / entry.relative : 0
            return (sums.0 + entry.l2 * entry.l2, sums.1 + start * start)
          }
          return own.isEmpty ? nil : (epoch, size > 0 ? (change / size).squareRoot() : 0)
        }
      )
    }
  }
}
