import Analysis
import Metrics
import Reports
import Training

/// What the evidence of a transfer experiment points to: a sentence, and the command that does it.
struct TransferRecommendation {
  let advice: TransferAdvice
  let result: TransferResult
  let trials: [TransferTrial]
  let experiment: TransferExperiment
  let command: TransferCommand
  /// The target as the user gave it.
  let target: String
  /// The source's data, as the user would give them.
  let source: String?

  var choice: Int? { trials.choice(within: result.tolerance) }

  private var trainsHeadAlone: Bool { experiment.trialFactors(freezing: advice.frozen).count == 1 }

  private var factor: Double { choice.map { trials[$0].factor } ?? 1 }

  var sentence: String {
    let own = result.base.isEmpty ? Double.nan : MeanInterval(result.base).mean
    let comparison = "a network of the target's own has \(Show.percent(own))"
    switch advice {
    case .startAnew:
      return "Train a network of the target's own: every copy falls short of it (\(Show.percent(own)))."
    case .freeze(let cut):
      let what =
        trainsHeadAlone
        ? "Freeze everything but the head" : "Freeze up to \(cut.name) and fine-tune from there\(rates)"
      return what + outcome(else: comparison)
    case .tuneAll:
      return "Freeze nothing: even the first block is worth training on. Fine-tune it all\(rates)"
        + outcome(else: comparison)
    }
  }

  /// `, at the rate 0.003 and the head at 0.01`.
  private var rates: String {
    guard choice != nil else { return "" }
    let rate = ", at the rate \(Self.text(options.learningRate))"
    return factor == 1 ? rate : rate + " and the head at \(Self.text(experiment.options.learningRate))"
  }

  private func outcome(else comparison: String) -> String {
    guard let choice else { return "; \(comparison)." }
    let trial = trials[choice]
    let all = experiment.target.train
    let count = experiment.options.examples(of: all).count
    var text = ": \(Show.percent(MeanInterval(trial.target).mean)) on the target"
    if count < all.count { text += " from \(Show.count(count)) examples" }
    if !trial.forgetting.isEmpty {
      let lost = MeanInterval(trial.forgetting).mean
      text += lost > 0 ? ", \(Show.points(lost)) points of the source forgotten" : ", nothing of the source forgotten"
    }
    return text + "; \(comparison)."
  }

  private var options: TrainingOptions { experiment.trialOptions(freezing: advice.frozen, factor: factor) }

  /// The command that trains the same way; nil where the base network is better left alone.
  var commandLine: String? {
    guard advice != .startAnew else { return nil }
    var words = [command.experiment.base, "--source", source ?? "DATA", "--target", target]
    words += ["--lr", Self.text(options.learningRate)]
    words += options.rateRules.flatMap { ["--lr", "\($0.pattern)=\(Self.text($0.value))"] }
    words +=
      trainsHeadAlone ? ["--feature-extraction"] : (advice.frozen?.frozenPatterns ?? []).flatMap { ["--freeze", $0] }
    words = EffectiveOptions(of: command).words(of: FinetuneCommand.self, beginning: words)
    return (["lethe", "finetune"] + words + ["-o", "run"]).map(\.shellQuoted).joined(separator: " ")
  }

  /// A rate without the noise of binary fractions.
  static func text(_ rate: Double) -> String {
    let rounded = (rate * 1e9).rounded() / 1e9
    return "\(rounded == 0 ? rate : rounded)"
  }
}
