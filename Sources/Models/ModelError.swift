/// A program, its tensors and its inputs that do not fit together.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  case missingTensor(name: String, task: String)
  case notFinite(tensor: String, task: String)
  case missingHead(task: String, available: [String])
  case noClassifier(architecture: String)
  case entangledHead(layer: String)
  case missingInput(name: String)
  case unknownLayer(name: String, nearest: [String])
  case unknownOperatorArgument(operator: String, argument: String, layer: String)
  case failed(operator: String, layer: String, message: String)
  /// Something that needs whole weights, of a model that several processes have in parts.
  case inParts(String)

  public var description: String {
    switch self {
    case .missingTensor(let name, let task): "tensor '\(name)' of task '\(task)' is missing from the checkpoint"
    case .notFinite(let tensor, let task):
      "tensor '\(tensor)' of task '\(task)' has a number that is NaN or infinite: what a model of it says would mean nothing"
    case .missingHead(let task, let available):
      available.isEmpty
        ? "no head for task '\(task)': the checkpoint has none, and its outputs are no scores of classes"
        : "no head for task '\(task)'; the checkpoint has \(available.map { "'\($0)'" }.joined(separator: ", "))"
    case .noClassifier(let architecture):
      "the program '\(architecture)' names no classifier layer, so it has no heads of tasks"
    case .entangledHead(let layer):
      "the classifier '\(layer)' is not a function of one value, so another task's head cannot be run beside it"
    case .missingInput(let name): "the model's input '\(name)' was not given"
    case .unknownLayer(let name, let nearest):
      "no layer '\(name)'; nearest: \(nearest.joined(separator: ", "))"
    case .unknownOperatorArgument(let op, let argument, let layer):
      "layer '\(layer)': \(op) has no argument '\(argument)' in this libtorch"
    case .inParts(let what): "\(what) needs whole weights in every process, and they are in parts over all of them"
    case .failed(let op, let layer, let message): "layer '\(layer)' (\(op)): \(message)"
    }
  }
}
