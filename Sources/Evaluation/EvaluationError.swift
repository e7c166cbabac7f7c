/// Data that do not fit the model that is to be judged on them.
public enum EvaluationError: Error, Equatable, CustomStringConvertible {
  /// `canBeFitted` where these are images that can be brought to the model's shape.
  case inputMismatch(input: String, expected: [Int], found: [Int], dataset: String, canBeFitted: Bool)
  case inputTypeMismatch(input: String, expected: String, found: String, dataset: String)
  case missingInput(input: String, dataset: String, available: [String])
  case classCountMismatch(task: String, head: Int, dataset: Int)
  /// A kind of task that nobody made known.
  case unknownKind(name: String, known: [String])
  /// Labels and outputs that no kind of task has, in words.
  case noKind(dataset: String, form: String)
  /// Labels and outputs that the kind which was asked for does not have.
  case otherKind(dataset: String, kind: String, form: String)
  /// Labels and outputs that several kinds have.
  case severalKinds(dataset: String, kinds: [String])
  /// Labels that are none of the task's kind; the reason completes "example 3 …".
  case badLabels(dataset: String, split: String, example: Int, reason: String)
  /// Labels of another kind, in words, where one class an example is needed: `probes`.
  case classesNeeded(dataset: String, form: String, by: String)

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
    case .unknownKind(let name, let known):
      "no kind of task '\(name)'; known: \(known.joined(separator: ", "))"
    case .noKind(let dataset, let form): "dataset '\(dataset)': no kind of task has \(form)"
    case .otherKind(let dataset, let kind, let form): "dataset '\(dataset)': \(kind) does not have \(form)"
    case .severalKinds(let dataset, let kinds):
      "dataset '\(dataset)': its labels may be those of \(kinds.joined(separator: " or of "))"
    case .badLabels(let dataset, let split, let example, let reason):
      "dataset '\(dataset)': \(split) example \(example) \(reason)"
    case .classesNeeded(let dataset, let form, let user):
      "dataset '\(dataset)' has \(form); \(user) as yet served for one class an example alone"
    }
  }

  private func shape(_ sizes: [Int]) -> String {
    sizes.map { $0 < 0 ? "?" : String($0) }.joined(separator: "×")
  }
}
