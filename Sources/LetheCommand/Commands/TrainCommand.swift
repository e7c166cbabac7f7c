import ArgumentParser
import Datasets
import Metrics
import Torch
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a model on one task, from its checkpoint's weights.",
    discussion: """
        lethe train base.h5 --data fashion-mnist:0-4 -o source
        lethe train base.h5 --data photos --augment flip --fit \\
          --optimizer adamw --lr 3e-4 --schedule cosine -o source
        lethe train --resume source --epochs 8
      """)

  struct Task: ResultOptions {
    @Argument(help: "The checkpoint to start from, or a run (its best epoch, or last).", completion: .path)
    var base: String

    @Option(help: ArgumentHelp("\(DataOptions.forms), as fashion-mnist:0-4."), completion: .data)
    var data: String
  }

  @OptionGroup var task: Task
  @OptionGroup var destination: RunDestination
  @OptionGroup var kinds: TaskKindOptions
  @OptionGroup var training: TrainingArguments
  @OptionGroup var regularizers: RegularizerOptions
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var processes: ProcessOptions
  @OptionGroup var continuation: ContinuationOptions
  @OptionGroup var shared: OutputOptions

  func run() throws { try ProcessSession.run(processes) { try train(with: $0) } }

  private func train(with group: ProcessGroup?) throws {
    try TrainingSession(
      base: task.base, isFineTuning: false, target: task.data, source: nil, proxy: nil, sourceHead: nil,
      headClasses: nil,
      output: destination.place(continuation), existing: destination.existing, kinds: kinds, training: training,
      regularizers: regularizers, reading: reading,
      hardware: hardware, continuation: continuation, shared: shared, effective: EffectiveOptions(of: self),
      processes: group
    ).run()
  }
}

struct FinetuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune",
    abstract: "Fine-tune on a target task and watch the source task at every epoch, epoch 0 included.",
    discussion: """
        lethe finetune source --source fashion-mnist:0-4 \\
          --target fashion-mnist:5-9 -o plain
        lethe finetune source --source fashion-mnist:0-4 \\
          --target fashion-mnist:5-9 -o held --lr 0.01 \\
          --regularizer l2-sp:alpha=0.1 --stop-when 'forgetting > 2pp'
        lethe finetune --resume held --epochs 8
      """)

  struct Tasks: ResultOptions {
    @Argument(help: "The source model's checkpoint, or its run.")
    var base: String

    @Option(
      help: """
        The task the model was trained on; its head judges every epoch. Without it the run says how far that head's \
        answers to the target's inputs moved.
        """, completion: .data)
    var source: String?

    @Option(
      help: """
        Where the source's data are not at hand, any examples of the model's kind: how often, and how nearly, the \
        backbone with the source's head still says what it said before. That is agreement, not accuracy.
        """, completion: .data)
    var sourceProxy: String?

    @Option(help: "The task to train. It gets a new head; of a language model, the source's.", completion: .data)
    var target: String?

    @Option(help: TargetHead.help)
    var targetHead: TargetHead?

    @Option(
      parsing: .singleValue,
      help: ArgumentHelp(
        "In place of --source and --target: tasks to train one after the other, as --task a=DATA --task b=DATA.",
        discussion: """
          All are judged after each. Regularizers begin with the second task; those that need a head or examples of an \
          earlier task are there once for each.
          """))
    var task: [String] = []

    @Flag(help: "All tasks of --task share one head, rather than having one each.")
    var sharedHead = false

    @Option(help: "Whose definition of forgetting a sequence is measured by: chaudhry, avalanche or mammoth.")
    var compat = AccuracyMatrix.Compatibility.chaudhry

    @Option(
      help: "The task whose head judges the source; by default the source data's own, then the checkpoint's.",
      completion: .heads)
    var head: String?

    @OptionGroup var headClasses: HeadClassOptions
  }

  @OptionGroup var tasks: Tasks
  @OptionGroup var destination: RunDestination
  @OptionGroup var kinds: TaskKindOptions
  @OptionGroup var training: TrainingArguments
  @OptionGroup var regularizers: RegularizerOptions
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var processes: ProcessOptions
  @OptionGroup var continuation: ContinuationOptions
  @OptionGroup var shared: OutputOptions

  func run() throws { try ProcessSession.run(processes) { try tune(with: $0) } }

  private func tune(with group: ProcessGroup?) throws {
    guard tasks.task.isEmpty else {
      guard tasks.source == nil, tasks.target == nil, tasks.sourceProxy == nil, tasks.head == nil,
        tasks.targetHead == nil || tasks.targetHead == .grow
      else {
        throw CommandError.usage(
          "--task stands in place of --source, --target, --source-proxy, --head and --target-head, but for --target-head grow"
        )
      }
      guard !tasks.sharedHead || tasks.targetHead == nil else {
        throw CommandError.usage(
          "--shared-head has the same classes for all tasks, --target-head grow adds each one's: give one of them")
      }
      try tasks.headClasses.refuse(where: "the tasks of --task have heads of their own")
      if group != nil, training.shard {
        throw CommandError.usage(
          "--shard is of one task: what a sequence (--task) comes to is judged by whole networks")
      }
      return try SequenceSession(command: self, processes: group).run()
    }
    guard !tasks.sharedHead else { throw CommandError.usage("--shared-head is for sequences of tasks (--task)") }
    guard let target = tasks.target else {
      throw CommandError.usage("give --target DATA, the task to train, or a sequence with --task")
    }
    if tasks.source == nil {
      let why =
        tasks.sourceProxy == nil
        ? "it says of --source, which is not given" : "the labels of --source-proxy do not count"
      try tasks.headClasses.refuse(where: why)
    }
    try TrainingSession(
      base: tasks.base, isFineTuning: true, target: target, source: tasks.source, proxy: tasks.sourceProxy,
      sourceHead: tasks.head,
      headClasses: tasks.headClasses, output: destination.place(continuation), existing: destination.existing,
      kinds: kinds, targetHead: tasks.targetHead,
      training: training, regularizers: regularizers, reading: reading, hardware: hardware,
      continuation: continuation, shared: shared, effective: EffectiveOptions(of: self), processes: group
    ).run()
  }
}

extension AccuracyMatrix.Compatibility: ExpressibleByArgument {}
