extension Program {
  /// The layer that gives the first output: the last one with a kernel, followed by nothing but calls without
  /// parameters. Nil where the program ends otherwise.
  var classifierLayer: String? {
    let producers = Dictionary(nodes.flatMap { node in node.outputs.map { ($0, node) } }) { first, _ in first }
    let kernels = Set(parameters.filter { $0.shape.count >= 2 }.map(\.name))
    let anyParameter = Set(parameters.map(\.name))
    guard var value = outputs.first else { return nil }
    while let node = producers[value] {
      let reads = node.reads
      if reads.contains(where: kernels.contains) { return node.layer.isEmpty ? nil : node.layer }
      let computed = reads.filter { producers[$0].map { !$0.givesSize } ?? false }
      guard computed.count == 1, !reads.contains(where: anyParameter.contains) else { return nil }
      value = computed[0]
    }
    return nil
  }

  /// Drops calls whose results nothing reads: what computed the sizes that assertions had checked.
  mutating func removeUnreadNodes() {
    var read = Set(outputs)
    var kept: [Node] = []
    for node in nodes.reversed() {
      guard node.isInPlace || node.outputs.contains(where: read.contains) else { continue }
      read.formUnion(node.reads)
      kept.append(node)
    }
    nodes = kept.reversed()
  }
}

extension Node {
  /// Whether it computes a size rather than a tensor.
  fileprivate var givesSize: Bool { operatorName == "aten::sym_size" || !operatorName.hasPrefix("aten::") }
}
