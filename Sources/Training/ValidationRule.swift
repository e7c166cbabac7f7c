import Foundation

/// Which examples of a task choose, where something is chosen: an epoch, when to stop, a rate, a method.
///
/// Where nothing is said, those that the data hold ready for it do, else ``standardFraction`` of the training examples.
public enum ValidationRule: Sendable, Equatable {
  /// A share of each class of the training examples, above 0 and below 1, which is then not trained on.
  case fraction(Double)
  /// The test examples, which then judge what they chose: the figures are flattered, and say so.
  case test

  /// The share of the training examples that chooses where nothing else is said.
  public static let standardFraction = 0.1

  /// `0.1`, `10%` or `test`.
  ///
  /// - Throws: ``TrainingError/unreadableOption(_:reason:expected:found:)``.
  public init(parsing text: String) throws {
    if text == "test" {
      self = .test
    } else if let fraction = SelectionRule.number(text) {
      self = .fraction(fraction)
    } else {
      throw TrainingError.unreadableOption(
        .validation, reason: "", expected: "a fraction between 0 and 1, as 0.1, or test", found: text)
    }
  }

  /// As it is written.
  public var text: String {
    switch self {
    case .fraction(let fraction): "\(fraction)"
    case .test: "test"
    }
  }
}

extension ValidationRule: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(parsing: decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
