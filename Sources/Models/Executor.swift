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
  struct Step {
    let call: ResolvedCall
    let layer: String
    let batchCounter: String?
    /// Values nothing reads after this step. Autograd keeps what its own backward pass needs.
    let releases: [Int]
  }

  let steps: [Step]
  /// Those that depend on the sizes of the inputs alone.
  private let sizedCalls: SizedCalls
  let slotOfValue: [String: Int]
  private let outputSlots: [Int]
  private let inputNames: [String]
  /// Values that a later in-place call changes, inputs among them: they are copied when captured.
  let mutatedSlots: Set<Int>
  let program: Program
  /// Nil of a network that is run row by row always.
  private let channelsLast: ChannelsLast?
  /// What is run again as one, where activations are recomputed.
  private(set) lazy var segments = program.segments.map { Segment($0, of: program) { self.slotOfValue[$0] } }

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
    self.program = program
    mutatedSlots = Set(program.mutatedValues.compactMap { slots[$0] })
    outputSlots = program.outputs.map(slot)
    inputNames = program.inputs.map(\.name)
    slotOfValue = slots
    sizedCalls = try SizedCalls(program, resolved, slotOfValue: slots)
    channelsLast = ChannelsLast(program, slotOfValue: slots)
  }

  /// What a run knows so far, by slot.
  struct State {
    var values: [OperatorValue?]
    var captured: [Int: Tensor] = [:]
  }

  /// What is the same for all calls of a run.
  struct Surroundings {
    let device: Device
    let mode: ExecutionMode
    let sized: SizedCalls.Results?
    let captureSlots: Set<Int>
    /// Nil in a run row by row.
    let channelsLast: ChannelsLast?
    let statistics: SharedStatistics?
    /// Nil where all constants are whole.
    let parts: Parts?
  }

  /// Runs the program.
  ///
  /// - Parameters:
  ///   - constants: parameters and buffers by name.
  ///   - device: where tensors that the program makes itself are made.
  ///   - capture: program values whose tensors are wanted, by name.
  ///   - changes: of kernels that linear layers alone take, by name.
  ///   - recomputesActivations: whether blocks keep nothing but what enters them, and are run again for gradients.
  ///   - sharding: of which constants this process has a part alone: each block gathers its own, and forgets them.
  /// - Returns: the program's outputs, and the captured values by name.
  func run(
    inputs: [String: Tensor], constants: [[String: Tensor]], device: Device, mode: ExecutionMode,
    capture: Set<String>, changes: [String: LowRankChange] = [:], recomputesActivations: Bool = false,
    sharding: Sharding? = nil
  ) throws -> (outputs: [Tensor], captured: [String: Tensor]) {
    ForwardCount.current?.add(Set(steps.map(\.layer)), exampleCount: inputs.values.first?.shape.first ?? 0)
    var (state, surroundings) = try start(
      inputs: inputs, constants: constants, device: device, mode: mode, capture: capture, sharding: sharding)
    func bySlot<Value>(_ named: [String: Value]) -> [Int: Value] {
      Dictionary(uniqueKeysWithValues: named.compactMap { name, value in slotOfValue[name].map { ($0, value) } })
    }
    if recomputesActivations {
      // What is computed last is needed first on the way back.
      for segment in segments.dropLast() {
        try runRecomputed(segment, &state, surroundings, changes: bySlot(changes))
      }
      if let last = segments.last { try computeWhole(last, &state, surroundings, changes: bySlot(changes)) }
    } else if surroundings.parts != nil {
      for segment in segments { try computeWhole(segment, &state, surroundings, changes: bySlot(changes)) }
    } else {
      try compute(steps.indices, &state, surroundings, changes: bySlot(changes))
    }
    let outputs = try outputs(of: state, surroundings)
    let captured = capture.compactMap { name in
      slotOfValue[name].flatMap { state.captured[$0] }.map { (name, $0) }
    }
    return (outputs, Dictionary(uniqueKeysWithValues: captured))
  }

  /// What is known before the first call.
  func start(
    inputs: [String: Tensor], constants: [[String: Tensor]], device: Device, mode: ExecutionMode, capture: Set<String>,
    sharding: Sharding? = nil
  ) throws -> (state: State, surroundings: Surroundings) {
    var state = State(values: [OperatorValue?](repeating: nil, count: slotOfValue.count))
    for name in inputNames where inputs[name] == nil { throw ModelError.missingInput(name: name) }
    let exampleCount = inputs.values.compactMap(\.shape.first).max() ?? 0
    let applied = try channelsLast.flatMap {
      try $0.applies(exampleCount: exampleCount, device: device) ? $0 : nil
    }
    for table in [inputs] + constants { put(table, into: &state) }
    let parts = Parts(sharding, constants, state, slotOfValue: slotOfValue)
    try applied?.order(&state.values)
    for (name, tensor) in inputs where capture.contains(name) {
      if let slot = slotOfValue[name] { state.captured[slot] = try kept(tensor, of: slot) }
    }
    let sized = try capture.isDisjoint(with: sizedCalls.names) ? sizedCalls.results(for: inputs, device: device) : nil
    for (slot, value) in sized?.values ?? [] { state.values[slot] = value }
    let captureSlots = Set(capture.compactMap { slotOfValue[$0] })
    return (
      state,
      Surroundings(
        device: device, mode: mode, sized: sized, captureSlots: captureSlots, channelsLast: applied,
        statistics: SharedStatistics.current, parts: parts)
    )
  }

  /// Tensors in the places of values, by name.
  func put(_ tensors: [String: Tensor], into state: inout State) {
    for (name, tensor) in tensors {
      if let slot = slotOfValue[name] { state.values[slot] = .tensor(tensor) }
    }
  }

  /// Likewise once a run has begun.
  func put(_ tensors: [String: Tensor], into state: inout State, _ surroundings: Surroundings) throws {
    put(tensors, into: &state)
    try surroundings.channelsLast?.order(&state.values)
  }

  /// The program's outputs, in its order.
  func outputs(of state: State, _ surroundings: Surroundings) throws -> [Tensor] {
    try outputSlots.compactMap { slot -> Tensor? in
      guard case .tensor(let tensor)? = state.values[slot] else { return nil }
      return surroundings.channelsLast == nil ? tensor : try tensor.contiguous()
    }
  }

  /// Makes the calls at some positions, in order.
  func compute(
    _ positions: Range<Int>, _ state: inout State, _ surroundings: Surroundings, changes: [Int: LowRankChange]
  ) throws {
    let sized = surroundings.sized
    for position in positions where sized == nil || !sizedCalls.positions.contains(position) {
      let step = steps[position]
      var results = try step.call.results(
        state.values, isTraining: surroundings.mode.isTraining(step.layer), device: surroundings.device,
        isCausal: sized?.causal.contains(position) ?? false,
        isRowMajor: surroundings.channelsLast?.rowMajorCalls.contains(position) ?? false,
        statistics: surroundings.statistics)
      if let linear = step.call.linear, let change = changes[linear.kernel],
        case .tensor(let output)? = results.first, case .tensor(let input)? = state.values[linear.input]
      {
        results[0] = .tensor(try change.applied(to: output, of: input))
      }
      for (slot, result) in zip(step.call.outputs, results) {
        state.values[slot] = result
        if surroundings.captureSlots.contains(slot), case .tensor(let tensor) = result {
          state.captured[slot] = try kept(tensor, of: slot)
        }
      }
      release(after: position, &state)
    }
  }

  /// Forgets what nothing reads after a call.
  func release(after position: Int, _ state: inout State) {
    for slot in steps[position].releases { state.values[slot] = nil }
  }

  private func kept(_ tensor: Tensor, of slot: Int) throws -> Tensor {
    mutatedSlots.contains(slot) ? try tensor.cloned() : tensor
  }

  /// The buffers that count batches, of the layers that run in training under `mode`.
  func batchCounters(in mode: ExecutionMode) -> [String] {
    steps.compactMap { step in mode.isTraining(step.layer) ? step.batchCounter : nil }
  }
}
