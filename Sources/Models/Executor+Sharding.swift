import Torch

extension Executor {
  /// The constants of a run that are in parts.
  struct Parts {
    let processes: ProcessGroup
    /// Of the wholes, by slot.
    let shapes: [Int: [Int]]

    /// Nil where all are whole.
    init?(_ sharding: Sharding?, _ constants: [[String: Tensor]], _ state: State, slotOfValue: [String: Int]) {
      guard let sharding else { return nil }
      var shapes: [Int: [Int]] = [:]
      for slot in constants.flatMap(\.keys).compactMap({ slotOfValue[$0] }) {
        if case .tensor(let tensor)? = state.values[slot] { shapes[slot] = sharding.shape(of: tensor) }
      }
      guard !shapes.isEmpty else { return nil }
      (processes, self.shapes) = (sharding.processes, shapes)
    }
  }

  /// Makes a segment's calls, with the constants whole while it lasts.
  func computeWhole(
    _ segment: Segment, _ state: inout State, _ surroundings: Surroundings, changes: [Int: LowRankChange]
  ) throws {
    guard let parts = surroundings.parts else {
      return try compute(segment.positions, &state, surroundings, changes: changes)
    }
    let own = segment.taken.filter { parts.shapes[$0] != nil }.map { (slot: $0, part: state.values[$0]) }
    try gather(segment, &state, parts, surroundings.channelsLast)
    try compute(segment.positions, &state, surroundings, changes: changes)
    for (slot, part) in own { state.values[slot] = part }
  }

  /// Puts the wholes of what a segment takes into the places of the parts, with their graphs.
  func gather(_ segment: Segment, _ state: inout State, _ parts: Parts, _ order: ChannelsLast?) throws {
    for slot in segment.taken {
      guard let shape = parts.shapes[slot], case .tensor(let part)? = state.values[slot] else { continue }
      state.values[slot] = .tensor(try parts.processes.whole(part, shape: shape))
    }
    try order?.order(&state.values)
  }

  /// Gathers what a run gathers, and computes nothing.
  func gather(_ constants: [[String: Tensor]], _ sharding: Sharding) throws {
    var state = State(values: [OperatorValue?](repeating: nil, count: slotOfValue.count))
    for table in constants { put(table, into: &state) }
    guard let parts = Parts(sharding, constants, state, slotOfValue: slotOfValue) else { return }
    try withoutGradients {
      for segment in segments {
        var own = state
        try gather(segment, &own, parts, nil)
      }
    }
  }
}
