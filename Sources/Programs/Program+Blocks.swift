extension Program {
  /// A part of the network that is frozen, unfrozen or given a rate as one.
  public struct Block: Equatable, Sendable {
    /// The path that all of it is under; of a block of several such, the first one's.
    public let name: String
    /// In the program's order.
    public let parameterNames: [String]
    /// Those of the modules that the parameters belong to, in the program's order.
    public let bufferNames: [String]
  }

  /// The network's parts with parameters, from the input to the head.
  ///
  /// Up to ten layers with kernels are a block each. In larger networks the modules at the top are, and one that holds
  /// more than half of all kernel layers is taken apart: a ResNet has its stem, `layer1` to `layer4` and `fc`, a BERT its
  /// embeddings, each of its encoder layers, and its classifier. What has no kernel of its own (a normalization) belongs
  /// to what comes before it. The head is always a block.
  public var blocks: [Block] {
    let owners = layers.filter { !$0.parameterNames.isEmpty }
    let kernels = Set(parameters.filter { $0.shape.count >= 2 }.map(\.name))
    func hasKernel(_ layer: Layer) -> Bool { layer.parameterNames.contains(where: kernels.contains) }
    let body = owners.filter { !isInHead($0.name) }
    let kernelLayers = body.filter(hasKernel).map(\.name)
    let paths = kernelLayers.count < 10 ? Set(body.map(\.name)) : Self.modules(over: body.map(\.name), kernelLayers)

    var found: [(name: String, layers: [Layer])] = []
    for layer in body {
      let path = Self.paths(above: layer.name).first(where: paths.contains) ?? layer.name
      if let index = found.firstIndex(where: { $0.name == path }) {
        found[index].layers.append(layer)
      } else if let last = found.indices.last, !hasKernel(layer), path == layer.name {
        found[last].layers.append(layer)
      } else {
        found.append((path, [layer]))
      }
    }
    // A stem that is a normalization alone goes with what follows it.
    if found.count > 1, !found[0].layers.contains(where: hasKernel) {
      found[1].layers = found[0].layers + found[1].layers
      found.removeFirst()
    }
    if let head, !headParameterNames.isEmpty { found.append((head, owners.filter { isInHead($0.name) })) }

    // Parameters of no leaf layer (a class token) move with the input's block; tied ones with the first that has them.
    var blockOfParameter: [String: Int] = [:]
    for (index, block) in found.enumerated() {
      for name in block.layers.flatMap(\.parameterNames) where blockOfParameter[name] == nil {
        blockOfParameter[name] = index
      }
    }
    let headNames = Set(headParameterNames)
    return found.enumerated().compactMap { index, block in
      let own = parameters.map(\.name).filter { name in
        headNames.contains(name) ? index == found.count - 1 : (blockOfParameter[name] ?? 0) == index
      }
      let modules = Set(own.map(Self.path(ofTensor:)))
      let buffers = self.buffers.map(\.name).filter { modules.contains(Self.path(ofTensor: $0)) }
      return own.isEmpty ? nil : Block(name: block.name, parameterNames: own, bufferNames: buffers)
    }
  }

  /// How many blocks each parameter is away from the head: 0 in it.
  public var depthFromHead: [String: Int] {
    var depths: [String: Int] = [:]
    for (depth, block) in blocks.reversed().enumerated() {
      for name in block.parameterNames { depths[name] = depth }
    }
    return depths
  }

  private func isInHead(_ layer: String) -> Bool {
    guard let head, !head.isEmpty else { return false }
    return layer == head || layer.hasPrefix(head + ".")
  }

  /// A name and the paths of all modules around it, the innermost first: `a.b.c`, `a.b`, `a`.
  public static func paths(above name: String) -> [String] {
    var all = [name]
    while let last = all.last, case let parent = path(ofTensor: last), !parent.isEmpty { all.append(parent) }
    return all
  }

  /// The top modules, those that hold more than half of the kernel layers taken apart.
  private static func modules(over layers: [String], _ kernelLayers: [String]) -> Set<String> {
    func children(of path: String) -> Set<String> {
      Set(layers.compactMap { paths(above: $0).reversed().first { $0.count > path.count && isName($0, within: path) } })
    }
    var modules = Set(layers.compactMap { paths(above: $0).last })
    func weight(_ path: String) -> Int { kernelLayers.reduce(0) { $0 + (isName($1, within: path) ? 1 : 0) } }
    while let large = modules.first(where: { 2 * weight($0) > kernelLayers.count }), !children(of: large).isEmpty {
      modules.remove(large)
      modules.formUnion(children(of: large))
    }
    return modules
  }
}
