extension Program {
  /// A module of the model, by the path of its name.
  public struct Layer: Equatable, Sendable {
    /// The module's path, as `layer1.0.conv1`.
    public let name: String
    /// Class of the module, `Conv2d`.
    public let kind: String
    /// The layer's parameters, in the program's order.
    public let parameterNames: [String]
    /// The layer's buffers, in the program's order.
    public let bufferNames: [String]
    /// The value that the layer's last node gives.
    public let output: String
  }

  /// The leaf layers that have nodes, in the order of their outputs.
  ///
  /// A module that is called several times (the one ReLU of a residual block) is one layer, placed and captured at its
  /// last call.
  public var layers: [Layer] {
    var containers: Set<Substring> = [""]
    for node in nodes {
      var path = node.layer[...]
      while let dot = path.lastIndex(of: ".") {
        path = path[..<dot]
        containers.insert(path)
      }
    }
    var seen: Set<String> = []
    var found: [Layer] = []
    let owned = tensorsByLayer()
    for (position, node) in nodes.enumerated().reversed()
    where !containers.contains(node.layer[...]) && !node.outputs.isEmpty && seen.insert(node.layer).inserted {
      found.append(layer(node.layer, kind: node.layerKind, lastNode: position, owned: owned[node.layer] ?? ([], [])))
    }
    return found.reversed()
  }

  /// A layer by its exact path; a container is everything under it, with the output of its last node.
  public func layer(named name: String) -> Layer? {
    guard !name.isEmpty,
      let last = nodes.lastIndex(where: { Self.isName($0.layer, within: name) && !$0.outputs.isEmpty })
    else { return nil }
    let kind = nodes.last { $0.layer == name }?.layerKind ?? ""
    let owned = (
      parameters.map(\.name).filter { Self.isName($0, within: name) },
      buffers.map(\.name).filter { Self.isName($0, within: name) }
    )
    return layer(name, kind: kind, lastNode: last, owned: owned)
  }

  /// The leaf layers that any of the patterns matches, in the order of ``layers``.
  ///
  /// - Throws: ``ProgramError/noMatch(pattern:nearest:)`` for the first pattern that matches no layer.
  public func layers(matching patterns: [String]) throws -> [Layer] {
    let all = layers
    let globs = patterns.map { Glob($0) }
    for glob in globs where !all.contains(where: { glob.matches($0.name) }) {
      let candidates = pathsAndNames(all.map(\.name))
      throw ProgramError.noMatch(pattern: glob.pattern, nearest: nearest(glob.pattern, in: candidates))
    }
    return all.filter { layer in globs.contains { $0.matches(layer.name) } }
  }

  /// The parameters that a pattern matches, in the program's order.
  ///
  /// - Throws: ``ProgramError/noMatch(pattern:nearest:)`` where there is none.
  public func parameterNames(matching pattern: String) throws -> [String] {
    let glob = Glob(pattern)
    let names = parameters.map(\.name)
    let matching = names.filter(glob.matches)
    guard !matching.isEmpty else {
      throw ProgramError.noMatch(pattern: pattern, nearest: nearest(pattern, in: pathsAndNames(names)))
    }
    return matching
  }

  /// The parameters of the classifier; none where the program has no head.
  public var headParameterNames: [String] {
    parameters.map(\.name).filter(isWithinHead)
  }

  /// The paths that ``head`` names.
  public var headPaths: [String] { head?.split(separator: ",").map(String.init) ?? [] }

  /// Whether a layer or a parameter is one of the classifier's.
  func isWithinHead(_ name: String) -> Bool { headPaths.contains { Self.isName(name, within: $0) } }

  /// The path of the module that owns a parameter or buffer; empty for the root's own.
  public func layerName(ofParameter name: String) -> String { Self.path(ofTensor: name) }
}

extension Program {
  /// The path of the module that a tensor's name begins with.
  public static func path(ofTensor name: String) -> String {
    name.lastIndex(of: ".").map { String(name[..<$0]) } ?? ""
  }

  static func isName(_ name: String, within path: String) -> Bool {
    name == path || (name.utf8.count > path.utf8.count && name.hasPrefix(path + "."))
  }

  /// Names and all paths above them, each once.
  private func pathsAndNames(_ names: [String]) -> Set<String> {
    var all = Set(names)
    for name in names {
      var path = Self.path(ofTensor: name)
      while !path.isEmpty, all.insert(path).inserted { path = Self.path(ofTensor: path) }
    }
    return all
  }

  /// Parameters and buffers under each leaf layer's path. An owner may be deeper than the layer that calls it (attention
  /// reads `out_proj.weight` itself), so every path above a tensor has it.
  private func tensorsByLayer() -> [String: ([String], [String])] {
    let calling = Set(nodes.map(\.layer))
    var owned: [String: ([String], [String])] = [:]
    func add(_ name: String, _ append: (inout ([String], [String])) -> Void) {
      var path = Self.path(ofTensor: name)
      while !path.isEmpty {
        if calling.contains(path) { append(&owned[path, default: ([], [])]) }
        path = Self.path(ofTensor: path)
      }
    }
    for parameter in parameters { add(parameter.name) { $0.0.append(parameter.name) } }
    for buffer in buffers { add(buffer.name) { $0.1.append(buffer.name) } }
    return owned
  }

  private func layer(_ name: String, kind: String, lastNode: Int, owned: ([String], [String])) -> Layer {
    var (parameterNames, bufferNames) = owned
    if parameterNames.isEmpty {
      // A tied weight lives under another layer's name: the layer that reads it has it too.
      let reads = Set(nodes.filter { Self.isName($0.layer, within: name) }.flatMap(\.reads))
      parameterNames = parameters.map(\.name).filter(reads.contains)
      if bufferNames.isEmpty { bufferNames = buffers.map(\.name).filter(reads.contains) }
    }
    return Layer(
      name: name, kind: kind, parameterNames: parameterNames, bufferNames: bufferNames,
      output: nodes[lastNode].outputs[0])
  }
}
