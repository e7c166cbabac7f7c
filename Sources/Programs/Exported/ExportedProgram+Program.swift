extension ExportedProgram {
  /// The graph as a program: layers named by module path, parameters and buffers by PyTorch's names.
  ///
  /// Assertions and what only they read are left out; the counters of normalization layers are the executor's; calls
  /// that differ between training and evaluation are kept in the form that the executor switches.
  ///
  /// - Parameter output: which of several outputs comes first, as the task's.
  /// - Throws: ``ProgramError/unsupported(construct:layer:)``, ``ProgramError/fixedBatch(input:size:)``,
  ///   ``ProgramError/unclearOutput(outputs:)``, ``ProgramError/unknownOutput(name:outputs:)``, and what
  ///   ``Program/validate()`` throws.
  public func program(output: TaskOutput = .found) throws -> Program {
    var conversion = Conversion()
    return try conversion.program(of: self, output: output)
  }

  /// Which of a model's outputs is the task's.
  public enum TaskOutput: Sendable, Equatable {
    /// The only one; else the one that is called `logits`; else the only one of two axes, examples and numbers with
    /// fractions.
    case found
    /// That of a name: a key of the model's dictionary, a place in its tuple.
    case named(String)
    /// The first, whatever it is: for those who do not run the program.
    case first
  }
}

private struct Conversion {
  /// Program names of the graph's values.
  var names: [String: String] = [:]
  /// Class of each module, by path.
  var classes: [String: String] = [:]
  var taken: Set<String> = []
  var counters: Set<String> = []

  mutating func program(of exported: ExportedProgram, output: ExportedProgram.TaskOutput) throws -> Program {
    let graph = exported.graphModule.graph
    var program = Program(architecture: "program", inputs: [], parameters: [], nodes: [], outputs: [])
    let modules = graph.nodes.map { ModuleStack($0.metadata["nn_module_stack"] ?? "") }
    for stack in modules {
      for entry in stack.entries { classes[entry.path] = entry.className }
    }
    program.architecture = classes[""] ?? "program"
    for specification in exported.graphModule.signature.inputs {
      try add(specification, graph.tensorValues, to: &program)
    }
    for (node, stack) in zip(graph.nodes, modules) where !Self.isAssertion(node.target) {
      if let converted = try convert(node, layer: stack.layer) { program.nodes.append(converted) }
    }
    let outputs = try outputs(of: exported).taskFirst(output)
    program.outputs = outputs.map(\.value)
    program.outputShape = outputs.first?.shape ?? []
    program.outputNames = outputs.count > 1 ? outputs.map(\.name) : []
    program.removeUnreadNodes()
    program.head = program.classifierLayer
    try program.validate()
    return program
  }

  private mutating func unique(_ name: String) -> String {
    var result = name
    var repetition = 1
    while !taken.insert(result).inserted {
      result = "\(name):\(repetition)"
      repetition += 1
    }
    return result
  }

  // MARK: Inputs and outputs

  private mutating func add(
    _ specification: ExportedProgram.InputSpecification, _ values: [String: ExportedProgram.TensorMeta],
    to program: inout Program
  ) throws {
    if let held = specification.parameter, let name = held.parameterName {
      names[held.arg.name] = unique(name)
      var tensor = try self.specification(name, values[held.arg.name])
      tensor.initialization = initialization(of: tensor)
      program.parameters.append(tensor)
    } else if let held = specification.buffer ?? specification.tensorConstant,
      let name = held.bufferName ?? held.constantName
    {
      names[held.arg.name] = unique(name)
      var tensor = try self.specification(name, values[held.arg.name])
      tensor.initialization = initialization(of: tensor)
      tensor.isPersistent = held.bufferName != nil && held.persistent != false
      program.buffers.append(tensor)
      if name.hasSuffix("num_batches_tracked") { counters.insert(held.arg.name) }
    } else if let user = specification.userInput {
      guard case .tensor(let name) = user.arg, let meta = values[name] else {
        if case .none = user.arg { return }
        throw ProgramError.unsupported(construct: "an input that is not a tensor", layer: "")
      }
      names[name] = unique(name)
      let shape = meta.sizes.map { $0.known ?? -1 }
      guard let batch = shape.first else {
        throw ProgramError.unsupported(construct: "the input \(name), which has no batch axis", layer: "")
      }
      guard batch == -1 else { throw ProgramError.fixedBatch(input: name, size: batch) }
      program.inputs.append(Input(name: name, elementType: try elementType(meta.dtype, of: name), shape: shape))
    } else {
      throw ProgramError.unsupported(construct: "an input that is not a tensor", layer: "")
    }
  }

  private func specification(_ name: String, _ meta: ExportedProgram.TensorMeta?) throws -> TensorSpecification {
    guard let meta else { throw ProgramError.malformed(reason: "the tensor '\(name)' has no description") }
    let shape = try meta.sizes.map { size in
      guard let known = size.known else {
        throw ProgramError.malformed(reason: "the tensor '\(name)' has a size that is not a number")
      }
      return known
    }
    return TensorSpecification(name: name, shape: shape, elementType: try elementType(meta.dtype, of: name))
  }

  private func elementType(_ code: Int, of name: String) throws -> String {
    guard let type = ExportedProgram.elementType(code) else {
      throw ProgramError.unknownElementType(tensor: name, found: "number \(code) of torch.export")
    }
    return type
  }

  private func outputs(of exported: ExportedProgram) throws -> [ExportedOutput] {
    let leaves = exported.graphModule.outputNames
    let graph = exported.graphModule.graph
    var found: [ExportedOutput] = []
    for (position, output) in exported.graphModule.signature.outputs.enumerated() {
      guard let user = output.userOutput else {
        throw ProgramError.unsupported(
          construct: "the output \(output.kind) (export the model without run_decompositions)", layer: "")
      }
      guard case .tensor(let name) = user.arg else { continue }
      let meta = graph.tensorValues[name]
      found.append(
        ExportedOutput(
          name: position < leaves.count ? leaves[position] : "\(position)", value: names[name] ?? name,
          elementType: meta.flatMap { ExportedProgram.elementType($0.dtype) } ?? "",
          shape: meta?.sizes.map { $0.known ?? -1 } ?? []))
    }
    return found
  }

  // MARK: Nodes

  private static func isAssertion(_ target: String) -> Bool {
    let name = target.replacing("torch.ops.aten.", with: "")
    return name.hasPrefix("_assert") || name.hasPrefix("sym_constrain_range")
  }

  private mutating func convert(_ node: ExportedProgram.GraphNode, layer: String) throws -> Node? {
    let kind = classes[layer] ?? ""
    var (name, overload) = try Self.operatorName(node.target, layer: layer)
    var arguments = try node.inputs.enumerated().map { position, input in
      NamedArgument(
        name: input.name.isEmpty ? "\(position)" : input.name, value: try argument(input.arg, node, layer: layer))
    }
    // In training mode PyTorch counts batches in the graph; our executor does, wherever a layer runs in that mode.
    if name.hasPrefix("aten::add"), case .tensor(let first)? = node.inputs.first?.arg, counters.contains(first) {
      return nil
    }
    var outputs = node.outputs
    switch name {
    case "aten::_native_batch_norm_legit_no_training":
      (name, overload) = ("aten::batch_norm", "")
      arguments.append(NamedArgument(name: "training", value: .bool(false)))
      arguments.append(NamedArgument(name: "cudnn_enabled", value: .bool(true)))
      outputs = Array(outputs.prefix(1))
    case "aten::_native_batch_norm_legit", "aten::_native_batch_norm_legit_functional":
      throw ProgramError.unsupported(
        construct: "\(name) (export the model without run_decompositions)", layer: layer)
    default: break
    }
    let results = outputs.flatMap { output -> [String] in
      switch output {
      case .tensor(let name), .computed(let name): [name]
      case .tensors(let names): names.map { $0 ?? "" }
      case .symbol(let symbol): symbol.name.map { [$0] } ?? []
      default: []
      }
    }
    return Node(
      operatorName: name, overload: overload, inputs: arguments,
      outputs: results.map { result in
        let name = unique(result.isEmpty ? "unused" : result)
        names[result] = name
        return name
      }, layer: layer, layerKind: kind)
  }

  /// `torch.ops.aten.conv2d.default` as `aten::conv2d`, `_operator.mul` as `_operator::mul`.
  private static func operatorName(_ target: String, layer: String) throws -> (String, String) {
    var parts = target.split(separator: ".").map(String.init)
    if parts.starts(with: ["torch", "ops"]) {
      parts.removeFirst(2)
      guard parts.count == 3 else { throw ProgramError.unsupported(construct: target, layer: layer) }
      return ("\(parts[0])::\(parts[1])", parts[2] == "default" ? "" : parts[2])
    }
    guard parts.count == 2 else { throw ProgramError.unsupported(construct: target, layer: layer) }
    return ("\(parts[0])::\(parts[1])", "")
  }

  private func argument(_ value: ExportedValue, _ node: ExportedProgram.GraphNode, layer: String) throws -> Argument {
    func known(_ name: String) throws -> String {
      guard let known = names[name] else {
        throw ProgramError.unknownValue(name: name, readBy: "\(node.target) in layer '\(layer)'", nearest: [])
      }
      return known
    }
    switch value {
    case .tensor(let name), .computed(let name): return .value(try known(name))
    case .tensors(let list): return .values(try list.map { try $0.map(known) })
    case .int(let number): return .int(number)
    case .ints(let numbers): return .ints(numbers)
    case .double(let number): return .double(number)
    case .doubles(let numbers): return .doubles(numbers)
    case .bool(let flag): return .bool(flag)
    case .bools(let flags): return .bools(flags)
    case .string(let text): return .string(text)
    case .symbol(let symbol): return try symbol.name.map { .value(try known($0)) } ?? .int(symbol.known ?? 0)
    case .symbols(let symbols):
      if symbols.allSatisfy({ $0.name == nil }) { return .ints(symbols.map { $0.known ?? 0 }) }
      return .sizes(try symbols.map { try $0.name.map { .value(try known($0)) } ?? .int($0.known ?? 0) })
    case .elementType(let code): return .elementType(try elementType(code, of: "\(node.target) in layer '\(layer)'"))
    case .memoryFormat(let code):
      // torch.export: 1 contiguous, 2 channels last, 3 channels last 3d, 4 preserve; libtorch: 0, 2, 3, 1.
      return [1: .int(0), 2: .int(2), 3: .int(3), 4: .int(1)][code] ?? .none
    case .device: return .device
    case .layout, .none: return .none
    case .unsupported(let kind):
      throw ProgramError.unsupported(construct: "\(node.target) with an argument of kind \(kind)", layer: layer)
    }
  }

  // MARK: Fresh weights

  /// PyTorch's default for the module that holds a tensor; a narrow normal distribution where it has none.
  private func initialization(of tensor: TensorSpecification) -> Initialization? {
    let path = tensor.name.lastIndex(of: ".").map { String(tensor.name[..<$0]) } ?? ""
    let leaf = tensor.name.split(separator: ".").last.map(String.init) ?? ""
    let kind = classes[path] ?? ""
    switch leaf {
    case "running_mean", "num_batches_tracked": return .constant(0)
    case "running_var": return .constant(1)
    default: break
    }
    guard tensor.elementType.contains("float") else { return nil }
    if kind.contains("Norm") { return .constant(leaf == "weight" ? 1 : 0) }
    if ["LSTM", "GRU", "RNN"].contains(kind), let count = tensor.shape.first {
      let gateCount = ["LSTM": 4, "GRU": 3][kind] ?? 1
      return .uniform(bound: 1 / Double(max(count / gateCount, 1)).squareRoot())
    }
    if kind == "Embedding" { return .normal(standardDeviation: 1) }
    if leaf == "bias" { return .constant(0) }
    if kind.hasSuffix("Linear") || kind.hasPrefix("Conv") {
      return .uniform(bound: 1 / Double(max(tensor.shape.dropFirst().reduce(1, *), 1)).squareRoot())
    }
    return .normal(standardDeviation: 0.02)
  }
}

extension ExportedProgram {
  /// The element type of a number in the schema; nil for those that no checkpoint has.
  public static func elementType(_ number: Int) -> String? {
    [
      1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
      10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16", 29: "float8_e4m3fn",
      30: "float8_e5m2", 34: "uint32", 35: "uint64",
    ][number]
  }
}

/// The modules around a node, outermost first: `key,path,class;…`.
private struct ModuleStack {
  var entries: [(path: String, className: String)] = []

  init(_ text: String) {
    for entry in text.split(separator: ";") {
      let fields = entry.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count == 3, !fields[0].hasPrefix("_empty") else { continue }
      // A module called again carries the number of the call.
      let path = fields[1].split(separator: "@", omittingEmptySubsequences: false)[0]
      entries.append((String(path), fields[2].split(separator: ".").last.map(String.init) ?? ""))
    }
  }

  var layer: String { entries.last?.path ?? "" }
}
