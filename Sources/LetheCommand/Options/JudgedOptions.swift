import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Findings
import Foundation
import Torch
import Training

/// Which two models are compared, and the data that judge them: those of a run, or given one by one.
struct JudgedOptions: ResultOptions {
  @Option(help: "The checkpoint before fine-tuning, in place of a run.", completion: .path)
  var before: String?

  @Option(help: "The checkpoint after, likewise.", completion: .path)
  var after: String?

  @Option(help: "The source task's data; of a run, those it was made with.", completion: .data)
  var source: String?

  @Option(
    help: """
      In place of --source where its data are not at hand: examples like them, whose labels do not count. The original \
      model's own predictions are then what has to be kept.
      """, completion: .data)
  var sourceProxy: String?

  @Option(help: "The target task's data; likewise.", completion: .data)
  var target: String?

  @Option(help: "The task whose head judges the source.", completion: .heads)
  var head: String?

  @Option(
    help: "The task whose head judges the target; by default the data's own, then that of the model after.",
    completion: .heads)
  var targetHead: String?

  @OptionGroup var headClasses: HeadClassOptions
  @OptionGroup var kinds: TaskKindOptions

  @Flag(help: "Look at every layer by itself, where by default more than twelve are taken together as blocks.")
  var everyLayer = false

  @Option(
    help: """
      Test examples of each task, at most; by default 2,000, and fewer of a network that takes long for each. How much was \
      lost in all is measured on all.
      """)
  var samples: Int?
}

extension JudgedOptions {
  /// Data as the user gives them, or as a run was made with them.
  enum JudgingData {
    case given(String, kind: String?)
    case recorded(DataReference)

    var specification: String {
      switch self {
      case .given(let text, _): text
      case .recorded(let reference): reference.specification
      }
    }

    /// The head that a run was made with; nil of data that are given.
    var head: String? {
      switch self {
      case .given: nil
      case .recorded(let reference): reference.head
      }
    }

    /// - Parameter option: the one that gives others.
    func load(_ reading: DataOptions, for model: Checkpoint, option: String) throws -> Dataset {
      switch self {
      case .given(let text, _): return try reading.load(text, for: model)
      case .recorded(let reference):
        do {
          return try reading.load(reference, for: model).judging(reference).sharingHead(of: reference)
        } catch let error as DatasetError {
          let words = "\(ErrorWords.text(of: error)); \(option) DATA gives others"
          throw ExitStatus.of(error) == EX_NOINPUT ? CommandError.missing(words) : CommandError.badInput(words)
        }
      }
    }

    /// The kind of task that they are given as, or that a run was made with them as; nil where labels tell it.
    var taskKind: String? {
      switch self {
      case .given(_, let kind): kind
      case .recorded(let reference): reference.taskKind
      }
    }
  }

  struct Subject {
    let before: String
    let after: String
    let source: JudgingData
    /// Whether `source` only stands in for the source's examples.
    let isProxy: Bool
    let target: JudgingData?
    let head: String?
    let targetHead: String?
    let epoch: Int
    /// The command that fine-tuned, but for its output; nil where it is not known.
    let retraining: String?
    /// What that is to be held back by.
    var regularizer = "l2-sp:alpha=0.1"
  }

  func subject(of run: String?) throws -> Subject {
    if let samples { try Bounds.check(samples, of: "--samples", atLeast: 20, atMost: Bounds.examples) }
    guard source == nil || sourceProxy == nil else {
      throw CommandError.usage("give --source or --source-proxy, not both")
    }
    if sourceProxy != nil { try headClasses.refuse(where: "the labels of --source-proxy do not count") }
    if target == nil, targetHead != nil, run == nil {
      throw CommandError.usage("--target-head judges --target, which is not given")
    }
    let kind = try kinds.known()
    func given(_ data: String) -> JudgingData { .given(data, kind: kind) }
    if let run, kind != nil, source == nil, sourceProxy == nil, target == nil {
      throw CommandError.usage("--task-kind is of data that are given: \(run) knows what kinds its own are of")
    }
    guard let run else {
      guard let before, let after, let data = source ?? sourceProxy else {
        throw CommandError.usage("give a run, or --before, --after and --source (or --source-proxy)")
      }
      return Subject(
        before: try CheckpointPath(before).path, after: try CheckpointPath(after).path, source: given(data),
        isProxy: source == nil, target: target.map(given), head: head, targetHead: targetHead, epoch: 0,
        retraining: nil)
    }
    guard before == nil, after == nil else { throw CommandError.usage("give a run, or --before and --after, not both") }
    let opened = try Run.open(run)
    let known = opened.record.data
    let own = sourceProxy == nil ? source.map(given) ?? known.source.map { .recorded($0) } : JudgingData?.none
    guard let data = own ?? sourceProxy.map(given) ?? known.proxy.map({ .recorded($0) }) else {
      throw CommandError.usage("\(run) was made without source data: give --source DATA, or --source-proxy DATA")
    }
    let chosen = opened.chosenEpoch
    guard chosen > 0 else { throw CommandError.badInput("\(run): it has no epoch after epoch 0") }
    // Without a target only its costs are not measured, so one that was made in memory is done without.
    let recordedTarget = known.target.flatMap { $0.isInMemory ? nil : JudgingData.recorded($0) }
    return Subject(
      before: opened.checkpointPath(epoch: 0), after: opened.checkpointPath(epoch: chosen), source: data,
      isProxy: own == nil, target: target.map(given) ?? recordedTarget,
      head: head ?? (known.source ?? known.proxy)?.head,
      targetHead: targetHead ?? (target == nil ? known.target?.head : nil), epoch: chosen,
      retraining: opened.retraining, regularizer: opened.record.state.grownFrom == nil ? "l2-sp:alpha=0.1" : "lwf")
  }

  /// Loads the models and the data.
  ///
  /// - Parameters:
  ///   - command: the one that they are for.
  ///   - group: those that look at them together, of which each has to have the same; nil of one by itself.
  ///   - further: what else each has to have the same, by what it is called.
  func open(
    _ subject: Subject, reading: DataOptions, device: Device, by command: any ParsableCommand, in group: ProcessGroup?,
    besides further: @autoclosure () throws -> [String: String?] = [:]
  ) throws -> ComparedModels {
    let before = try Checkpoint(contentsOf: subject.before)
    try before.program.checkOperators()
    func load(_ data: JudgingData, _ option: String) throws -> Dataset {
      try data.load(reading, for: before, option: option)
    }
    let after = try Checkpoint(contentsOf: subject.after)
    let source = try headClasses.stated(load(subject.source, subject.isProxy ? "--source-proxy" : "--source"))
    let target = try subject.target.map { try load($0, "--target") }
    try ProcessSession.agree(
      in: group, on: command,
      [
        "the checkpoint before": before.fingerprint, "the checkpoint after": after.fingerprint,
        "the source data": source.fingerprint, "the target data": target?.fingerprint,
      ].merging(further()) { $1 })
    return try ComparedModels(
      before: before, after: after, source: source, target: target, isProxy: subject.isProxy,
      sourceTask: subject.head, targetTask: subject.targetHead, sourceKind: subject.source.taskKind,
      targetKind: subject.target?.taskKind, takesEveryLayer: everyLayer, testCount: samples, device: device,
      processes: group)
  }
}

extension Dataset {
  /// What version 0.1 did not keep: that the classes of all tasks that share a head are its outputs in their order.
  fileprivate func sharingHead(of reference: DataReference) -> Dataset {
    guard statedClasses == nil, reference.head == TaskSequence.sharedTask else { return self }
    var own = self
    own.statedClasses = .outputs(Array(classNames.indices))
    return own
  }
}

extension Run {
  /// The command that fine-tuned as this run was, but for its output and its regularizers; nil where data were made in
  /// memory, or a file said which output each of their classes is.
  var retraining: String? {
    let data = record.data
    let roles = [("source", data.source), ("source-proxy", data.proxy), ("target", data.target)]
    guard let options = record.trainingOptions, data.target != nil, data.source?.classes == nil,
      roles.allSatisfy({ $0.1?.isInMemory != true })
    else { return nil }
    let rates = ["\(options.learningRate)"] + options.rateRules.map { "\($0.pattern)=\($0.value)" }
    var words: [(String, String?)] = roles.map { ($0.0, $0.1?.specification) }
    words.append(options.stepLimit.map { ("max-steps", "\($0)") } ?? ("epochs", "\(options.epochCount)"))
    words += rates.map { ("lr", $0) }
    words += [
      ("optimizer", options.optimizer.rawValue), ("schedule", options.schedule.shape.text),
      ("task-kind", typed("task-kind")),
    ]
    words +=
      record.state.grownFrom == nil
      ? [("target-head", typed("target-head"))]
      : [("target-head", TargetHead.grow.rawValue), ("loss-classes", LossClasses.target.rawValue)]
    // Epoch 0 is the base too, with the target's head as it was drawn.
    let base = data.base?.found ?? checkpointPath(epoch: 0)
    return "lethe finetune " + base.shellQuoted
      + words.compactMap { name, value in value.map { " --\(name) \($0.shellQuoted)" } }.joined()
  }

  /// The value that the command which made this run was given for an option; nil without one.
  private func typed(_ option: String) -> String? {
    guard let options = record.command?.options else { return nil }
    return (try? ConfigurationFile(yaml: options, origin: path))?.value(of: option)
  }
}
