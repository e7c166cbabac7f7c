extension Program {
  /// Positions of the calls that a condition picks, and of every call that depends on one: through a value, or through
  /// memory that one of them changes in place.
  func calls(from isFirst: (Node) throws -> Bool) rethrows -> [Int] {
    let groups = MemoryGroups(nodes)
    var dependent: Set<String> = []
    return try nodes.indices.filter { position in
      let node = nodes[position]
      guard try isFirst(node) || node.reads.contains(where: dependent.contains) else { return false }
      dependent.formUnion(node.outputs)
      dependent.formUnion(groups.changed(by: node))
      return true
    }
  }

  /// Some of the calls as a program of its own, whose inputs are the values that it needs and does not compute.
  func part(_ kept: [Node], outputs: [String]) -> Program {
    let constants = Set(parameters.map(\.name) + buffers.map(\.name))
    let read = Set(kept.flatMap(\.reads) + outputs)
    let entries = read.subtracting(kept.flatMap(\.outputs)).subtracting(constants).sorted()
    return Program(
      architecture: architecture,
      inputs: entries.map { name in inputs.first { $0.name == name } ?? Input(name: name, shape: [-1]) },
      parameters: parameters.filter { read.contains($0.name) }, buffers: buffers.filter { read.contains($0.name) },
      nodes: kept, outputs: outputs, head: headParameterNames.contains(where: read.contains) ? head : nil)
  }
}
