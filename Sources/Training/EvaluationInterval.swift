import Foundation

/// How often a run is looked at within its epochs.
public enum EvaluationInterval: Sendable, Codable, Equatable {
  /// After every so many optimization steps, counted over the whole run.
  case steps(Int)
  /// After every such part of an epoch's steps, above 0 and below 1.
  case epochs(Double)

  /// Twenty looks an epoch: where a rule may end the run, and nobody says how often it is asked.
  public static let standard = EvaluationInterval.epochs(0.05)

  static let form = "steps, as 50, or a part of an epoch, as 0.05 or 5%"

  /// `50`, steps; `0.05` or `5%`, a part of an epoch.
  ///
  /// - Throws: ``TrainingError/unreadableOption(_:reason:expected:found:)``.
  public init(parsing text: String) throws {
    if let steps = Int(text), steps > 0 {
      self = .steps(steps)
    } else if let fraction = SelectionRule.number(text), fraction > 0, fraction < 1, !text.hasSuffix("pp") {
      self = .epochs(fraction)
    } else {
      throw TrainingError.unreadableOption(.evaluationInterval, reason: "", expected: Self.form, found: text)
    }
  }

  /// As it is written.
  public var text: String {
    switch self {
    case .steps(let count): "\(count)"
    case .epochs(let fraction): short(fraction)
    }
  }

  /// About how many looks an epoch has.
  func looksPerEpoch(of steps: Int) -> Double {
    switch self {
    case .steps(let count): Double(steps) / Double(count)
    case .epochs(let fraction): 1 / fraction
    }
  }

  /// Whether a look is due after a step, counted from 1 over the whole run.
  func isDue(after step: Int, stepsPerEpoch: Int) -> Bool {
    switch self {
    case .steps(let count): return step % count == 0
    case .epochs(let fraction):
      // Rounding must not put a look a step off.
      func looks(_ step: Int) -> Double { (Double(step) / (fraction * Double(stepsPerEpoch)) + 1e-9).rounded(.down) }
      return looks(step) > looks(step - 1)
    }
  }
}
