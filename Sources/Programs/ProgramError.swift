/// What is wrong with a program, or with a name or option given for one. Descriptions are one line.
public enum ProgramError: Error, Equatable, CustomStringConvertible {
  case malformed(reason: String)
  case unsupportedVersion(found: Int, supported: Int)
  case invalidName(name: String)
  case duplicateValue(name: String)
  case duplicateArgument(name: String, node: String)
  case missingOperator(layer: String)
  case refusedOperator(name: String, layer: String)
  case unknownValue(name: String, readBy: String, nearest: [String])
  case unknownElementType(tensor: String, found: String)
  case invalidShape(tensor: String, shape: [Int])
  case invalidInitialization(tensor: String, value: Double)
  case noOutputs(architecture: String)
  case unsupported(construct: String, layer: String)
  case fixedBatch(input: String, size: Int)
  /// Several outputs could be the task's.
  case unclearOutput(outputs: [String])
  case unknownOutput(name: String, outputs: [String])
  case unknownHead(head: String, nearest: [String])
  case noMatch(pattern: String, nearest: [String])
  case unknownArchitecture(name: String, nearest: [String])
  case invalidOption(architecture: String, option: String, expected: String, found: String)

  public var description: String {
    let text =
      switch self {
      case .malformed(let reason): "the program's JSON cannot be read: \(reason)"
      case .unsupportedVersion(let found, let supported):
        "the program has version \(found); this lethe reads version \(supported)"
      case .invalidName(let name): "the program has a value with the unusable name '\(name)'"
      case .duplicateValue(let name): "the program defines the value '\(name)' twice"
      case .duplicateArgument(let name, let node): "\(node) is given the argument '\(name)' twice"
      case .missingOperator(let layer): "a node of layer '\(layer)' names no operator"
      case .refusedOperator(let name, let layer):
        "\(layer.isEmpty ? "" : "layer '\(layer)': ")the program calls \(name), which is not among the operators that a "
          + "program from a file may call"
      case .unknownValue(let name, let reader, let nearest):
        "\(reader) reads '\(name)', which nothing before it defines\(suggestion(nearest))"
      case .unknownElementType(let tensor, let found):
        "'\(tensor)' has element type '\(found)'; expected one of "
          + Program.elementTypes.sorted().joined(separator: ", ")
      case .invalidShape(let tensor, let shape): "'\(tensor)' has the impossible shape \(shape)"
      case .invalidInitialization(let tensor, let value): "'\(tensor)' is initialized with the unusable number \(value)"
      case .noOutputs(let architecture): "the program '\(architecture)' has no outputs"
      case .unsupported(let construct, let layer):
        "\(layer.isEmpty ? "" : "layer '\(layer)': ")the graph has \(construct), which is not supported"
      case .fixedBatch(let input, let size):
        "the input '\(input)' has the fixed batch size \(size); export the model with a free one: "
          + "torch.export.export(model, arguments, "
          + "dynamic_shapes={\"\(input)\": {0: torch.export.Dim.DYNAMIC}})"
      case .unclearOutput(let outputs):
        "which of its outputs is the task's is not clear: \(outputs.joined(separator: ", "))"
      case .unknownOutput(let name, let outputs): "it has no output '\(name)', but \(outputs.joined(separator: ", "))"
      case .unknownHead(let head, let nearest): "the head '\(head)' has no parameters\(suggestion(nearest))"
      case .noMatch(let pattern, let nearest): "nothing matches '\(pattern)'\(suggestion(nearest))"
      case .unknownArchitecture(let name, let nearest):
        "there is no architecture '\(name)'\(suggestion(nearest)); there are "
          + Architecture.allCases.map(\.rawValue).joined(separator: ", ")
      case .invalidOption(let architecture, let option, let expected, let found):
        "\(architecture): \(option) must be \(expected); found \(found)"
      }
    return text.oneLine
  }

  private func suggestion(_ nearest: [String]) -> String {
    nearest.isEmpty ? "" : "; did you mean " + nearest.map { "'\($0)'" }.joined(separator: " or ") + "?"
  }
}

extension String {
  /// The text with line breaks and other control characters made spaces: names come from files.
  var oneLine: String {
    String(map { $0.isNewline || $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? " " : $0 })
  }
}
