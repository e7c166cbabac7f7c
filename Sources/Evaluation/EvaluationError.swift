/// Data that do not fit the model that is to be judged on them.
public enum EvaluationError: Error, Equatable, CustomStringConvertible {
  /// `canBeFitted` where these are images that can be brought to the model's shape.
  case inputMismatch(input: String, expected: [Int], found: [Int], dataset: String, canBeFitted: Bool)
  case inputTypeMismatch(input: String, expected: String, found: String, dataset: String)
  case missingInput(input: String, dataset: String, available: [String])
  /// As many outputs as classes are needed where not both are named.
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
  /// Outputs that are no classes, of which two models say the same or do not.
  case cannotAgree(kind: String)
  /// Texts that are longer than the model has places for.
  case longDocuments(dataset: String, input: String, length: Int, positions: Int)
  /// Outputs that are no row of scores, one a class, with their shape.
  case noClassScores(task: String, shape: [Int])
  /// A class of the data that a head has no output of that name for; so many others besides.
  case unknownClass(String, others: Int, dataset: String, task: String, nearest: [String])
  /// A class of the data whose name several outputs have.
  case ambiguousClass(String, task: String, outputs: [Int])
  /// An output that several classes of the data would be.
  case sharedOutput(Int, task: String, classes: [String])
  /// What is stated of another number of classes than the data have.
  case statedClassCount(dataset: String, classes: Int, found: Int)
  /// Classes that are numbered from 0, where it has to be known which of them a head has.
  case unnamedClasses(dataset: String, task: String)
  /// A head that has every class of the data already.
  case nothingToGrow(task: String, dataset: String)
  /// Names of another number of outputs than the head has.
  case statedNameCount(task: String, head: Int, found: Int)
  /// An output that is stated and that the head does not have.
  case noSuchOutput(Int, task: String, count: Int)

  public var description: String {
    switch self {
    case .inputMismatch(let input, let expected, let found, let dataset, _):
      "dataset '\(dataset)': input '\(input)' has shape \(shape(found)), the model expects \(shape(expected))"
    case .inputTypeMismatch(let input, let expected, let found, let dataset):
      "dataset '\(dataset)': input '\(input)' is \(found), the model expects \(expected)"
    case .missingInput(let input, let dataset, let available):
      "dataset '\(dataset)' has no input '\(input)', which the model expects; it has \(available.joined(separator: ", "))"
    case .noClassScores(let task, let shape):
      "head '\(task)': expected a score a class of each example, two classes or more, found outputs of shape \(self.shape(shape))"
    case .classCountMismatch(let task, let head, let dataset):
      "task '\(task)': the head has \(head) classes, the dataset \(dataset), and not both name them"
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
    case .longDocuments(let dataset, let input, let length, let positions):
      "dataset '\(dataset)': examples have \(length) tokens in \(input), the model has \(positions) positions"
    case .cannotAgree(let kind):
      "agreement on examples that stand in for the source's is of classes or labels, and cannot be measured of \(kind)"
    case .unnamedClasses(let dataset, let task):
      "dataset '\(dataset)' numbers its classes from 0; to add them to head '\(task)', they have to be named, so that it is "
        + "known which of them the head has"
    case .nothingToGrow(let task, let dataset):
      "head '\(task)' has every class of dataset '\(dataset)'; there is none to add"
    case .unknownClass(let name, let others, let dataset, let task, let nearest):
      "task '\(task)': the head has no class '\(name)', which dataset '\(dataset)' has"
        + (others == 0 ? "" : ", nor \(others) other\(others == 1 ? "" : "s") of its classes")
        + (nearest.isEmpty ? "" : " (nearest: \(nearest.joined(separator: ", ")))")
    case .ambiguousClass(let name, let task, let outputs):
      "task '\(task)': the head has several classes '\(name)', outputs "
        + outputs.map(String.init).joined(separator: ", ")
    case .sharedOutput(let output, let task, let classes):
      "task '\(task)': output \(output) would be several classes of the data: \(classes.joined(separator: ", "))"
    case .statedClassCount(let dataset, let classes, let found):
      "dataset '\(dataset)': expected the output of each of its \(classes) classes, found \(found)"
    case .statedNameCount(let task, let head, let found):
      "task '\(task)': expected a name for each of the head's \(head) outputs, found \(found)"
    case .noSuchOutput(let output, let task, let count):
      "task '\(task)': expected outputs of the head from 0 to \(count - 1), found \(output)"
    }
  }

  private func shape(_ sizes: [Int]) -> String {
    sizes.map { $0 < 0 ? "?" : String($0) }.joined(separator: "×")
  }
}
