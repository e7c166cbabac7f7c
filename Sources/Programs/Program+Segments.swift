extension Program {
  /// The positions of its calls in consecutive pieces: a new one begins where a block does, and where the head does.
  ///
  /// Each can be run again from what it takes of those before: where a call changes a value in place, no cut stands
  /// between it and the call that made the value.
  public var segments: [Range<Int>] {
    let paths = blocks.map(\.name) + headPaths
    var cuts = Set(paths.compactMap { path in nodes.firstIndex { Self.isName($0.layer, within: path) } })
    let groups = MemoryGroups(nodes)
    let constants = Set(parameters.map(\.name) + buffers.map(\.name))
    var makers: [String: Int] = [:]
    for (position, node) in nodes.enumerated() {
      for output in node.outputs { makers[output] = position }
    }
    for (position, node) in nodes.enumerated() {
      for value in groups.changed(by: node) where !constants.contains(value) {
        let maker = makers[value] ?? -1
        cuts = cuts.filter { $0 <= maker || $0 > position }
      }
    }
    let starts = cuts.subtracting([0]).sorted()
    return zip([0] + starts, starts + [nodes.count]).map { $0..<$1 }.filter { !$0.isEmpty }
  }
}
