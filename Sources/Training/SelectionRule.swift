import Evaluation
import Foundation

/// Which epoch of a run is the best: `target subject to source >= 0.9`.
///
/// One quantity to be as good as it can, then perhaps bounds that an epoch has to keep.
public struct SelectionRule: Sendable, Codable, Equatable {
  /// A figure of an epoch.
  public enum Quantity: String, Sendable, Codable, CaseIterable {
    /// Accuracies, fractions.
    case source, target
    /// The mean of both.
    case mean
    /// The source's accuracy at epoch 0 minus now's, a fraction.
    case forgetting
    /// Of the proxy examples, those of which the model still says what it said.
    case agreement
    case sourceLoss = "source-loss"
    case targetLoss = "target-loss"

    /// Those that the source's examples give, and the target's.
    static let ofSource: Set<Quantity> = [.source, .mean, .forgetting, .sourceLoss]
    static let ofTarget: Set<Quantity> = [.target, .mean, .targetLoss]

    var isBetterLow: Bool { self == .forgetting || self == .sourceLoss || self == .targetLoss }
    /// Whether it lies between −1 and 1.
    var isFraction: Bool { self != .sourceLoss && self != .targetLoss }
  }

  /// What an epoch has to keep: `source >= 0.9`.
  struct Bound: Sendable, Codable, Equatable {
    /// The figure that is bounded.
    var quantity: Quantity
    /// Whether the figure must be at least ``value``, rather than at most.
    var isLower: Bool
    /// The bound itself: a fraction, or a loss in nats.
    var value: Double

    /// By how much a figure misses it; 0 where it is kept.
    func violation(_ figure: Double) -> Double {
      figure.isNaN ? .infinity : max(0, isLower ? value - figure : figure - value)
    }
  }

  /// What is to be as good as it can: low for forgetting and losses, high for the others.
  var quantity: Quantity
  /// What an epoch has to keep to be chosen; all of them.
  var bounds: [Bound]

  /// The epoch of the highest target accuracy.
  public static let target = SelectionRule(quantity: .target, bounds: [])

  init(quantity: Quantity, bounds: [Bound]) {
    self.quantity = quantity
    self.bounds = bounds
  }

  /// `QUANTITY [subject to QUANTITY >= NUMBER [and …]]`; a number may be a fraction, `90%` or `2pp`. A bare number
  /// above 1 is none where the quantity is a fraction.
  ///
  /// - Throws: ``TrainingError/unreadableOption(_:reason:expected:found:)`` that says what was expected.
  public init(parsing text: String) throws {
    let form = "QUANTITY [subject to QUANTITY >=|<= NUMBER [and …]]"
    func bad(_ reason: String) -> TrainingError {
      .unreadableOption(.selection, reason: reason, expected: form, found: text)
    }
    func quantity(_ name: String) throws -> Quantity {
      guard let found = Quantity(rawValue: name) else {
        throw bad("no quantity '\(name)', known: \(Quantity.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return found
    }
    let parts = text.components(separatedBy: " subject to ")
    guard parts.count <= 2 else { throw bad("'subject to' stands twice") }
    self.quantity = try quantity(parts[0].trimmingCharacters(in: .whitespaces))
    bounds = try (parts.count == 2 ? parts[1].components(separatedBy: " and ") : []).map { condition in
      let isLower = condition.contains(">=")
      let sides = condition.components(separatedBy: isLower ? ">=" : "<=")
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard sides.count == 2 else { throw bad("'\(condition)' is no bound") }
      guard let value = Self.number(sides[1]), value.isFinite else { throw bad("'\(sides[1])' is no number") }
      let bounded = try quantity(sides[0])
      if bounded.isFraction, let advice = Self.adviceOnBareNumber(sides[1]) { throw bad(advice) }
      return Bound(quantity: bounded, isLower: isLower, value: value)
    }
  }

  /// `0.9`, `90%` or `2pp` as a fraction.
  public static func number(_ text: String) -> Double? {
    for unit in ["%", "pp"] where text.hasSuffix(unit) {
      return Double(text.dropLast(unit.count).trimmingCharacters(in: .whitespaces)).map { $0 / 100 }
    }
    return Double(text)
  }

  /// What to write for a fraction that is written as a bare number above 1, which would be more than all: `2pp` or
  /// `0.02` for `2`. Nil for what is well written, and for what is no number.
  public static func adviceOnBareNumber(_ text: String) -> String? {
    guard let value = Double(text), value.isFinite, abs(value) > 1 else { return nil }
    return "'\(text)' would be \(short(value * 100)) points; write \(short(value))pp or \(short(value / 100))"
  }

  /// What the rule looks at.
  public var quantities: Set<Quantity> { Set([quantity] + bounds.map(\.quantity)) }

  public var description: String {
    let conditions = bounds.map { "\($0.quantity.rawValue) \($0.isLower ? ">=" : "<=") \(short($0.value))" }
    return quantity.rawValue + (conditions.isEmpty ? "" : " subject to " + conditions.joined(separator: " and "))
  }
}

/// What a rule makes of the epochs of a run.
public struct Selection: Sendable, Equatable {
  /// The best epoch's place among those given; the first of equals.
  public var index: Int
  /// Whether it keeps every bound; if none does, the one that misses them by least is the best.
  public var keepsBounds: Bool
}

extension SelectionRule {
  /// The best of several epochs; nil of none.
  ///
  /// - Parameters:
  ///   - figures: of each epoch, NaN for what was not measured.
  ///   - lowIsBetter: quantities that are better low though they are no losses, as the nats of a token.
  public func best(of figures: [[Quantity: Double]], lowIsBetter: Set<Quantity> = []) -> Selection? {
    guard !figures.isEmpty else { return nil }
    let isLow = quantity.isBetterLow || lowIsBetter.contains(quantity)
    func score(_ index: Int) -> (violation: Double, merit: Double) {
      let own = figures[index]
      let value = own[quantity] ?? .nan
      return (
        bounds.reduce(0) { $0 + $1.violation(own[$1.quantity] ?? .nan) },
        value.isNaN ? -.infinity : isLow ? -value : value
      )
    }
    var best = 0
    for index in figures.indices.dropFirst() {
      let (own, known) = (score(index), score(best))
      if own.violation < known.violation || (own.violation == known.violation && own.merit > known.merit) {
        best = index
      }
    }
    return Selection(index: best, keepsBounds: score(best).violation == 0)
  }
}

extension EpochRecord {
  /// What rules look at: the scores on the examples that choose, where there are such, else on those that judge.
  ///
  /// - Parameter first: epoch 0 of the run.
  public func figures(first: EpochRecord) -> [SelectionRule.Quantity: Double] {
    let (source, target) = (choosingSource, choosingTarget)
    let (sourceScore, before) = (source?.value ?? .nan, first.choosingSource?.value ?? .nan)
    return [
      .source: sourceScore, .target: target.value, .mean: (sourceScore + target.value) / 2,
      .forgetting: (source?.scored.score ?? .accuracy).decline(from: before, to: sourceScore),
      .agreement: (validation.proxy ?? proxy)?.agreement ?? .nan,
      .sourceLoss: source?.loss ?? .nan, .targetLoss: target.loss,
    ]
  }

  /// Scores that are better low.
  var lowIsBetter: Set<SelectionRule.Quantity> {
    var low: Set<SelectionRule.Quantity> = []
    if choosingSource?.scored.score.direction == .down { low.insert(.source) }
    if choosingTarget.scored.score.direction == .down { low.formUnion([.target, .mean]) }
    return low
  }

  private var choosingSource: EvaluationResult? { validation.source ?? source }
  /// The target's score by which something is chosen.
  var choosingTarget: EvaluationResult { validation.target ?? target }
}
