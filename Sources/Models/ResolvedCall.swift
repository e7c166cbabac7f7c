import Programs
import Torch

/// One call of a program with its operator found and its arguments laid out by position.
struct ResolvedCall {
  /// Where in the executor's values each result goes.
  let outputs: [Int]
  private let operation: Operation
  private let template: [OperatorValue]
  private let bindings: [Binding]
  private let modeSwitch: ModeSwitch?
  /// Of an attention with a mask: where it is, and the arguments that stand for it.
  let attention: MaskedAttention?
  /// Of a linear layer: where its input and its kernel are.
  let linear: (input: Int, kernel: Int)?
  private let name: String
  private let layer: String
  private var isBatchNorm: Bool { name == "aten::batch_norm" }

  struct MaskedAttention {
    let maskSlot: Int
    fileprivate let mask: Int
    fileprivate let isCausal: Int
  }

  private enum Operation {
    case dispatched(Operator)
    case arithmetic(SizeArithmetic)
  }

  private enum Binding {
    case slot(argument: Int, Int)
    case slots(argument: Int, [Int?])
    case sizes(argument: Int, [SizeSource])
    case device(argument: Int)
  }

  private enum SizeSource {
    case known(Int)
    case slot(Int)
  }

  /// How a call differs between training and evaluation.
  private enum ModeSwitch {
    /// An argument that is true in training.
    case flag(argument: Int)
    /// The probability of a dropout inside the operator: zero in evaluation.
    case probability(argument: Int)
    /// A random draw: in evaluation its expectation fills the tensor (stochastic depth).
    case expectation(of: Operator)
  }

  /// - Throws: ``ModelError`` that names the layer whose operator this libtorch lacks, or has with another schema than a
  ///   program may call.
  init(_ node: Node, slot: (String) -> Int) throws {
    name = node.operatorName
    layer = node.layer
    linear = node.linearLayer.map { (slot($0.input), slot($0.kernel)) }
    outputs = node.outputs.map(slot)
    if let arithmetic = SizeArithmetic(node.operatorName) {
      operation = .arithmetic(arithmetic)
      modeSwitch = nil
      attention = nil
      var template = [OperatorValue](repeating: .none, count: node.inputs.count)
      bindings = try node.inputs.enumerated().compactMap { position, input in
        try Self.bind(input.value, at: position, in: &template, slot: slot)
      }
      self.template = template
      return
    }
    do {
      let dispatched = try Self.operation(of: node)
      operation = .dispatched(dispatched)
      modeSwitch = try Self.modeSwitch(of: node, dispatched)
      attention = Self.maskedAttention(node, dispatched, slot: slot)
      var template = [OperatorValue](repeating: .useDefault, count: dispatched.argumentCount)
      bindings = try node.inputs.compactMap { input in
        guard let position = dispatched.index(ofArgument: input.name) else {
          throw ModelError.unknownOperatorArgument(
            operator: node.operatorName, argument: input.name, layer: node.layer)
        }
        return try Self.bind(input.value, at: position, in: &template, slot: slot)
      }
      self.template = template
    } catch TorchError.failed(_, let message) {
      throw ModelError.failed(operator: node.operatorName, layer: node.layer, message: message)
    }
  }

  private static func operation(of node: Node) throws -> Operator {
    if AdmittedOperators.isOwn(node.operatorName) {
      return try Operator(node.operatorName, overload: node.overload)
    }
    return try Operator(
      guarded: node.operatorName, overload: node.overload,
      textArguments: AdmittedOperators.textArguments(of: node.operatorName))
  }

  private static func bind(
    _ argument: Argument, at position: Int, in template: inout [OperatorValue], slot: (String) -> Int
  ) throws -> Binding? {
    switch argument {
    case .value(let name): return .slot(argument: position, slot(name))
    case .values(let names): return .slots(argument: position, names.map { $0.map(slot) })
    case .sizes(let sizes):
      return .sizes(
        argument: position,
        sizes.map { size in
          switch size {
          case .int(let number): .known(number)
          case .value(let name): .slot(slot(name))
          }
        })
    case .device: return .device(argument: position)
    case .none: template[position] = .none
    case .int(let number): template[position] = .int(number)
    case .ints(let numbers): template[position] = .ints(numbers)
    case .double(let number): template[position] = .double(number)
    case .doubles(let numbers): template[position] = .doubles(numbers)
    case .bool(let flag): template[position] = .bool(flag)
    case .bools(let flags): template[position] = .bools(flags)
    case .string(let text): template[position] = .string(text)
    case .elementType(let name): template[position] = .dtype(try DType(named: name))
    }
    return nil
  }

  private static func modeSwitch(of node: Node, _ operation: Operator) throws -> ModeSwitch? {
    guard !node.normalizesByItsBatch else { return nil }
    if let position = operation.index(ofArgument: "training") ?? operation.index(ofArgument: "train") {
      return .flag(argument: position)
    }
    switch node.operatorName {
    case "aten::scaled_dot_product_attention":
      return operation.index(ofArgument: "dropout_p").map { .probability(argument: $0) }
    case "aten::bernoulli_" where node.overload == "float":
      return .expectation(of: try Operator("aten::fill_", overload: "Scalar"))
    case "aten::bernoulli" where node.overload == "p":
      return .expectation(of: try Operator("aten::full_like"))
    default: return nil
    }
  }

  private static func maskedAttention(
    _ node: Node, _ operation: Operator, slot: (String) -> Int
  ) -> MaskedAttention? {
    guard node.operatorName == "aten::scaled_dot_product_attention",
      case .value(let mask)? = node.inputs.first(where: { $0.name == "attn_mask" })?.value,
      !node.inputs.contains(where: { $0.name == "is_causal" && $0.value == .bool(true) }),
      let position = operation.index(ofArgument: "attn_mask"), let flag = operation.index(ofArgument: "is_causal")
    else { return nil }
    return MaskedAttention(maskSlot: slot(mask), mask: position, isCausal: flag)
  }

  /// Whether a call gives something else each time: it draws numbers, measures what other examples are beside one, or
  /// `isTraining` makes it draw or measure.
  static func varies(_ node: Node, isTraining: Bool) throws -> Bool {
    guard SizeArithmetic(node.operatorName) == nil else { return false }
    guard !node.normalizesByItsBatch else { return true }
    let dispatched = try operation(of: node)
    guard try modeSwitch(of: node, dispatched) == nil else { return isTraining }
    return node.operatorName.hasPrefix("aten::rand")
      || ["generator", "dropout_p"].contains { dispatched.index(ofArgument: $0) != nil }
  }

  /// Runs the call.
  ///
  /// - Parameters:
  ///   - values: what is known so far, by slot.
  ///   - isCausal: whether the mask of an attention is known to be causal; it need not be among the values.
  ///   - isRowMajor: whether images are brought into order row by row for it.
  ///   - statistics: whose batches normalization in training is over; nil for this process's.
  func results(
    _ values: [OperatorValue?], isTraining: Bool, device: Device, isCausal: Bool = false, isRowMajor: Bool = false,
    statistics: SharedStatistics? = nil
  ) throws -> [OperatorValue] {
    var arguments = template
    for binding in bindings {
      switch binding {
      case .slot(let position, let slot): arguments[position] = values[slot] ?? .none
      case .slots(let position, let slots):
        let tensors = slots.map { slot -> Tensor? in
          if let slot, case .tensor(let tensor)? = values[slot] { tensor } else { nil }
        }
        let present = tensors.compactMap { $0 }
        arguments[position] = present.count == tensors.count ? .tensors(present) : .optionalTensors(tensors)
      case .sizes(let position, let sources):
        arguments[position] = .ints(
          sources.map { source in
            switch source {
            case .known(let number): number
            case .slot(let slot): if case .int(let number)? = values[slot] { number } else { 0 }
            }
          })
      case .device(let position): arguments[position] = .device(device)
      }
    }
    if isRowMajor { arguments = try arguments.map { try $0.rowMajor() } }
    if isCausal, let attention {
      arguments[attention.mask] = .none
      arguments[attention.isCausal] = .bool(true)
    }
    do {
      switch operation {
      case .arithmetic(let arithmetic): return [try arithmetic(arguments)]
      case .dispatched(let dispatched):
        switch modeSwitch {
        case .flag(let position)?:
          if isTraining, isBatchNorm, let shared = try statistics?.normalized(arguments) { return [.tensor(shared)] }
          arguments[position] = .bool(isTraining)
        case .probability(let position)? where !isTraining: arguments[position] = .double(0)
        case .expectation(let filling)? where !isTraining:
          return try filling(Array(arguments.prefix(2))).map(\.asArgument)
        default: break
        }
        return try dispatched(arguments).map(\.asArgument)
      }
    } catch TorchError.failed(let operation, let message) {
      throw ModelError.failed(operator: operation, layer: layer, message: message)
    } catch TorchError.outOfMemory(let operation, let shortage) {
      throw TorchError.outOfMemory(operation: "layer '\(layer)' (\(operation))", shortage)
    }
  }
}

extension OperatorResult {
  fileprivate var asArgument: OperatorValue {
    switch self {
    case .none: .none
    case .tensor(let tensor): .tensor(tensor)
    case .int(let number): .int(number)
    case .double(let number): .double(number)
    case .bool(let flag): .bool(flag)
    }
  }
}

extension Node {
  /// Whether it is batch normalization without running statistics, which takes those of what it is given in evaluation
  /// too, as PyTorch's does; weight standardization is made of it.
  fileprivate var normalizesByItsBatch: Bool {
    guard operatorName == "aten::batch_norm" else { return false }
    return inputs.first { $0.name == "running_mean" }.map { $0.value.reads.isEmpty } ?? true
  }
}
