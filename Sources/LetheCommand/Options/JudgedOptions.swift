import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Findings
import Torch

/// Which two models are compared, and the data that judge them: those of a run, or given one by one.
struct JudgedOptions: ParsableArguments {
  @Option(help: "The checkpoint before fine-tuning, in place of a run.")
  var before: String?

  @Option(help: "The checkpoint after, likewise.")
  var after: String?

  @Option(help: "The source task's data; of a run, those it was made with.")
  var source: String?

  @Option(
    help: """
      In place of --source where its data are not at hand: examples like them, whose labels do not count. The original \
      model's own predictions are then what has to be kept.
      """)
  var sourceProxy: String?

  @Option(help: "The target task's data; likewise.")
  var target: String?

  @Option(help: "The task whose head judges the source.")
  var head: String?

  @Flag(help: "Look at every layer by itself, where by default more than twelve are taken together as blocks.")
  var everyLayer = false

  @Option(help: "Test examples of each task, at most. How much was lost in all is measured on all.")
  var samples = DiagnosisThresholds.judgedExamples
}

extension JudgedOptions {
  struct Subject {
    let before: String
    let after: String
    let source: String
    /// Whether `source` only stands in for the source's examples.
    let isProxy: Bool
    let target: String?
    let head: String?
    let epoch: Int
    /// The command that fine-tuned, but for its output; nil where it is not known.
    let retraining: String?
  }

  func subject(of run: String?) throws -> Subject {
    guard samples >= 20 else { throw CommandError.usage("--samples must be at least 20, found \(samples)") }
    guard source == nil || sourceProxy == nil else {
      throw CommandError.usage("give --source or --source-proxy, not both")
    }
    guard let run else {
      guard let before, let after, let data = source ?? sourceProxy else {
        throw CommandError.usage("give a run, or --before, --after and --source (or --source-proxy)")
      }
      return Subject(
        before: try CheckpointPath(before).path, after: try CheckpointPath(after).path, source: data,
        isProxy: source == nil, target: target, head: head, epoch: 0, retraining: nil)
    }
    guard before == nil, after == nil else { throw CommandError.usage("give a run, or --before and --after, not both") }
    let opened = try Run.open(run)
    let options = try ConfigurationFile(yaml: opened.record.commandOptions, origin: "\(run)/run.h5")
    let own = sourceProxy == nil ? source ?? options.value(of: "source") : nil
    guard let data = own ?? sourceProxy ?? options.value(of: "source-proxy") else {
      throw CommandError.usage("\(run) was made without source data: give --source DATA, or --source-proxy DATA")
    }
    let chosen = opened.chosenEpoch
    guard chosen > 0 else { throw CommandError.badInput("\(run): it has no epoch after epoch 0") }
    let words = ["base", "source", "source-proxy", "target", "epochs", "lr", "optimizer", "schedule"].flatMap { name in
      options.values(of: name).map { name == "base" ? $0.shellQuoted : "--\(name) \($0.shellQuoted)" }
    }
    return Subject(
      before: opened.checkpointPath(epoch: 0), after: opened.checkpointPath(epoch: chosen), source: data,
      isProxy: own == nil, target: target ?? options.value(of: "target"),
      head: head ?? opened.record.environment["sourceHead"], epoch: chosen,
      retraining: words.isEmpty ? nil : "lethe finetune " + words.joined(separator: " "))
  }

  /// Loads the models and the data.
  func open(_ subject: Subject, reading: DataOptions, device: Device) throws -> ComparedModels {
    let before = try Checkpoint(contentsOf: subject.before)
    return try ComparedModels(
      before: before, after: Checkpoint(contentsOf: subject.after),
      source: reading.load(subject.source, for: before.program),
      target: subject.target.map { try reading.load($0, for: before.program) }, isProxy: subject.isProxy,
      sourceTask: subject.head, takesEveryLayer: everyLayer, testCount: samples, device: device)
  }
}
