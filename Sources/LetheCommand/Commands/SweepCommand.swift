import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Foundation
import HDF5
import Metrics
import Reports
import Torch
import Training

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract:
      "Fine-tune with several regularizers or strengths, and draw the frontier of the source's score against the target's.",
    discussion: """
      Each --regularizer is a method of its own; alternatives are written with a bar, methods that act together with a \
      plus, and none is plain fine-tuning:
        lethe sweep source -o sweep --source fashion-mnist:0-4 \\
          --target fashion-mnist:5-9 --seeds 3 \\
          --regularizer none --regularizer 'lwf + l2-sp' \\
          --regularizer 'l2-sp:alpha=0.01|0.1|1'
        lethe sweep source -o search --source fashion-mnist:0-4 \\
          --target fashion-mnist:5-9 --regularizer l2-sp \\
          --max-forgetting 2pp

      The same command goes on where it was left. Several processes may sweep one folder at a time.
      """)

  struct Tasks: ResultOptions {
    @Argument(help: "The source model's checkpoint, or its run.", completion: .path)
    var base: String

    @Option(help: "The task the model was trained on.", completion: .data)
    var source: String

    @Option(help: "The task to train.", completion: .data)
    var target: String

    @Option(help: TargetHead.help)
    var targetHead: TargetHead?

    @Option(
      help: "The task whose head judges the source; by default the source data's own, then the checkpoint's.",
      completion: .heads)
    var head: String?

    @OptionGroup var headClasses: HeadClassOptions
  }

  struct Destination: PlaceOptions {
    @Option(
      name: .shortAndLong,
      help: "The sweep's folder: a run for each method and seed, report.html, sweep.csv and finding.json.",
      completion: .path)
    var output: String

    @OptionGroup var existing: ExistingOutputOptions
  }

  /// Each method has runs of its own: others may follow.
  struct Methods: ExtentOptions {
    @Option(parsing: .singleValue, help: RegularizerHelp.argument, completion: .regularizers)
    var regularizer: [String] = []

    @Option(help: "How many seeds each method is trained with, from --seed on.")
    var seeds = 1

    @Option(
      help: """
        Look for the strength of the one --regularizer that has the best target score while the source's gets no worse \
        than by this: points as 2pp or 0.02, of a language model nats a token. Its strength is its first setting.
        """)
    var maxForgetting: String?

    @Option(help: "Strengths that --max-forgetting tries, at most.")
    var trials = 8
  }

  struct Processes: ExecutionOptions {
    @Option(help: "Processes to train with at a time; they share the threads.")
    var jobs = 1
  }

  struct Role: InvocationOptions {
    @Flag(help: .private)
    var worker = false
  }

  @OptionGroup var tasks: Tasks
  @OptionGroup var destination: Destination
  @OptionGroup var methods: Methods
  @OptionGroup var processes: Processes
  @OptionGroup var role: Role
  @OptionGroup var kinds: TaskKindOptions
  @OptionGroup var training: TrainingArguments
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var sharing: ProcessOptions
  @OptionGroup var continuation: ContinuationOptions
  @OptionGroup var shared: OutputOptions

  func run() throws {
    guard !continuation.printConfig else { return EffectiveOptions(of: self).show() }
    StandardOutput.becomesExpendable()
    // What a worker does for a sweep it does for one process.
    guard !role.worker else { return try sweep(sharedBy: nil) }
    try ProcessSession.run(sharing) { try sweep(sharedBy: $0) }
  }

  private func sweep(sharedBy group: ProcessGroup?) throws {
    if let group, processes.jobs > 1 {
      throw CommandError.usage("--jobs starts processes, and \(group.count) were started: leave it out")
    }
    let plan = try plan()
    try training.checkDecoupling(of: plan.methods.flatMap(\.regularizers))
    try SweepSession(command: self, plan: plan, options: training.options(with: []), group: group).run()
  }

  private func plan() throws -> SweepPlan {
    guard continuation.resume == nil else {
      throw CommandError.usage("--resume: give the sweep's own command again, it goes on where it was left")
    }
    let seeds = self.methods.seeds
    try Bounds.check(seeds, of: "--seeds", atMost: Bounds.repetitions)
    let jobs = processes.jobs
    try Bounds.check(jobs, of: "--jobs", atMost: Bounds.workers)
    let trials = self.methods.trials
    try Bounds.check(trials, of: "--trials", atMost: Bounds.repetitions)
    guard !self.methods.regularizer.isEmpty else {
      throw CommandError.usage(
        "nothing to sweep: give methods with --regularizer, as --regularizer 'l2-sp:alpha=0.1|1'")
    }
    var methods: [SweepMethod] = []
    for method in try self.methods.regularizer.flatMap({ try SweepMethod.grid($0) }) where !methods.contains(method) {
      methods.append(method)
    }
    let numbers = training.seeds(seeds)
    guard let maxForgetting = self.methods.maxForgetting else { return SweepPlan(methods: methods, seeds: numbers) }
    let budget = try ForgettingBudget(maxForgetting)
    let others = methods.filter { $0 != .plain }
    guard others.count == 1 else {
      throw CommandError.usage("--max-forgetting searches the strength of one --regularizer, found \(others.count)")
    }
    let start = try others[0].strengthSetting().value
    return SweepPlan(
      methods: others, seeds: numbers, search: StrengthSearch(start: start, budget: budget.value, trialCount: trials))
  }
}
