/// Data that do not fit the model that is to be judged on them.
public enum EvaluationError: Error, Equatable, CustomStringConvertible {
  /// `canBeFitted` where these are images that can be brought to the model's shape.
  case inputMismatch(input: String, expected: [Int], found: [Int], dataset: String, canBeFitted: Bool)
  case inputTypeMismatch(input: String, expected: String, found: String, dataset: String)
  case missingInput(input: String, dataset: String, available: [String])
  case classCountMismatch(task: String, head: Int, dataset: Int)

  public var description: String {
    switch self {
    case .inputMismatch(let input, let expected, let found, let dataset, _):
      "dataset '\(dataset)': input '\(input)' has shape \(shape(found)), the model expects \(shape(expected))"
    case .inputTypeMismatch(let input, let expected, let found, let dataset):
      "dataset '\(dataset)': input '\(input)' is \(found), the model expects \(expected)"
    case .missingInput(let input, let dataset, let available):
      "dataset '\(dataset)' has no input '\(input)', which the model expects; it has \(available.joined(separator: ", "))"
    case .classCountMismatch(let task, let head, let dataset):
      "task '\(task)': the head has \(head) classes, the dataset \(dataset)"
    }
  }

  private func shape(_ sizes: [Int]) -> String {
    sizes.map { $0 < 0 ? "?" : String($0) }.joined(separator: "×")
  }
}
