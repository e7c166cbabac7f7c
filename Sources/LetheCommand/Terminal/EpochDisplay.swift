import Findings
import Foundation
import Reports
import Training

/// The lines and the bar that a training run shows.
final class EpochDisplay {
  private let hasSource: Bool
  private let hasProxy: Bool
  /// Whether the gauge is shown: where nothing else is known of the source. Known with the first epoch.
  private var showsGauge = false
  private let isSilent: Bool
  private let isQuiet: Bool
  private var progress: ProgressReporter?
  /// What is being estimated before training.
  private var estimate: String?
  private var firstSource: Double?
  /// What the last look within the epoch found.
  private var look = ""
  /// Whether the line above the epochs is written.
  private var isTitled = false
  /// Whether examples choose that neither train nor judge; known with the first epoch.
  private var hasValidation = false
  private let started = Date()

  init(hasSource: Bool, hasProxy: Bool, isSilent: Bool, isQuiet: Bool) {
    self.hasSource = hasSource
    self.hasProxy = hasProxy
    self.isSilent = isSilent
    self.isQuiet = isQuiet
  }

  func open(_ headline: String) {
    if !isSilent { Console.result(headline) }
  }

  func show(_ event: TrainingEvent) {
    switch event {
    case .estimating(let title, let completed, let total):
      if estimate != title {
        progress?.finish(keepsLine: false)
        progress = ProgressReporter(title: title, total: total, isQuiet: isQuiet || isSilent)
        estimate = title
      }
      progress?.update(completed: completed, note: "")
      if completed == total {
        progress?.finish(keepsLine: false)
        (progress, estimate) = (nil, nil)
      }
    case .prepared(let trained, let frozen, let regularizers, let steps):
      guard !isSilent else { return }
      Console.result(
        "training \(NumberText.grouped(trained)) weights, \(NumberText.grouped(frozen)) frozen · \(NumberText.grouped(steps)) steps an epoch"
      )
      for line in regularizers.flatMap({ $0.split(separator: "\n") }) { Console.result(String(line)) }
      Console.result("")
      isTitled = false
    case .step(let epoch, let step, let count, let loss):
      if step == 1 {
        // The first step is done, and nobody saw when it began.
        progress = ProgressReporter(title: "epoch \(epoch)", total: count, isQuiet: isQuiet || isSilent, earlier: 1)
      }
      progress?.update(completed: step, note: "loss \(NumberText.fixed(loss, 3))\(look)")
      if step == count { progress?.finish(keepsLine: false) }
    case .looked(let found):
      let scores = [("source", found.source), ("target", found.target)].compactMap { name, result in
        result.map { " · \(name) \($0.scored.score.plain($0.value))" }
      }
      look = scores.joined()
    case .evaluated(let record):
      progress?.finish(keepsLine: false)
      guard !isSilent else { return }
      let scores = record.validation
      let validation = [
        ("source", scores.source.map { $0.scored.score.plain($0.value) }),
        ("proxy", scores.proxy.map { $0.agreement.isNaN ? $0.moved.words : NumberText.percent($0.agreement) }),
        // Of a head that was just drawn it says nothing.
        ("target", record.targetHeadIsNew ? nil : scores.target.map { $0.scored.score.plain($0.value) }),
      ].compactMap { name, value in value.map { "\(name) \($0)" } }
      if !isTitled {
        let found = record.validation
        hasValidation = found.source != nil || found.proxy != nil || found.target != nil
        showsGauge = !hasSource && !hasProxy && record.gauge != nil
        Console.result(
          line(
            "epoch", "source", record.proxy?.agreement.isNaN == true ? "moved on proxy" : "agreement on proxy", "moved",
            "target", "validation", "loss", "penalty", "time"))
        isTitled = true
      }
      var source: String?
      if let scored = record.source?.scored {
        let start = firstSource ?? scored.value
        firstSource = start
        source =
          scored.score.plain(scored.value)
          + (record.epoch > 0 ? "  " + pad(scored.score.signed(scored.value - start), 5, isNumber: true) : "")
      }
      let proxy = record.proxy.map {
        $0.agreement.isNaN
          ? $0.moved.words : "\(NumberText.percent($0.agreement))  KL \(NumberText.fixed($0.divergence, 3))"
      }
      let target = record.targetHeadIsNew ? "–  (new head)" : record.target.scored.score.plain(record.target.value)
      Console.result(
        line(
          "\(record.epoch)", source, proxy, record.gauge?.words, target, validation.joined(separator: "  "),
          record.epoch > 0 ? NumberText.fixed(record.trainingLoss, 3) : "–",
          NumberText.fixed(record.penalty, 4),
          record.epoch > 0 && record.seconds.isFinite ? "\(NumberText.fixed(record.seconds, 1)) s" : ""))
      if !record.newBlocks.isEmpty { Console.result("        trains now: \(listed(record.newBlocks))") }
      if let count = record.skippedSteps, count > 0 {
        Console.result(
          "        \(NumberText.plural(count, "step")) left out, whose gradients left the range of float16")
      }
      // One that only measures has nothing to show.
      for dose in record.doses where dose.penalty > 0 || dose.gradientRatio > 0 { Console.result(Self.line(dose)) }
    }
  }

  /// - Parameter next: a command that goes on from here; nil for one that looks closer.
  func close(_ finding: RunFinding, next: String? = nil) {
    Console.result("")
    for line in finding.closingLines { Console.result(line) }
    let closer = "\(finding.forgetting == nil ? "lethe report" : "lethe diagnose") \(finding.run.shellQuoted)"
    Console.result("next: \(next ?? closer)")
  }

  /// `  l2-sp: 3.1 % of the loss, gradient 0.12 × the task's, pulls 75 % back`.
  private static func line(_ dose: RegularizerDose) -> String {
    var parts: [String] = []
    if dose.lossShare.isFinite { parts.append("\(NumberText.percent(dose.lossShare)) of the loss") }
    if dose.gradientRatio.isFinite {
      parts.append("gradient \(NumberText.significant(dose.gradientRatio)) × the task's")
    }
    if dose.pulledBack.isFinite { parts.append("pulls \(NumberText.percent(dose.pulledBack)) back") }
    return "        \(dose.name): penalty \(NumberText.significant(dose.penalty)), " + parts.joined(separator: ", ")
  }

  private func line(
    _ epoch: String, _ source: String?, _ proxy: String?, _ gauge: String?, _ target: String, _ validation: String,
    _ loss: String, _ penalty: String, _ time: String
  ) -> String {
    var fields = [pad(epoch, 5, isNumber: true)]
    if hasSource { fields.append(pad(source ?? "", 16)) }
    if hasProxy { fields.append(pad(proxy ?? "", 18)) }
    if showsGauge { fields.append(pad(gauge ?? "", 18)) }
    fields.append(pad(target, 14))
    if hasValidation { fields.append(pad(validation, hasSource || hasProxy ? 28 : 14)) }
    fields += [pad(loss, 7, isNumber: true), pad(penalty, 9, isNumber: true)]
    fields.append(pad(time, 8, isNumber: true))
    return fields.joined(separator: "   ")
  }

  private func pad(_ text: String, _ width: Int, isNumber: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - displayWidth(text)))
    return isNumber ? space + text : text + space
  }
}
