import Findings

/// Scores in words and numbers, whatever they are counted in.
extension Score {
  /// What it is called in a sentence: `accuracy`, `mean IoU`.
  public var noun: String { Self.nouns[name] ?? name }

  /// What its values are of, in a column's head: `accuracy`, `nats a token`.
  public var heading: String { unit == .natsPerToken ? Self.natsPerToken : noun }

  /// A value as it stands in a sentence, with what it is of: `2.540 nats a token`, `62.0 % mean IoU`, `0.62 R²`; a share
  /// that nothing is said of is accuracy, `91.3 %`.
  public func text(_ value: Double?) -> String { withName(plain(value)) }

  /// The same beside its name: `62.0 %`, `2.540 nats a token`.
  public func figure(_ value: Double?) -> String { unit == .natsPerToken ? text(value) : plain(value) }

  /// A value that is in words already, with what it is of after it.
  func withName(_ text: String) -> String {
    isShareOfExamples ? text : withUnit(text, heading)
  }

  /// Whether it is the share of examples that are right, or as before.
  private var isShareOfExamples: Bool { self == .accuracy || self == .agreement }

  /// A value as it stands in a table: `91.3 %`, `2.540`.
  public func plain(_ value: Double?) -> String {
    switch unit {
    case .fraction: NumberText.percent(value)
    case .nats, .bits, .natsPerToken: NumberText.fixed(value, 3)
    case .number: NumberText.significant(value)
    }
  }

  /// A value that another follows in the same unit: `91.3`, `2.540`.
  public func bare(_ value: Double?) -> String { unit == .fraction ? NumberText.points(value) : plain(value) }

  /// A difference in a sentence: `2.3 points`, `0.310 nats a token`.
  public func amount(_ difference: Double?) -> String { withDifferenceUnit(bare(difference)) }

  /// A difference's number with its unit, where it has one.
  func withDifferenceUnit(_ number: String) -> String {
    switch unit {
    case .fraction: withUnit(number, "points")
    case .natsPerToken: withUnit(number, Self.natsPerToken)
    case .nats, .bits: withUnit(number, unit.rawValue)
    case .number: number
    }
  }

  /// A difference with its sign, in a table: `+2.3`, `−0.310`.
  public func signed(_ difference: Double?) -> String {
    let text = bare(difference)
    return text.first?.isNumber == true && text.contains { $0.isNumber && $0 != "0" } ? "+" + text : text
  }

  /// The ends of a difference's interval: `1.6 to 2.6`, `0.280 to 0.340`.
  public func interval(_ low: Double, _ high: Double) -> String {
    guard low.isFinite, high.isFinite else { return NumberText.missing }
    return "\(bare(low)) to \(bare(high))"
  }

  /// What differences are counted in: `points of accuracy`, `nats a token`.
  public var unitWords: String { unit == .fraction ? "points of \(noun)" : heading }

  /// The same of one of two tasks: `points of source accuracy`.
  func unitWords(of owner: String) -> String {
    unit == .fraction ? "points of \(owner) \(noun)" : "\(heading) of the \(owner)"
  }

  /// What an axis of its values is called: `accuracy (%)`, `nats a token`.
  var axisTitle: String { unit == .fraction ? "\(noun) (%)" : heading }
  /// The same of one task's, and which way is better where that is down: `nats a token on the source, letters; less is
  /// better`.
  func axisTitle(on task: String) -> String {
    (unit == .fraction ? "\(noun) on \(task) (%)" : "\(heading) on \(task)")
      + (direction == .up ? "" : "; less is better")
  }

  /// The same without a task, and which way is better where that is down.
  var directedAxisTitle: String { axisTitle + (direction == .up ? "" : "; less is better") }

  /// How near scores count as the same: `1.0 points of each other`, `1 % of the best`.
  var withinWords: String { unit == .number ? "1\u{a0}% of the best" : "\(amount(tolerance(at: 0))) of each other" }

  /// What no other way may do, that one is no worse: `has more than 1.0 points above it`.
  var ruleWords: String {
    let limit = unit == .number ? "1\u{a0}% of the best" : amount(tolerance(at: 0))
    return direction == .up ? "has more than \(limit) above it" : "is better by more than \(limit)"
  }

  /// What an axis of its values never passes, in the axis's unit; nil where there is no such thing.
  var axisLimits: ClosedRange<Double>? { unit == .fraction ? 0...100 : nil }

  /// What values and differences are multiplied by in a chart, and what the axis of differences is called there.
  var chartScale: Double { unit == .fraction ? 100 : 1 }
  /// The title of such an axis.
  var chartTitle: String { unit == .fraction ? "points" : heading }
  /// What several differences are counted in, after the last: `points`, `nats a token`, `of root mean squared error`.
  var differenceTitle: String {
    switch unit {
    case .fraction: "points"
    case .natsPerToken: Self.natsPerToken
    case .nats, .bits: unit.rawValue
    case .number: "of \(noun)"
    }
  }
  /// The decimals of its numbers.
  var chartDecimals: Int { unit == .fraction ? 1 : 3 }

  /// A difference of the target's score, whose unit the place says where it is a share: `2.3`, `0.310 nats a token`.
  func cost(_ difference: Double) -> String { unit == .fraction ? bare(difference) : amount(difference) }

  private func withUnit(_ text: String, _ unit: String) -> String {
    text == NumberText.missing ? text : "\(text) \(unit)"
  }

  private static let natsPerToken = "nats a token"
  private static let nouns = [
    "nats_per_token": "cross-entropy", "token_accuracy": "accuracy of tokens", "bits_per_byte": "bits a byte",
    "span_f1": "F1 of spans",
    "mean_iou": "mean IoU", "pixel_accuracy": "accuracy of pixels", "mean_average_precision": "mean average precision",
    "f1": "F1", "rmse": "root mean squared error", "mae": "mean absolute error", "r2": "R²",
  ]
}

extension ScoredTask {
  /// The score's value and what stands beside it: `2.540 nats a token, perplexity 12.7, accuracy of tokens 41.3 %`.
  var words: String {
    ([score.figure(value)] + further.map { "\($0.score.noun) \($0.score.figure($0.value))" }).joined(separator: ", ")
  }
}
