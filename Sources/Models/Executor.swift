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
  private struct Step {
    let call: ResolvedCall
    let layer: String
    let batchCounter: String?
    /// Values nothing reads after this step. Autograd keeps what its own backward pass needs.
    let releases: [Int]
  }

  private let steps: [Step]
  /// Those that depend on the sizes of the inputs alone.
  private let sizedCalls: SizedCalls
  private let slotOfValue: [String: Int]
  private let outputSlots: [Int]
  private let inputNames: [String]
  /// Values that a later in-place call changes, inputs among them: they are copied when captured.
  private let mutatedValues: Set<String>

  /// - Throws: `ProgramError` for an operator that no program may call; ``ModelError`` or `TorchError` that names the
  ///   layer whose operator this libtorch lacks.
  init(_ program: Program) throws {
    try program.checkOperators()
    var slots: [String: Int] = [:]
    func slot(_ name: String) -> Int {
      if let known = slots[name] { return known }
      slots[name] = slots.count
      return slots.count - 1
    }
    let buffers = Set(program.buffers.map(\.name))
    let temporaries = Set(program.nodes.flatMap(\.outputs)).subtracting(program.outputs)
    var lastUse: [Int: Int] = [:]
    var resolved: [ResolvedCall] = []
    for (position, node) in program.nodes.enumerated() {
      let step = try ResolvedCall(node, slot: slot)
      for name in node.reads + node.outputs where temporaries.contains(name) {
        lastUse[slot(name)] = position
      }
      resolved.append(step)
    }
    var releases = [[Int]](repeating: [], count: resolved.count)
    for (value, position) in lastUse { releases[position].append(value) }
    steps = zip(zip(program.nodes, resolved), releases).map { pair, releases in
      let (node, call) = pair
      let counter = node.layer + ".num_batches_tracked"
      let counts = node.operatorName == "aten::batch_norm" && buffers.contains(counter)
      return Step(call: call, layer: node.layer, batchCounter: counts ? counter : nil, releases: releases)
    }
    mutatedValues = program.mutatedValues
    outputSlots = program.outputs.map(slot)
    inputNames = program.inputs.map(\.name)
    slotOfValue = slots
    sizedCalls = try SizedCalls(program, resolved, slotOfValue: slots)
  }

  /// Runs the program.
  ///
  /// - Parameters:
  ///   - constants: parameters and buffers by name.
  ///   - device: where tensors that the program makes itself are made.
  ///   - capture: program values whose tensors are wanted, by name.
  ///   - changes: of kernels that linear layers alone take, by name.
  /// - Returns: the program's outputs, and the captured values by name.
  func run(
    inputs: [String: Tensor], constants: [[String: Tensor]], device: Device, mode: ExecutionMode,
    capture: Set<String>, changes: [String: LowRankChange] = [:]
  ) throws -> (outputs: [Tensor], captured: [String: Tensor]) {
    var values = [OperatorValue?](repeating: nil, count: slotOfValue.count)
    for name in inputNames where inputs[name] == nil { throw ModelError.missingInput(name: name) }
    ForwardCount.current?.add(Set(steps.map(\.layer)), exampleCount: inputs.values.first?.shape.first ?? 0)
    for table in [inputs] + constants {
      for (name, tensor) in table {
        if let slot = slotOfValue[name] { values[slot] = .tensor(tensor) }
      }
    }
    let captureSlots = Dictionary(
      uniqueKeysWithValues: capture.compactMap { name in slotOfValue[name].map { ($0, name) } })
    func kept(_ name: String, _ tensor: Tensor) throws -> Tensor {
      mutatedValues.contains(name) ? try tensor.cloned() : tensor
    }
    var captured: [String: Tensor] = [:]
    for (name, tensor) in inputs where capture.contains(name) { captured[name] = try kept(name, tensor) }
    let sized = try capture.isDisjoint(with: sizedCalls.names) ? sizedCalls.results(for: inputs, device: device) : nil
    for (slot, value) in sized?.values ?? [] { values[slot] = value }
    var changeOfSlot: [Int: LowRankChange] = [:]
    for (name, change) in changes { if let slot = slotOfValue[name] { changeOfSlot[slot] = change } }
    for (position, step) in steps.enumerated() where sized == nil || !sizedCalls.positions.contains(position) {
      var results = try step.call.results(
        values, isTraining: mode.isTraining(step.layer), device: device,
        isCausal: sized?.causal.contains(position) ?? false)
      if let linear = step.call.linear, let change = changeOfSlot[linear.kernel],
        case .tensor(let output)? = results.first, case .tensor(let input)? = values[linear.input]
      {
        results[0] = .tensor(try change.applied(to: output, of: input))
      }
      for (slot, result) in zip(step.call.outputs, results) {
        values[slot] = result
        if let name = captureSlots[slot], case .tensor(let tensor) = result {
          captured[name] = try kept(name, tensor)
        }
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
}
