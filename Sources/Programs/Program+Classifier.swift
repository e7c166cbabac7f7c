extension Program {
  /// The layer that gives the first output: the last one with a kernel, followed by nothing but calls without
  /// parameters, which may also read what is computed of the inputs alone (which token is the last). Nil where the
  /// program ends otherwise.
  var classifierLayer: String? {
    let producers = Dictionary(nodes.flatMap { node in node.outputs.map { ($0, node) } }) { first, _ in first }
    let kernels = Set(parameters.filter { $0.shape.count >= 2 }.map(\.name))
    let anyParameter = Set(parameters.map(\.name))
    let computedOfWeights = valuesOfWeights
    guard var value = outputs.first else { return nil }
    while let node = producers[value] {
      let reads = node.reads
      if reads.contains(where: kernels.contains) { return node.layer.isEmpty ? nil : node.layer }
      let computed = Set(reads.filter(computedOfWeights.contains))
      guard computed.count == 1, let next = computed.first, !reads.contains(where: anyParameter.contains) else {
        return nil
      }
      value = next
    }
    return nil
  }

  /// The values that weights have a part in, sizes left out.
  private var valuesOfWeights: Set<String> {
    let weights = Set((parameters + buffers.filter(\.isPersistent)).map(\.name))
    var found: Set<String> = []
    for node in nodes
    where !node.givesSize && node.reads.contains(where: { weights.contains($0) || found.contains($0) }) {
      found.formUnion(node.outputs)
    }
    return found
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
