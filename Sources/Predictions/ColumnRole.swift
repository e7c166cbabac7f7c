/// What a column of a file of predictions is there for.
public enum ColumnRole: String, Sendable, CaseIterable {
  /// Which example a row is of.
  case id
  /// What is right.
  case label
  /// What a model says.
  case prediction
  /// How good that is: right or wrong, or a number.
  case score
  /// Of which part of the examples it is.
  case group
  /// How likely a model holds each class: probabilities or logits.
  case probabilities

  /// Names by which a column is found where none is given, the first before the others; letters' case does not count.
  var names: [String] {
    switch self {
    case .id:
      [
        "id", "example_id", "doc_id", "sample_id", "image_id", "uid", "example", "image", "file", "filename", "index",
        "idx",
      ]
    case .label: ["label", "target", "y_true", "true_label", "truth", "ground_truth", "gold", "reference", "answer"]
    case .prediction: ["prediction", "pred", "y_pred", "predicted", "predicted_label", "output", "response"]
    case .score: Self.verdicts + Self.numbers
    case .probabilities: ClassNumbers.names
    case .group: ["group", "class", "category", "subset", "subject", "domain"]
    }
  }

  /// Columns that say whether an answer is right; they stand before a label with a prediction.
  static let verdicts = ["correct", "is_correct", "acc", "accuracy", "exact_match"]
  /// Columns with a score that may be anything; a label with a prediction stands before them.
  static let numbers = ["score", "loss", "nll", "cross_entropy", "wer", "cer", "f1", "bleu", "rouge"]

  /// Words within a score's name by which less of it is better.
  static let descending: Set = [
    "loss", "nll", "entropy", "perplexity", "ppl", "error", "err", "wer", "cer", "ter", "mae", "mse", "rmse",
    "distance",
    "brier", "ece",
  ]
}

/// Which columns to take: those that are named, else those that are found by their names.
public struct ColumnChoice: Sendable, Equatable {
  /// The columns that are named.
  public var named: [ColumnRole: String]
  /// Whether less of the score is better; by its name where nil.
  public var lessIsBetter: Bool?
  /// Of rows that lm-evaluation-harness wrote for several filters of the answers, which; the first where nil.
  public var filter: String?

  /// - Parameters: see the properties.
  public init(named: [ColumnRole: String] = [:], lessIsBetter: Bool? = nil, filter: String? = nil) {
    self.named = named
    self.lessIsBetter = lessIsBetter
    self.filter = filter
  }
}
