import Files
import Findings
import Foundation
import Reports
import Training

/// What `--max-forgetting`, or an option like it, allows to be lost.
struct ForgettingBudget {
  private let text: String
  private let option: String
  /// In the unit of the score that it is of: a share where it was written as one.
  let value: Double

  /// - Throws: ``CommandError/usage(_:)`` for what is no number.
  init(_ text: String, option: String = "--max-forgetting") throws {
    guard let value = SelectionRule.number(text), value.isFinite else {
      throw CommandError.usage("\(option): expected points as 2pp or a fraction as 0.02, found '\(text)'")
    }
    self.text = text
    self.option = option
    self.value = value
  }

  /// Refuses what cannot be meant of a score, before anything is measured.
  ///
  /// - Throws: ``CommandError/usage(_:)`` for a bare number above 1 of a share: a guard of 200 points never acts.
  func check(for score: Score) throws {
    guard score.unit == .fraction else {
      guard Double(text) != nil else {
        throw CommandError.usage("\(option): expected \(score.unitWords) as a bare number, found '\(text)'")
      }
      return
    }
    if let advice = SelectionRule.adviceOnBareNumber(text) { throw CommandError.usage("\(option): \(advice)") }
  }

  /// Why a loss is above the budget with 95 % confidence; nil where it is not, or where the loss is not established.
  func excess(of forgetting: Forgetting) -> String? {
    let loss = forgetting.loss
    guard loss.exceeds(value, change: forgetting.change) else { return nil }
    let score = forgetting.score
    return "\(score.certain(loss)): more than --max-forgetting allows, \(score.amount(value))"
  }

  /// Writes what became of the budget as JUnit's XML.
  ///
  /// - Parameters:
  ///   - subject: what was judged.
  ///   - command: which judged it.
  func writeJUnit(of forgetting: Forgetting, named subject: String, by command: String, to path: String) throws {
    let outcome: JUnitSuite.Outcome =
      excess(of: forgetting).map { .failed(type: "forgetting", message: $0) }
      ?? (forgetting.tooLittle == nil ? .passed : .skipped("too little was measured to say whether anything was lost"))
    let suite = JUnitSuite(
      tool: "lethe \(command)", name: subject,
      cases: [.init(className: "lethe.\(command)", name: "forgetting", outcome: outcome)])
    try AtomicFile.write(Data(suite.xml.utf8), to: path)
  }
}
