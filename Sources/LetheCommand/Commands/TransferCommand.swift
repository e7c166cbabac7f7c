import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Files
import Findings
import Foundation
import HDF5
import Reports
import Torch
import Training

struct TransferCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer",
    abstract: "How far up a network can be reused for a target: its score for every cut.",
    discussion: """
      For every cut the layers before it are copied, the rest is drawn anew, and all is trained on the target: AnB with the \
      base network's layers frozen, AnB+ with them trained on, BnB and BnB+ the same with a network trained on the target \
      itself (Yosinski et al. 2014). Then what the curves recommend is tried at three rates.
        lethe transfer source --target fashion-mnist:5-9 -o transfer
        lethe transfer source --target fashion-mnist:5-9 \\
          --quick -o quick

      Several targets, as random halves against another data set, are compared on one page. With --map, how the head alone, fine-tuning and training from scratch do with little and with much data of targets \
      near and far (CS231n's four cases):
        lethe transfer source --map --target fashion-mnist:5-9 \\
          --target digits.h5 --seeds 3 -o map

      Tasks of every kind are judged by their own score. A language model keeps its head in trials; above a cut it is \
      drawn anew over the same words.

      The same command goes on where it was left.
      """)

  struct Experiment: ResultOptions {
    @ArgumentParser.Argument(help: "The base network's checkpoint, or its run.", completion: .path)
    var base: String

    @Flag(
      help: """
        An answer in minutes: AnB and AnB+ alone, at six cuts at most, on 5,000 examples unless --examples says otherwise; \
        with --map, fewer amounts and steps.
        """)
    var quick = false

    @Flag(help: "Vary the amount of target data instead of the cut.")
    var map = false

    @Option(help: "With --map: small amounts are gone through again and again until so many steps are done.")
    var leastSteps: Int?
  }

  struct Targets: PurposefulOptions {
    @Option(
      parsing: .singleValue,
      help: ArgumentHelp(
        "The task to reuse it for: \(DataOptions.forms). Repeatable: near and far targets are then compared."),
      completion: .data)
    var target: [String]

    /// Each of several has a folder of its own, and others may follow.
    var purpose: OptionPurpose { target.count > 1 ? .extent : .result }
  }

  struct Destination: PlaceOptions {
    @Option(
      name: .shortAndLong,
      help: "The folder: a run for each network, report.html, finding.json, and the chart and table of it.",
      completion: .path)
    var output: String

    @OptionGroup var existing: ExistingOutputOptions
  }

  /// What is measured beside, and how much: every network has a run of its own.
  struct Extent: ExtentOptions {
    @Option(
      help: """
        What the base network was trained on, so that trials say what they forget; of a run, what it was trained on.
        """, completion: .data)
    var source: String?

    @Option(help: ArgumentHelp("\(HeadClassOptions.forms) Of --source.", valueName: "file"), completion: .path)
    var classes: String?

    @Option(
      parsing: .singleValue,
      help: "Cut after the block of this name. Repeatable; by default after every block but the head.",
      completion: .layers)
    var cut: [String] = []

    @Option(help: "How many seeds every network is trained with, from --seed on.")
    var seeds = 1

    @Flag(
      help: """
        Leave out the scores that need no training: linear probes, LogME, H-score, LEEP, NCE, CKA; of tasks whose \
        examples have no class each, probes and CKA.
        """)
    var noScores = false

    @Flag(help: "Do not try what the curves recommend.")
    var noTrials = false

    @Option(
      help: """
        With --map: training examples of each class, or in all where they have none each, as 5,50,500,all; by default four \
        times as many each time.
        """)
    var amounts: String?
  }

  @OptionGroup var experiment: Experiment
  @OptionGroup var targets: Targets
  @OptionGroup var destination: Destination
  @OptionGroup var extent: Extent
  @OptionGroup var training: TrainingArguments
  @OptionGroup var regularizers: RegularizerOptions
  @OptionGroup var kinds: TaskKindOptions
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var sharing: ProcessOptions
  @OptionGroup var continuation: ContinuationOptions
  @OptionGroup var shared: OutputOptions

  func run() throws {
    if continuation.printConfig { return EffectiveOptions(of: self).show() }
    StandardOutput.becomesExpendable()
    try check()
    try ProcessSession.run(sharing) { group in
      var own = self
      try own.transfer(sharedBy: group)
    }
  }

  /// - Parameter group: those that share the networks to train; nil of a process by itself.
  private mutating func transfer(sharedBy group: ProcessGroup?) throws {
    let path = try CheckpointPath(experiment.base).path
    let checkpoint = try hardware.runnable(path)
    let targets = try self.targets.target.map { try reading.load($0, for: checkpoint) }
    var arguments = training
    if experiment.quick { arguments.examples = arguments.examples ?? 5000 }
    let options = try arguments.options(regularizers)
    let device = try hardware.open()
    let taskKind = try kinds.known()
    let known = try targets.map { data in
      var run = TrainingRun(options: options, path: "", target: data, device: device)
      run.taskKind = taskKind
      run.isChosenAmong = !experiment.map
      let kind = try run.check(checkpoint).kind
      run.processes = group
      try run.agree(on: checkpoint, resumedAfter: nil, besides: EffectiveOptions(of: self).values(of: Self.agreed))
      return kind
    }
    try checkScores(zip(self.targets.target, known))
    destination.output = try destination.existing.runsPlace(for: destination.output, in: group)
    if !shared.json, let line = known.first?.headline { Console.result(line) }
    if experiment.map {
      try TransferMapSession(
        command: self, path: path, checkpoint: checkpoint, targets: targets, options: options, device: device,
        score: known.first?.score ?? .accuracy, group: group
      ).run()
    } else {
      try compare(targets, path, checkpoint, options, device, group)
    }
  }

  /// Options that say which networks there are, beside those of the training.
  private static let agreed = [
    "quick", "map", "least-steps", "cut", "seeds", "no-scores", "no-trials", "amounts",
  ]

  /// One experiment, or one a target in a folder of its own, and what they say together.
  private func compare(
    _ targets: [Datasets.Dataset], _ path: String, _ checkpoint: Checkpoint, _ options: TrainingOptions,
    _ device: Device, _ group: ProcessGroup?
  ) throws {
    let isOne = targets.count == 1
    let origin = try source(of: checkpoint, at: path)
    let sessions = try zip(self.targets.target, targets).map { name, data in
      try TransferSession(
        command: self, path: path, checkpoint: checkpoint, target: data, named: name, source: origin, options: options,
        device: device, group: group,
        folder: isOne ? destination.output : "\(destination.output)/\(FileName.safe(data.name))")
    }
    let runCount = sessions.reduce(0) { $0 + $1.networkCount + $1.trialCount }
    try claimFolder("transfer", runCount: runCount, isAtMost: !extent.noTrials, sharedBy: group)
    let leads = group?.leads ?? true
    if !shared.json, leads { for session in sessions { try session.showCost() } }
    let results = try sessions.compactMap { session in
      guard let result = try session.run() else { return nil as TransferResult? }
      if !shared.json {
        if !isOne { Console.paragraph("== \(result.target)") }
        session.show(result)
      }
      return result
    }
    guard leads else { return }
    guard !isOne else {
      if shared.json { Console.result(try FindingEncoder.encode(results[0])) }
      return
    }
    let comparison = TransferComparison(targets: results)
    let (reported, page) = (FolderFinding.comparison(comparison), "\(destination.output)/report.html")
    try reported.write(to: page, from: destination.output, files: destination.output)
    let finding = try FindingFile.write(comparison, in: destination.output)
    if shared.json { return Console.result(finding) }
    reported.show()
    Console.result("report: \(page)")
  }

  /// What the base network was trained on, where that is known and at hand.
  private func source(of checkpoint: Checkpoint, at path: String) throws -> (name: String, data: Datasets.Dataset)? {
    if let source = extent.source {
      return (source, try HeadClassOptions.stated(reading.load(source, for: checkpoint), in: extent.classes))
    }
    guard !extent.noTrials, let known = RunOrigin.data(ofCheckpoint: path) else { return nil }
    let name = known.specification
    // Only a help: where it cannot be read any more, forgetting is not measured.
    guard let data = try? reading.load(known, for: checkpoint),
      judges(data, by: checkpoint)
    else {
      if !shared.quiet, !shared.json {
        Console.say("the base's own data (\(name)) are not at hand: what trials forget is not measured")
      }
      return nil
    }
    return (name, data)
  }

  /// Whether a checkpoint's head fits data that it was trained on.
  private func judges(_ data: Datasets.Dataset, by checkpoint: Checkpoint) -> Bool {
    // Heads of other kinds are looked at once a model is there.
    let head = checkpoint.heads[data.name] ?? checkpoint.heads[checkpoint.task]
    if data.train.targets != nil || head?.classNames.count == 1 { return head != nil }
    return (try? data.classMatch(to: data.name, among: checkpoint.heads)) != nil
  }

  /// Targets stand in one chart: they need one score.
  private func checkScores(_ targets: some Sequence<(String, any TaskKind)>) throws {
    let named = targets.map { (name: $0, kind: $1) }
    guard let first = named.first, let other = named.first(where: { $0.kind.score != first.kind.score }) else { return }
    throw CommandError.badInput(
      "--target: targets that are compared need one score, but \(first.name) is judged by \(first.kind.score.noun) and "
        + "\(other.name) by \(other.kind.score.noun)")
  }

  private func check() throws {
    try Bounds.check(extent.seeds, of: "--seeds", atMost: Bounds.repetitions)
    guard continuation.resume == nil else {
      throw CommandError.usage("--resume: give the command again, it goes on where it was left")
    }
    guard regularizers.regularizer.isEmpty, training.freeze.isEmpty, !training.featureExtraction else {
      throw CommandError.usage("--freeze, --feature-extraction and --regularizer are not for transfer: the cuts freeze")
    }
    guard training.maxSteps == nil, training.evalEvery == nil, training.stopWhen == nil else {
      throw CommandError.usage(
        "--max-steps, --eval-every and --stop-when are not for transfer: whole epochs are compared")
    }
    guard training.keepCheckpoints == nil else {
      throw CommandError.usage("--keep-checkpoints is not for transfer: of the copies it keeps none")
    }
    guard Set(targets.target).count == targets.target.count else {
      throw CommandError.usage("--target: the same data is given twice")
    }
    guard experiment.map else {
      guard extent.amounts == nil, experiment.leastSteps == nil else {
        throw CommandError.usage("--amounts and --least-steps are for --map")
      }
      return
    }
    if extent.classes != nil, extent.source == nil {
      throw CommandError.usage("--classes: it says of --source, which is not given")
    }
    guard extent.cut.isEmpty, extent.source == nil, !extent.noScores, !extent.noTrials else {
      throw CommandError.usage("--cut, --source, --no-scores and --no-trials are not for --map")
    }
    if let leastSteps = experiment.leastSteps {
      try Bounds.check(leastSteps, of: "--least-steps", atMost: TrainingOptions.largestCount)
    }
  }

  /// The seeds that every network is trained with.
  var seedNumbers: [UInt64] { training.seeds(extent.seeds) }

  /// Opens the folder for runs with these options.
  func claimFolder(
    _ kind: String, runCount: Int, isAtMost: Bool = false, sharedBy group: ProcessGroup?
  ) throws {
    let options = EffectiveOptions(of: self).only([.result]).yaml
    let begun = BegunFolder(kind: kind, runCount: runCount, isAtMost: isAtMost)
    try destination.existing.beginRuns(in: destination.output, keeping: [experiment.base], sharedBy: group) {
      try SharedFolder.claim(destination.output, options: options)
      try begun.write(in: destination.output)
    }
  }
}
