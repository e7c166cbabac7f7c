import Findings

extension ChoiceBasis {
  /// `chosen by 500 validation examples; judged by 5,000 test examples`, or that the same examples did both.
  public var words: String {
    switch examples {
    case .validation:
      "chosen by \(Self.text(choosing, "validation")); judged by \(Self.text(judging, "test"))"
    case .test: "\(Self.onTestSet), which also judges it: the figures are flattered"
    }
  }

  /// What every sentence says of a choice by the examples that judge it.
  static let onTestSet = "chosen on the test set"

  /// `, chosen on the test set` where that is so.
  var caution: String { examples == .test ? ", \(Self.onTestSet)" : "" }

  /// What was chosen, in words: `when the learning rate falls`.
  var subject: String {
    choices.map { choice in
      switch choice {
      case .epoch: "the epoch"
      case .stop: "when to stop"
      case .learningRate: "when the learning rate falls"
      case .unfreezing: "when blocks begin to train"
      case .method: "the method"
      case .strength: "the strength"
      case .cut: "the cut"
      case .rate: "the rate"
      }
    }.joined(separator: " and ")
  }

  /// A sentence of its own.
  public var sentence: String {
    let subject = subject
    return subject.prefix(1).uppercased() + subject.dropFirst() + " \(choices.count > 1 ? "were" : "was") \(words)."
  }

  /// `500 validation examples`, or `500 validation examples of the target and 2,500 of the source`.
  private static func text(_ counts: Counts, _ kind: String) -> String {
    let known = [("target", counts.target), ("source", counts.source), ("proxy", counts.proxy)]
      .compactMap { role, count in count.map { (role: role, count: $0) } }
    guard let first = known.first else { return "\(kind) examples" }
    let examples = NumberText.plural(first.count, "\(kind) example")
    if known.count == 1, first.role == "target" { return examples }
    return "\(examples) of the \(first.role)"
      + known.dropFirst().map { " and \(NumberText.grouped($0.count)) of the \($0.role)" }.joined()
  }
}
