import Programs
import Torch

extension Executor {
  /// Runs the program with several versions of its constants, in evaluation. The calls before the first that reads one of
  /// a version's own constants are made once for all.
  ///
  /// - Parameters:
  ///   - constants: that all versions have in common.
  ///   - versions: what each has in the place of these.
  ///   - take: told a version's number and its outputs, in the order in which they are known.
  func run(
    inputs: [String: Tensor], constants: [[String: Tensor]], versions: [[String: Tensor]], device: Device,
    _ take: (_ version: Int, _ outputs: [Tensor]) throws -> Void
  ) throws {
    let exampleCount = inputs.values.first?.shape.first ?? 0
    var (state, surroundings) = try start(
      inputs: inputs, constants: constants, device: device, mode: .evaluation, capture: [])
    func compute(_ positions: Range<Int>, _ state: inout State) throws {
      ForwardCount.current?.add(Set(steps[positions].map(\.layer)), exampleCount: exampleCount)
      try self.compute(positions, &state, surroundings, changes: [:])
    }
    let first = versions.map { version in
      program.nodes.firstIndex { $0.reads.contains { version[$0] != nil } } ?? steps.count
    }
    var done = 0
    for position in Set(first).sorted() {
      try compute(done..<position, &state)
      done = position
      for version in versions.indices where first[version] == position {
        if canBeShared(state) {
          var own = state
          try put(versions[version], into: &own, surroundings)
          try compute(position..<steps.count, &own)
          try take(version, outputs(of: own, surroundings))
        } else {
          var own = try start(
            inputs: inputs.mapValues { try $0.cloned() }, constants: constants + [versions[version]], device: device,
            mode: .evaluation, capture: []
          ).state
          try compute(0..<steps.count, &own)
          try take(version, outputs(of: own, surroundings))
        }
      }
    }
  }

  /// Whether calls made from a state leave it as it is for the next version. Where a later call changes a value in place, what
  /// else shares its memory, as a view of it, would change for all.
  private func canBeShared(_ state: State) -> Bool { mutatedSlots.allSatisfy { state.values[$0] == nil } }
}
