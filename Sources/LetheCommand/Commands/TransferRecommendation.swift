import Analysis
import Findings
import Training

/// The command that does what the evidence of a transfer experiment points to.
struct TransferRecommendation {
  let result: TransferResult
  let experiment: TransferExperiment
  let command: TransferCommand
  /// The target as the user gave it.
  let target: String
  /// The source's data, as the user would give them.
  let source: String?

  private var options: TrainingOptions {
    experiment.trialOptions(
      freezing: experiment.plan.cut(result.advice.frozen), factor: result.choice?.factor ?? 1)
  }

  /// The command that trains the same way; nil where the base network is better left alone.
  var commandLine: String? {
    guard result.advice.action != .startAnew else { return nil }
    var words = [command.experiment.base, "--source", source ?? "DATA", "--target", target]
    words += ["--lr", "\(options.learningRate.withoutNoise)"]
    words += options.rateRules.flatMap { ["--lr", "\($0.pattern)=\($0.value.withoutNoise)"] }
    words +=
      result.trainsHeadAlone
      ? ["--feature-extraction"] : (result.advice.frozen?.frozenPatterns ?? []).flatMap { ["--freeze", $0] }
    words += command.training.heldAside(of: experiment.target, result.chosenBy)
    words = EffectiveOptions(of: command).words(of: FinetuneCommand.self, beginning: words)
    return (["lethe", "finetune"] + words + ["-o", "run"]).map(\.shellQuoted).joined(separator: " ")
  }
}
