import Programs
import Torch

extension Executor {
  /// Consecutive calls that are made again on the way back.
  struct Segment {
    let positions: Range<Int>
    /// What it takes of what was there before: slots of constants, inputs and values.
    let taken: [Int]
    /// Slots of the values it makes that something reads later.
    let given: [Int]
    /// Slots of the constants among ``taken`` that a call of the program may change.
    let changing: Set<Int>
    let made: Set<Int>
    let draws: Bool

    init(_ positions: Range<Int>, of program: Program, slot: (String) -> Int?) {
      let nodes = program.nodes
      let made = Set(nodes[positions].flatMap(\.outputs))
      let taken = Set(nodes[positions].flatMap(\.reads)).subtracting(made)
      let later = Set(nodes[positions.upperBound...].flatMap(\.reads)).union(program.outputs)
      func varies(_ node: Node) -> Bool { (try? ResolvedCall.varies(node, isTraining: true)) ?? true }
      self.positions = positions
      self.made = Set(made.compactMap(slot))
      self.taken = taken.compactMap(slot).sorted()
      given = made.intersection(later).compactMap(slot).sorted()
      changing = Set(taken.intersection(program.writtenConstants(where: varies)).compactMap(slot))
      draws = nodes[positions].contains(where: varies)
    }
  }

  /// Makes a segment's calls without keeping what is in between.
  ///
  /// Buffers change the first time alone: the second time, copies of what they were before are there in their place.
  func runRecomputed(
    _ segment: Segment, _ state: inout State, _ surroundings: Surroundings, changes: [Int: LowRankChange]
  ) throws {
    var known = [OperatorValue?](repeating: nil, count: state.values.count)
    var (slots, tensors): ([Int], [Tensor]) = ([], [])
    for slot in segment.taken {
      if case .tensor(let tensor)? = state.values[slot], tensor.requiresGradient {
        slots.append(slot)
        tensors.append(tensor)
      } else {
        known[slot] = state.values[slot]
      }
    }
    // What follows from sizes alone is there from the beginning.
    let sized = Set(surroundings.sized?.values.map(\.slot) ?? [])
    for slot in sized { known[slot] = state.values[slot] }
    let given = segment.given.filter { !sized.contains($0) }
    let adapted = segment.taken.compactMap { slot in changes[slot].map { (slot: slot, change: $0) } }
    tensors += adapted.flatMap { [$0.change.down, $0.change.up] }
    guard tensors.contains(where: \.requiresGradient) else {
      return try computeWhole(segment, &state, surroundings, changes: changes)
    }
    var before: [Int: Tensor] = [:]
    for slot in segment.changing {
      if case .tensor(let tensor)? = known[slot] { before[slot] = try tensor.cloned() }
    }
    let captured = segment.made.intersection(surroundings.captureSlots).sorted()
    let made = Made()
    let outputs = try gradientCheckpointed(
      tensors, drawingFrom: segment.draws ? Generator(defaultOf: surroundings.device) : nil
    ) { [self, known, slots, before] inputs, isAgain in
      var own = State(values: known)
      for (slot, tensor) in zip(slots, inputs) { own.values[slot] = .tensor(tensor) }
      if isAgain { for (slot, tensor) in before { own.values[slot] = .tensor(try tensor.cloned()) } }
      var ownChanges: [Int: LowRankChange] = [:]
      for (place, (slot, change)) in adapted.enumerated() {
        let (down, up) = (inputs[slots.count + 2 * place], inputs[slots.count + 2 * place + 1])
        ownChanges[slot] = LowRankChange(down: down, up: up, scale: change.scale)
      }
      if let parts = surroundings.parts { try gather(segment, &own, parts, surroundings.channelsLast) }
      try compute(segment.positions, &own, surroundings, changes: ownChanges)
      if !isAgain { made.take(given, of: own) }
      return made.tensorSlots.compactMap { own.values[$0]?.tensor } + captured.compactMap { own.captured[$0] }
    }
    for position in segment.positions { release(after: position, &state) }
    for (slot, value) in made.others { state.values[slot] = value }
    for (slot, tensor) in zip(made.tensorSlots, outputs) { state.values[slot] = .tensor(tensor) }
    for (slot, tensor) in zip(captured, outputs.dropFirst(made.tensorSlots.count)) { state.captured[slot] = tensor }
  }

  /// What a segment gave the first time: sizes do not depend on when they are computed.
  private final class Made {
    private(set) var tensorSlots: [Int] = []
    private(set) var others: [(slot: Int, value: OperatorValue)] = []

    func take(_ slots: [Int], of state: State) {
      for slot in slots {
        guard let value = state.values[slot] else { continue }
        if value.tensor != nil { tensorSlots.append(slot) } else { others.append((slot, value)) }
      }
    }
  }
}

extension OperatorValue {
  fileprivate var tensor: Tensor? { if case .tensor(let tensor) = self { tensor } else { nil } }
}
