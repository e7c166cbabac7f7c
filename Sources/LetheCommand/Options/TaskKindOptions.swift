import ArgumentParser
import Evaluation
import Reports
import Training

/// What kind of task data are for.
struct TaskKindOptions: ResultOptions {
  @Option(
    help: ArgumentHelp(
      """
      The kind of task, where labels and outputs leave it open: classification, binary-classification, causal-lm, \
      token-classification, segmentation, multi-label, regression, regression-absolute or regression-huber.
      """, valueName: "kind"))
  var taskKind: String?

  /// The kind that is asked for, known to be one; nil where none is.
  func known() throws -> String? {
    guard let taskKind else { return nil }
    do { return try TaskKinds.named(taskKind).name } catch { throw CommandError.usage("--task-kind: \(error)") }
  }
}

extension TaskKind {
  /// What is done and by what it is judged; nil of classification, which needs no saying.
  var headline: String? {
    guard !isClassification else { return nil }
    let unit = score.heading == score.noun ? "" : " (\(score.heading))"
    return "task: \(words), judged by \(score.noun)\(unit)"
  }
}

extension TargetHead: ExpressibleByArgument {
  /// What `--target-head` takes.
  static let help: ArgumentHelp = """
    The head of the target: new; keep, which trains and judges it with the source's; or grow, which first adds an output \
    to that for every class, tag or label that it lacks, so that one head knows old and new.
    """
}

extension HeadGrowth {
  /// `head: 2 classes are added to the 8 it has: Bag, Ankle boot`.
  var words: String {
    let shown = newNames.prefix(5).joined(separator: ", ") + (newNames.count > 5 ? ", …" : "")
    let verb = newNames.count == 1 ? "is" : "are"
    return
      "head: \(NumberText.plural(newNames.count, "class")) \(verb) added to the \(NumberText.grouped(knownCount)) it has: \(shown)"
  }
}
