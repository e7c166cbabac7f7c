import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Foundation
import HDF5
import Metrics
import Models
import Programs
import Reports
import Torch
import Training

struct TransferCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer",
    abstract: "How far up a network can be reused for a target: accuracy for every cut.",
    discussion: """
      For every cut the layers before it are copied, the rest is drawn anew, and all is trained on the target: AnB with the \
      base network's layers frozen, AnB+ with them trained on, BnB and BnB+ the same with a network trained on the target \
      itself (Yosinski et al. 2014).
        lethe transfer source --target fashion-mnist:5-9 --seeds 3 -o transfer
        lethe transfer source --target fashion-mnist:5-9 --quick -o quick

      The same command goes on where it was left.
      """)

  @ArgumentParser.Argument(help: "The base network's checkpoint, or its run.")
  var base: String

  @Option(help: ArgumentHelp("The task to reuse it for: \(DataOptions.forms)."))
  var target: String

  @Option(name: .shortAndLong, help: "The folder: a run for each network, report.html, transfer.svg and transfer.csv.")
  var output: String

  @Option(
    parsing: .singleValue,
    help: "Cut after the block of this name. Repeatable; by default after every block but the head.")
  var cut: [String] = []

  @Option(help: "How many seeds every network is trained with, from --seed on.")
  var seeds = 1

  @Flag(help: "AnB and AnB+ alone, on 5,000 examples unless --examples says otherwise: an answer in minutes.")
  var quick = false

  @Flag(help: "Leave out the linear probes of the base network.")
  var noProbes = false

  @OptionGroup var training: TrainingArguments
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var shared: OutputOptions

  func run() throws {
    if training.printConfig { return EffectiveOptions(of: self).show() }
    guard seeds >= 1 else { throw CommandError.usage("--seeds must be at least 1, found \(seeds)") }
    guard training.resume == nil else {
      throw CommandError.usage("--resume: give the command again, it goes on where it was left")
    }
    guard training.regularizer.isEmpty, training.freeze.isEmpty, !training.featureExtraction else {
      throw CommandError.usage("--freeze, --feature-extraction and --regularizer are not for transfer: the cuts freeze")
    }
    let path = try CheckpointPath(base).path
    let checkpoint = try Checkpoint(contentsOf: path)
    let data = try reading.load(target, for: checkpoint.program)
    let cuts = try checkpoint.program.transferCuts(after: cut.isEmpty ? nil : cut)
    guard !cuts.isEmpty else { throw CommandError.badInput("\(path): it has no block before its head to cut after") }
    let options = try trainingOptions()
    let plan = TransferPlan(
      cuts: cuts, kinds: quick ? [.transfer, .transferTuned] : TransferKind.allCases,
      seeds: (0..<seeds).map { training.seed + UInt64($0) })
    let device = try hardware.open()
    let left: Set<String> = ["output", "seeds", "threads", "device", "cut", "no-probes"]
    try SharedFolder.claim(output, options: EffectiveOptions(of: self).leaving(left).yaml)
    let experiment = TransferExperiment(
      base: checkpoint, target: data, plan: plan, options: options, path: output, device: device)
    let count = plan.points.count
    if !shared.json {
      Console.result(
        "\(path) · \(checkpoint.program.architecture) · \(cuts.count) cuts · \(count) networks, "
          + "\(count * options.epochCount) epochs of \(options.exampleCount.map { min($0, data.train.count) } ?? data.train.count) examples · \(device)"
      )
    }
    let result = try measured(experiment, count)
    let report = try report(result, plan, checkpoint, data, options, device)
    try write(report)
    if shared.json { Console.result(json(result, report)) } else { show(report) }
  }

  /// With `--quick`, few examples unless told otherwise.
  private func trainingOptions() throws -> TrainingOptions {
    var arguments = training
    if quick { arguments.examples = arguments.examples ?? 5000 }
    return try arguments.options()
  }

  private func measured(_ experiment: TransferExperiment, _ count: Int) throws -> TransferResult {
    let interruption = Interruption()
    let began = Date()
    var (done, trained, started) = (0, 0, Date())
    let watch = { (point: TransferPlan.Point, accuracy: Double?) in
      guard let accuracy else {
        started = Date()
        return
      }
      done += 1
      let seconds = Date().timeIntervalSince(started)
      if seconds > 0.05 { trained += 1 }
      guard !shared.quiet, !shared.json else { return }
      let rest = trained == 0 ? 0 : Date().timeIntervalSince(began) / Double(trained) * Double(count - done)
      Console.say(
        "\(done)/\(count) \(point.kind.map { "\($0.rawValue) cut after \(point.cut?.name ?? "")" } ?? "own network"), "
          + "seed \(point.seed): \(Show.percent(accuracy)) · \(Show.number(seconds, 0)) s"
          + (done < count ? " · about \(Show.number(rest, 0)) s to go" : ""))
    }
    let result = try experiment.run(isCancelled: { interruption.isRequested }, onPoint: watch)
    interruption.end()
    return result
  }

  private func report(
    _ result: TransferResult, _ plan: TransferPlan, _ checkpoint: Checkpoint, _ data: Datasets.Dataset,
    _ options: TrainingOptions, _ device: Device
  ) throws -> TransferReport {
    func point(_ copied: Int, _ values: [Double]) -> TransferReport.Point {
      let mean = MeanInterval(values)
      return .init(copied: copied, values: values, mean: mean.mean, low: mean.low, high: mean.high)
    }
    let (advice, command) = recommendation(result, plan, options)
    var report = TransferReport(
      title: URL(fileURLWithPath: output).lastPathComponent, target: data.name, base: point(0, result.base),
      cuts: plan.cuts.map(\.name),
      curves: result.curves.map { curve in
        .init(name: curve.kind.rawValue, points: curve.points.map { point($0.copied, $0.values) })
      }, recommendation: advice, command: command,
      protocolText: "\(options.epochCount) epochs, learning rate \(options.learningRate), the same for all; "
        + (seeds > 1 ? "means over \(seeds) seeds with 95 % intervals" : "one seed"))
    guard !noProbes else { return report }
    if !shared.quiet, !shared.json { Console.say("probing the base network") }
    let model = try Model(checkpoint, device: device)
    let probes = try model.probes(of: plan.cuts.map(\.name), on: ProbeData(data))
    let found = Dictionary(uniqueKeysWithValues: probes.map { ($0.layer, $0.accuracy) })
    report.probes = plan.cuts.map { found[$0.name] ?? .nan }
    let frozen = result.curve(.transfer)?.points.map(\.accuracy.mean) ?? []
    if frozen.count == report.probes.count { report.probeCorrelation = rankCorrelation(report.probes, frozen) }
    return report
  }

  /// What the evidence points to, in a sentence, and the command that does it.
  private func recommendation(
    _ result: TransferResult, _ plan: TransferPlan, _ options: TrainingOptions
  ) -> (String, String) {
    let own = MeanInterval(result.base).mean
    let start = "lethe finetune \(base) --target \(target) --epochs \(options.epochCount) --lr \(options.learningRate)"
    if result.gainsByTuning, let best = result.bestTuned {
      let gain = best.accuracy.mean - own
      return (
        "Copy everything up to \(best.cut) and train it all: \(Show.percent(best.accuracy.mean)) on the target, "
          + "\(Show.points(abs(gain))) points \(gain >= 0 ? "above" : "below") a network of the target's own; frozen "
          + "layers do not reach that.",
        start + " --layer-decay 0.8 --source DATA -o run"
      )
    }
    if let last = result.lastReusable, let cut = plan.cuts.first(where: { $0.name == last.cut }) {
      return (
        "Freeze up to \(last.cut) and fine-tune from there: \(Show.percent(last.accuracy.mean)) on the target, as good "
          + "as a network of the target's own (\(Show.percent(own))).",
        start + cut.frozenPatterns.map { " --freeze \($0)" }.joined() + " --source DATA -o run"
      )
    }
    return (
      "Do not freeze: every frozen copy falls short of a network of the target's own (\(Show.percent(own))).",
      start + " --source DATA -o run"
    )
  }

  private func write(_ report: TransferReport) throws {
    try AtomicFile.write(Data(report.html().utf8), to: "\(output)/report.html")
    try AtomicFile.write(Data(report.csv().utf8), to: "\(output)/transfer.csv")
    try AtomicFile.write(Data(report.chart().svg().utf8), to: "\(output)/transfer.svg")
  }

  private func show(_ report: TransferReport) {
    Console.result("")
    Console.table(report.table())
    Console.result("")
    for finding in report.findings { Console.result(finding) }
    Console.result(report.recommendation)
    if let command = report.command { Console.result("next: \(command)") }
    Console.result("report: \(output)/report.html")
  }

  private func json(_ result: TransferResult, _ report: TransferReport) -> JSONValue {
    func accuracy(_ values: [Double]) -> [(String, JSONValue)] {
      let mean = MeanInterval(values)
      return [
        ("accuracy", .double(mean.mean)), ("low", .double(mean.low)), ("high", .double(mean.high)),
        ("values", .array(values.map { .double($0) })),
      ]
    }
    return [
      "protocol": .string(report.protocolText), "layers": .array(report.cuts.map { .string($0) }),
      "base": .object(accuracy(result.base)),
      "curves": .array(
        result.curves.map { curve in
          [
            "name": .string(curve.kind.rawValue),
            "points": .array(
              curve.points.map { .object([("copiedLayers", .int($0.copied))] + accuracy($0.values)) }),
          ]
        }),
      "probes": .array(report.probes.map { .double($0) }), "probeCorrelation": .double(report.probeCorrelation),
      "findings": .array(report.findings.map { .string($0) }), "recommendation": .string(report.recommendation),
      "command": report.command.map { .string($0) } ?? .null,
    ]
  }
}
