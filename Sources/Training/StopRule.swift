import Findings
import Foundation

/// What ends a run before its time: `source < 0.9`, `forgetting > 2pp`.
///
/// A look is at a sample, whose figure is uncertain: the rule holds where the whole 95 % interval lies beyond its limit.
public struct StopRule: Sendable, Codable, Equatable {
  /// A figure of a look at a run.
  public enum Quantity: String, Sendable, Codable, CaseIterable {
    /// Scores, in their own unit.
    case source, target
    /// By how much the source's score got worse since step 0.
    case forgetting
    /// How far the answers of the head that the model came with moved on the target's inputs.
    case gauge

    /// Those that the source's examples give, and the target's.
    static let ofSource: Set<Quantity> = [.source, .forgetting]
    static let ofTarget: Set<Quantity> = [.target, .gauge]
  }

  /// What is looked at.
  public var quantity: Quantity
  /// Whether the rule holds below ``limit``, rather than above.
  public var isBelow: Bool
  /// What is passed: of shares a fraction, else in the score's unit.
  public var limit: Double
  /// Whether the limit was written in per cent or points.
  var isShare: Bool

  static let form = "QUANTITY < NUMBER or QUANTITY > NUMBER, as \"source < 0.9\" or \"forgetting > 2pp\""

  /// `QUANTITY < NUMBER` or `QUANTITY > NUMBER`; a number may be a fraction, `90%` or `2pp`.
  ///
  /// - Throws: ``TrainingError/unreadableOption(_:reason:expected:found:)`` that says what was expected.
  public init(parsing text: String) throws {
    func bad(_ reason: String) -> TrainingError {
      .unreadableOption(.stopRule, reason: reason, expected: Self.form, found: text)
    }
    guard let place = text.firstIndex(where: { $0 == "<" || $0 == ">" }) else { throw bad("") }
    func trimmed(_ part: Substring) -> String { part.trimmingCharacters(in: .whitespaces) }
    let (name, number) = (trimmed(text[..<place]), trimmed(text[text.index(after: place)...]))
    guard let quantity = Quantity(rawValue: name) else {
      throw bad("no quantity '\(name)', known: \(Quantity.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard let limit = SelectionRule.number(number), limit.isFinite else { throw bad("'\(number)' is no number") }
    self.quantity = quantity
    self.limit = limit
    isBelow = text[place] == "<"
    isShare = number.hasSuffix("%") || number.hasSuffix("pp")
  }

  /// As it is written.
  public var description: String {
    let number = isShare ? "\(short(limit * 100))\(quantity == .forgetting ? "pp" : "%")" : short(limit)
    return "\(quantity.rawValue) \(isBelow ? "<" : ">") \(number)"
  }

  /// Whether a figure is beyond the limit, its interval with it.
  func holds(for figure: Estimate) -> Bool { isBelow ? figure.high < limit : figure.low > limit }

  /// Why it can never hold, or always does, or what is wrong with its number; nil of a sound one.
  ///
  /// - Parameters:
  ///   - score: what the quantity is counted in; nil of the gauge.
  ///   - first: the figure before the first step.
  ///   - before: the source's score then, of which no more than all can be forgotten.
  func objection(score: Score?, first: Estimate, before: Double) -> String? {
    let isFraction = score?.unit == .fraction
    if isShare, !isFraction { return "per cent and points are of shares, and \(quantity.rawValue) is none" }
    if isFraction, !isShare, let advice = SelectionRule.adviceOnBareNumber(short(limit)) { return advice }
    let bounds: ClosedRange<Double> =
      switch quantity {
      case .gauge: 0 ... .infinity
      case .forgetting: isFraction ? (before - 1)...before : -.infinity ... .infinity
      case .source, .target: score?.bounds ?? -.infinity ... .infinity
      }
    if isBelow ? limit <= bounds.lowerBound : limit >= bounds.upperBound {
      let end = short(isBelow ? bounds.lowerBound : bounds.upperBound)
      return "it can never hold: \(quantity.rawValue) \(isBelow ? "is at least" : "is at most") \(end) here"
    }
    if holds(for: first) { return "it holds before the first step, at \(short(first.value))" }
    return nil
  }
}
