import Programs
import Torch

/// How operators that behave differently in training run: dropout and normalization.
public enum ExecutionMode: Sendable, Equatable {
  case evaluation
  /// Training, except for the named layers, which run as in evaluation (frozen normalization).
  case training(exceptLayers: Set<String> = [])

  func isTraining(_ layer: String) -> Bool {
    switch self {
    case .evaluation: false
    case .training(let exceptions): !exceptions.contains(layer)
    }
  }
}

/// A program made ready to run: operators resolved, values numbered, last uses known.
final class Executor {
  private enum Binding {
    case slot(argument: Int, Int)
    case slots(argument: Int, [Int?])
  }

  private struct Step {
    let operation: Operator
    let template: [OperatorValue]
    let bindings: [Binding]
    let outputs: [Int]
    let layer: String
    /// The position of the flag that switches training and evaluation.
    let modeArgument: Int?
    let batchCounter: String?
    /// Values nothing reads after this step. Autograd keeps what its own backward pass needs.
    let releases: [Int]
  }

  private let steps: [Step]
  private let slotOfValue: [String: Int]
  private let outputSlots: [Int]
  private let inputNames: [String]

  /// - Throws: ``ModelError`` or `TorchError` that names the layer whose operator this libtorch lacks.
  init(_ program: Program) throws {
    var slots: [String: Int] = [:]
    func slot(_ name: String) -> Int {
      if let known = slots[name] { return known }
      slots[name] = slots.count
      return slots.count - 1
    }
    let buffers = Set(program.buffers.map(\.name))
    let temporaries = Set(program.nodes.flatMap(\.outputs)).subtracting(program.outputs)
    var lastUse: [Int: Int] = [:]
    var resolved: [Resolved] = []
    for (position, node) in program.nodes.enumerated() {
      let step = try Resolved(node, slot: slot)
      for name in node.inputs.flatMap(\.value.valueNames) + node.outputs where temporaries.contains(name) {
        lastUse[slot(name)] = position
      }
      resolved.append(step)
    }
    var releases = [[Int]](repeating: [], count: resolved.count)
    for (value, position) in lastUse { releases[position].append(value) }
    steps = zip(resolved, releases).map { step, releases in
      let counter = step.node.layer + ".num_batches_tracked"
      let counts = step.node.operatorName == "aten::batch_norm" && buffers.contains(counter)
      return Step(
        operation: step.operation, template: step.template, bindings: step.bindings, outputs: step.outputs,
        layer: step.node.layer, modeArgument: step.modeArgument, batchCounter: counts ? counter : nil,
        releases: releases)
    }
    outputSlots = program.outputs.map(slot)
    inputNames = program.inputs.map(\.name)
    slotOfValue = slots
  }

  private struct Resolved {
    let node: Node
    let operation: Operator
    var template: [OperatorValue] = []
    var bindings: [Binding] = []
    let outputs: [Int]
    let modeArgument: Int?

    init(_ node: Node, slot: (String) -> Int) throws {
      self.node = node
      do {
        operation = try Operator(node.operatorName, overload: node.overload)
      } catch let error as TorchError {
        guard case .failed(_, let message) = error else { throw error }
        throw ModelError.failed(operator: node.operatorName, layer: node.layer, message: message)
      }
      outputs = node.outputs.map(slot)
      modeArgument = operation.index(ofArgument: "training") ?? operation.index(ofArgument: "train")
      template = [OperatorValue](repeating: .useDefault, count: operation.argumentCount)
      for input in node.inputs {
        guard let position = operation.index(ofArgument: input.name) else {
          throw ModelError.unknownOperatorArgument(
            operator: node.operatorName, argument: input.name, layer: node.layer)
        }
        switch input.value {
        case .value(let name): bindings.append(.slot(argument: position, slot(name)))
        case .values(let names): bindings.append(.slots(argument: position, names.map { $0.map(slot) }))
        default: template[position] = try input.value.constant()
        }
      }
    }
  }

  /// Runs the program.
  ///
  /// - Parameters:
  ///   - constants: parameters and buffers by name.
  ///   - capture: program values whose tensors are wanted, by name.
  /// - Returns: the program's outputs, and the captured values by name.
  func run(
    inputs: [String: Tensor], constants: [[String: Tensor]], mode: ExecutionMode, capture: Set<String>
  ) throws -> (outputs: [Tensor], captured: [String: Tensor]) {
    var values = [OperatorValue?](repeating: nil, count: slotOfValue.count)
    for name in inputNames where inputs[name] == nil { throw ModelError.missingInput(name: name) }
    for table in [inputs] + constants {
      for (name, tensor) in table {
        if let slot = slotOfValue[name] { values[slot] = .tensor(tensor) }
      }
    }
    let captureSlots = Dictionary(
      uniqueKeysWithValues: capture.compactMap { name in slotOfValue[name].map { ($0, name) } })
    var captured: [String: Tensor] = [:]
    for step in steps {
      let results = try call(step, values, mode)
      for (slot, result) in zip(step.outputs, results) {
        values[slot] = result
        if let name = captureSlots[slot], case .tensor(let tensor) = result { captured[name] = tensor }
      }
      for slot in step.releases { values[slot] = nil }
    }
    let outputs = outputSlots.compactMap { slot -> Tensor? in
      if case .tensor(let tensor)? = values[slot] { tensor } else { nil }
    }
    return (outputs, captured)
  }

  /// The buffers that count batches, of the layers that run in training under `mode`.
  func batchCounters(in mode: ExecutionMode) -> [String] {
    steps.compactMap { step in mode.isTraining(step.layer) ? step.batchCounter : nil }
  }

  private func call(_ step: Step, _ values: [OperatorValue?], _ mode: ExecutionMode) throws -> [OperatorValue] {
    var arguments = step.template
    for binding in step.bindings {
      switch binding {
      case .slot(let position, let slot): arguments[position] = values[slot] ?? .none
      case .slots(let position, let slots):
        arguments[position] = .optionalTensors(
          slots.map { slot in
            if let slot, case .tensor(let tensor)? = values[slot] { tensor } else { nil }
          })
      }
    }
    if let position = step.modeArgument { arguments[position] = .bool(mode.isTraining(step.layer)) }
    do {
      return try step.operation(arguments).map(\.asArgument)
    } catch TorchError.failed(let operation, let message) {
      throw ModelError.failed(operator: operation, layer: step.layer, message: message)
    }
  }
}

extension Argument {
  /// The names of the values this argument reads.
  var valueNames: [String] {
    switch self {
    case .value(let name): [name]
    case .values(let names): names.compactMap { $0 }
    default: []
    }
  }

  func constant() throws -> OperatorValue {
    switch self {
    case .value, .values, .none: .none
    case .int(let number): .int(number)
    case .ints(let numbers): .ints(numbers)
    case .double(let number): .double(number)
    case .doubles(let numbers): .doubles(numbers)
    case .bool(let flag): .bool(flag)
    case .string(let text): .string(text)
    case .elementType(let name): .dtype(try DType(named: name))
    }
  }
}

extension OperatorResult {
  var asArgument: OperatorValue {
    switch self {
    case .none: .none
    case .tensor(let tensor): .tensor(tensor)
    case .int(let number): .int(number)
    case .double(let number): .double(number)
    case .bool(let flag): .bool(flag)
    }
  }
}
