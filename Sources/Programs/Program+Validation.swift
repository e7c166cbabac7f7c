import Sizes

extension Program {
  /// Element types that inputs, parameters and buffers can have.
  static let elementTypes: Set<String> = [
    "float64", "float32", "float16", "bfloat16", "int64", "int32", "uint8", "bool",
  ]

  /// Checks that the program can run: names are unique, values exist before they are read, shapes make sense.
  ///
  /// Whether the operators exist is for the executor to say, since it depends on the libtorch at hand.
  ///
  /// - Throws: ``ProgramError`` that names the value, tensor or layer.
  public func validate() throws {
    guard version == Self.currentVersion else {
      throw ProgramError.unsupportedVersion(found: version, supported: Self.currentVersion)
    }
    var known: Set<String> = []
    func define(_ name: String) throws {
      guard !name.isEmpty else { throw ProgramError.invalidName(name: name) }
      guard known.insert(name).inserted else { throw ProgramError.duplicateValue(name: name) }
    }
    for input in inputs {
      try define(input.name)
      try Self.check(elementType: input.elementType, tensor: input.name)
      guard input.shape.allSatisfy({ $0 == -1 || $0 > 0 }), input.shape.map({ max($0, 1) }).checkedElementCount != nil
      else {
        throw ProgramError.invalidShape(tensor: input.name, shape: input.shape)
      }
    }
    for tensor in parameters + buffers {
      try define(tensor.name)
      try tensor.validate()
    }
    for node in nodes {
      try node.validate(known: known)
      try node.outputs.forEach(define)
    }
    guard !outputs.isEmpty else { throw ProgramError.noOutputs(architecture: architecture) }
    for output in outputs where !known.contains(output) {
      throw ProgramError.unknownValue(
        name: output, readBy: "the program's list of outputs", nearest: nearest(output, in: known))
    }
    if let head, headParameterNames.isEmpty {
      let layers = Set(parameters.map { layerName(ofParameter: $0.name) })
      throw ProgramError.unknownHead(head: head, nearest: nearest(head, in: layers))
    }
  }

  static func check(elementType: String, tensor: String) throws {
    guard elementTypes.contains(elementType) else {
      throw ProgramError.unknownElementType(tensor: tensor, found: elementType)
    }
  }
}

extension TensorSpecification {
  func validate() throws {
    // Names become names of HDF5 datasets, where a slash would make a group.
    guard !name.contains("/"), name != ".", name != ".." else { throw ProgramError.invalidName(name: name) }
    try Program.check(elementType: elementType, tensor: name)
    guard shape.checkedElementCount != nil else { throw ProgramError.invalidShape(tensor: name, shape: shape) }
    switch initialization {
    case .uniform(let number), .normal(let number):
      guard number.isFinite, number >= 0 else {
        throw ProgramError.invalidInitialization(tensor: name, value: number)
      }
    case .constant(let number):
      guard number.isFinite else { throw ProgramError.invalidInitialization(tensor: name, value: number) }
    case nil: break
    }
  }
}

extension Node {
  func validate(known: Set<String>) throws {
    let place = layer.isEmpty ? operatorName : "\(operatorName) in layer '\(layer)'"
    guard !operatorName.isEmpty else { throw ProgramError.missingOperator(layer: layer) }
    var names: Set<String> = []
    for input in inputs {
      guard names.insert(input.name).inserted else {
        throw ProgramError.duplicateArgument(name: input.name, node: place)
      }
      for name in input.value.reads where !known.contains(name) {
        throw ProgramError.unknownValue(name: name, readBy: place, nearest: nearest(name, in: known))
      }
    }
  }
}
