extension Program {
  /// The classifier as a program of its own, whose one input, `entry`, is the value that enters it.
  ///
  /// It is every call within the head's layer and every call that depends on one. Nil where the program has no head, or
  /// where more than one value enters it.
  public var headProgram: (program: Program, entry: String)? {
    let headNames = headParameterNames
    guard let head, !headNames.isEmpty, let output = outputs.first else { return nil }
    let constants = Set(parameters.map(\.name) + buffers.map(\.name))
    var computed: Set<String> = []
    var kept: [Node] = []
    for node in nodes {
      let reads = node.inputs.flatMap(\.value.reads)
      let isWithin = node.layer == head || node.layer.hasPrefix(head + ".")
      guard isWithin || reads.contains(where: { computed.contains($0) || headNames.contains($0) }) else { continue }
      kept.append(node)
      computed.formUnion(node.outputs)
    }
    let entries = Set(kept.flatMap { $0.inputs.flatMap(\.value.reads) }).subtracting(computed).subtracting(constants)
    guard entries.count == 1, let entry = entries.first, computed.contains(output) else { return nil }
    let read = Set(kept.flatMap { $0.inputs.flatMap(\.value.reads) })
    let program = Program(
      architecture: architecture, inputs: [Input(name: entry, shape: [-1])],
      parameters: parameters.filter { read.contains($0.name) }, buffers: buffers.filter { read.contains($0.name) },
      nodes: kept, outputs: [output], head: head)
    return (program, entry)
  }
}
