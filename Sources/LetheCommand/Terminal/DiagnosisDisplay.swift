import Analysis
import Reports

/// Lines about what a diagnosis measures; a bar with the time left where it takes a while.
final class DiagnosisDisplay {
  private let isSilent: Bool
  private var reporter: ProgressReporter?

  init(isSilent: Bool) { self.isSilent = isSilent }

  /// Told of a step at its beginning, and as more of it is done.
  func show(_ step: DiagnosisProgress.Step) {
    guard !isSilent else { return }
    if step.done == 0 {
      end()
      Console.say("measuring \(step.name)")
      if let total = step.total, total > 0 {
        reporter = ProgressReporter(title: "measuring \(step.name)", total: total, unit: step.unit, waits: 2)
      }
    } else if step.total == nil {
      end()
    } else {
      reporter?.update(completed: step.done)
    }
  }

  /// Takes the bar away.
  func end() {
    reporter?.finish(keepsLine: false)
    reporter = nil
  }
}
