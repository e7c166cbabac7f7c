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

  @Option(help: "The checkpoint before fine-tuning, in place of a run.")
  var before: String?

  @Option(help: "The checkpoint after, likewise.")
  var after: String?

  @Option(help: "The source task's data; of a run, those it was made with.")
  var source: String?

  @Option(help: "The target task's data; likewise.")
  var target: String?

  @Option(help: "The task whose head judges the source.")
  var head: String?

  @Option(help: "Test examples of each task, at most.")
  var samples = 2000

  @Flag(help: "Leave out the linear probes, which take the most time.")
  var noProbes = false

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
    guard samples >= 20 else { throw CommandError.usage("--samples must be at least 20, found \(samples)") }
    guard apply == nil || output != nil else {
      throw CommandError.usage("--apply writes a checkpoint: say where with -o")
    }
    if apply != nil, let output { try requireAbsent(output) }
    let subject = try subject()
    let first = try Checkpoint(contentsOf: subject.before)
    let last = try Checkpoint(contentsOf: subject.after)
    let pair = try JudgedPair(
      before: first, after: last, source: reading.load(subject.source, for: first.program),
      target: subject.target.map { try reading.load($0, for: first.program) }, sourceTask: subject.head,
      testCount: samples, device: hardware.open())
    let progress = { (what: String) in if !shared.quiet, !shared.json { Console.say("measuring \(what)") } }
    if let apply, let output {
      return try write(apply, of: pair, to: output, epoch: last.epoch, progress)
    }
    let diagnosis = try pair.diagnosis(
      probes: noProbes ? nil : ProbeData(pair.source), sampleCount: min(samples, 1000), onProgress: progress)
    let remedies = try pair.remedies(onProgress: progress)
    let report = report(diagnosis, remedies, subject, pair)
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

// MARK: - What is diagnosed

extension DiagnoseCommand {
  struct Subject {
    let before: String
    let after: String
    let source: String
    let target: String?
    let head: String?
    /// The command that fine-tuned, but for its output; nil where it is not known.
    let retraining: String?
  }

  private func subject() throws -> Subject {
    guard let run = subjectRun else {
      guard let before, let after, let source else {
        throw CommandError.usage("give a run, or --before, --after and --source")
      }
      return Subject(
        before: try CheckpointPath(before).path, after: try CheckpointPath(after).path, source: source, target: target,
        head: head, retraining: nil)
    }
    guard before == nil, after == nil else { throw CommandError.usage("give a run, or --before and --after, not both") }
    let opened = try Run.open(run)
    let options = try ConfigurationFile(yaml: opened.record.commandOptions, origin: "\(run)/run.h5")
    guard let source = source ?? options.value(of: "source") else {
      throw CommandError.usage("\(run) was made without source data: give --source DATA")
    }
    let chosen = opened.chosenEpoch
    guard chosen > 0 else { throw CommandError.badInput("\(run): it has no epoch after epoch 0") }
    let words = ["base", "source", "target", "epochs", "lr", "optimizer", "schedule"].flatMap { name in
      options.values(of: name).map { name == "base" ? $0 : "--\(name) \($0)" }
    }
    return Subject(
      before: opened.checkpointPath(epoch: 0), after: opened.checkpointPath(epoch: chosen), source: source,
      target: target ?? options.value(of: "target"), head: head ?? opened.record.environment["sourceHead"],
      retraining: words.isEmpty ? nil : "lethe finetune " + words.joined(separator: " "))
  }
}

// MARK: - What is shown

extension DiagnoseCommand {
  private func report(
    _ diagnosis: Diagnosis, _ remedies: [Remedy], _ subject: Subject, _ pair: JudgedPair
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
    return DiagnosisReport(
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
