import Findings
import Reports
import Training

/// What `--max-forgetting` allows to be lost.
struct ForgettingBudget {
  let fraction: Double

  /// - Throws: ``CommandError/usage(_:)`` for what is no number, and for a bare number above 1: a guard of 200 points
  ///   never acts.
  init(_ text: String) throws {
    if let advice = SelectionRule.adviceOnBareNumber(text) { throw CommandError.usage("--max-forgetting: \(advice)") }
    guard let value = SelectionRule.number(text), value.isFinite else {
      throw CommandError.usage("--max-forgetting: expected points as 2pp or a fraction as 0.02, found '\(text)'")
    }
    fraction = value
  }

  /// Why a loss is above the budget with 95 % confidence; nil where it is not, or where the loss is not established.
  func excess(of forgetting: Forgetting) -> String? {
    let loss = forgetting.loss
    guard forgetting.change == .loss, loss.low > fraction else { return nil }
    func points(_ value: Double) -> String { NumberText.points(value) }
    return "\(points(loss.value)) points were lost, at least \(points(loss.low)) with 95 % confidence: "
      + "more than --max-forgetting allows, \(points(fraction)) points"
  }
}
