import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Files
import Findings
import Foundation
import HDF5
import Metrics
import Models
import Reports
import Torch
import Training

struct DiagnoseCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "diagnose",
    abstract: "How much source accuracy went, why, in which layers, and what gets it back.",
    discussion: """
      Of a run, the data are those it was made with. Of two checkpoints:
        lethe diagnose --before a.h5 --after b.h5 \\
          --source old.h5 --target new.h5
      Without the source's data, by agreement with the original model on others:
        lethe diagnose --before a.h5 --after b.h5 \\
          --source-proxy photos

      In the JSON all numbers are fractions but "points".
      """)

  @Argument(
    help: ArgumentHelp(
      """
      A run of lethe finetune. Others of the same fine-tuning with other seeds may follow: they show what a seed alone \
      changes.
      """, valueName: "run"), completion: .path)
  var runs: [String] = []

  @OptionGroup var pair: JudgedOptions

  @Flag(help: "Leave out the linear probes, which take the most time.")
  var noProbes = false

  @Flag(help: "Average the causes over the orders in which they can be taken apart, rather than statistics first.")
  var shapley = false

  @Option(
    help: """
      What of a layer's output with several places is a feature to CKA, as of lethe cka: flatten, mean, cls or tokens. By \
      default flatten for images and mean for tokens.
      """)
  var pool: FeaturePooling?

  @Option(help: "Write the checkpoint that the remedy of this number gives, with -o.")
  var apply: Int?

  @Option(help: "Exit with status 2 where more than this was forgotten with 95 % confidence, as 2pp or 0.02.")
  var maxForgetting: String?

  struct Destination: PlaceOptions {
    @Option(
      name: .shortAndLong, help: "The checkpoint to write for --apply, else the page (RUN/diagnosis.html).",
      completion: .path)
    var output: String?

    @OptionGroup var existing: ExistingOutputOptions

    @Option(
      help: "Write the judgement of --max-forgetting here as JUnit's XML, for continuous integration.",
      completion: .path)
    var junit: String?
  }

  @OptionGroup var destination: Destination
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var processes: ProcessOptions
  @OptionGroup var tables: TableOptions
  @OptionGroup var shared: OutputOptions

  private var output: String? { destination.output }

  func run() throws { try ProcessSession.look(processes) { try diagnose(with: $0) } }

  private func diagnose(with group: ProcessGroup?) throws {
    let leads = group?.leads ?? true
    let budget = try maxForgetting.map { try ForgettingBudget($0) }
    guard apply == nil || self.output != nil else {
      throw CommandError.usage("--apply writes a checkpoint: say where with -o")
    }
    var output = self.output
    if apply != nil, leads { output = try output.map { try destination.existing.place(for: $0, of: .checkpoint) } }
    guard destination.junit == nil || budget != nil else {
      throw CommandError.usage("--junit needs something to judge by: give --max-forgetting, 0 for any loss")
    }
    // Where no run says otherwise, a score is a share.
    let known = try? runs.first.map { try Run.open($0).record }
    if known?.data.source?.taskKind == nil, pair.after == nil { try budget?.check(for: .accuracy) }
    let subject = try pair.subject(of: runs.first)
    // What is found is kept in the run, which nobody else may change meanwhile.
    let lock = apply == nil && leads ? try runs.first.map { try RunLock.acquire($0) } : nil
    defer { withExtendedLifetime(lock) {} }
    let device = try hardware.open()
    let models = try pair.open(
      subject, reading: reading, device: device, by: self, in: group,
      besides: runDigests())
    try budget?.check(for: models.isProxy ? .agreement : models.sourceKind.score)
    let display = DiagnosisDisplay(isSilent: shared.quiet || shared.json || !leads)
    models.progress.onChange = display.show
    defer { display.end() }
    if let apply, let output { return try write(apply, of: models, to: output, epoch: subject.epoch, display) }
    var run = try runs.first.map { try Run.open($0) }
    var measure = DiagnosisMeasure(
      models, probes: noProbes ? nil : try models.probedExamples(),
      averagesOrders: shapley, run: run, others: try others(of: run))
    measure.pooling = pool
    let finding = worded(try measure.finding(), of: subject)
    display.end()
    guard leads else { return try judge(finding, by: budget) }
    try run?.store(finding)
    let page = output ?? runs.first.map { "\($0)/diagnosis.html" }
    if let page {
      let folder = PageFolder(of: page)
      let report = runs.first.map {
        PageLink("report of \(finding.title)", path: folder.relative(to: "\($0)/report.html"))
      }
      let links = folder.existing([report].compactMap { $0 }, besides: page)
      try DiagnosisPage(finding).write(to: page, links: links)
    }
    if shared.json {
      Console.result(try FindingEncoder.encode(finding.withoutPictures))
    } else {
      show(finding, page)
    }
    if let budget, let junit = destination.junit {
      let subject = runs.first ?? "\(subject.before) → \(subject.after)"
      try budget.writeJUnit(of: finding.forgetting.forgetting, named: subject, by: "diagnose", to: junit)
      if !shared.json { Console.result("judgement: \(junit)") }
    }
    try judge(finding, by: budget)
  }

  private func judge(_ finding: DiagnosisFinding, by budget: ForgettingBudget?) throws {
    if let budget, let reason = budget.excess(of: finding.forgetting.forgetting) {
      Console.error(reason)
      throw ExitCode(2)
    }
  }

  /// What is read of the runs beside the two models: all of it is compared where several processes look at them.
  private func runDigests() throws -> [String: String?] {
    var digests: [String: String?] = [:]
    for path in runs {
      let run = try Run.open(path)
      digests["the run \(path)"] = Checksum.xxh3(
        "\(run.epochs) \(run.chosenEpoch) \(run.record.checkpoints.sorted { $0.key < $1.key }) \(run.record.seed) "
          + "\(run.record.labels.sorted { $0.key < $1.key }) \(String(describing: run.forgetting))")
    }
    return digests
  }

  /// The other runs: they stand beside the first as the same with other seeds, so they have to be that.
  private func others(of run: Run?) throws -> [Run] {
    let others = try runs.dropFirst().map { try Run.open($0) }
    guard let first = run?.finding else { return others }
    for other in others {
      let differing = other.finding.settings(differingFrom: first)
      guard differing.isEmpty, other.record.seed != first.seed.flatMap(UInt64.init) else {
        let reason =
          differing.isEmpty
          ? "it has the seed of \(first.run)"
          : "it differs from \(first.run) in \(differing.prefix(3).joined(separator: ", "))"
        throw CommandError.badInput("\(other.path): expected the same fine-tuning with another seed, but \(reason)")
      }
    }
    return others
  }

  private func write(
    _ number: Int, of models: ComparedModels, to output: String, epoch: Int, _ display: DiagnosisDisplay
  ) throws {
    let remedies = try RemedyMeasure(models).tried()
    display.end()
    guard number >= 1, number <= remedies.count else {
      throw CommandError.usage("--apply \(number): there are \(remedies.count) remedies that can be applied")
    }
    guard models.processes?.leads ?? true else { return }
    try models.checkpoint(applying: remedies[number - 1], epoch: epoch).write(to: output)
    if shared.json {
      Console.result(["checkpoint": .string(output), "action": .string(remedies[number - 1].finding.action)])
    } else {
      Console.result("\(remedies[number - 1].finding.action): wrote \(output)")
    }
  }
}
