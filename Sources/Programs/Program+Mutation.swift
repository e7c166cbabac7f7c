extension Program {
  /// Values whose tensors a later call changes in place, directly or through a view: what a layer gave is then not
  /// what is found there afterwards.
  public var mutatedValues: Set<String> { MemoryGroups(nodes).mutated }

  /// Parameters and buffers that a run may change: those that a call changes in place, and what a varying call reads of
  /// the buffers, its running statistics.
  ///
  /// - Parameter varies: whether a call gives something else each time, or in training than in evaluation.
  public func writtenConstants(where varies: (Node) throws -> Bool) rethrows -> Set<String> {
    let groups = MemoryGroups(nodes)
    let bufferNames = Set(buffers.map(\.name))
    let statistics = Set(try nodes.filter(varies).flatMap(\.reads)).intersection(bufferNames)
    return Set(nodes.flatMap(groups.changed)).intersection(bufferNames.union(parameters.map(\.name))).union(statistics)
  }

  /// Whether a call may change a value in place of which a view was taken before: the view has to have its memory then.
  public var changesWhatIsViewed: Bool {
    let groups = MemoryGroups(nodes)
    return nodes.indices.contains { position in
      guard MemoryGroups.viewOperators.contains(nodes[position].operatorName),
        case .value(let source)? = nodes[position].inputs.first?.value, groups.mutated.contains(source)
      else { return false }
      return nodes[(position + 1)...].contains { groups.changed(by: $0).contains(source) }
    }
  }
}

/// The values of a program in groups of those that may share their memory.
struct MemoryGroups {
  /// Values that a call changes in place after they were made.
  private(set) var mutated: Set<String> = []
  private var group: [String: Int] = [:]
  private var members: [[String]] = []

  init(_ nodes: [Node]) {
    for node in nodes {
      guard case .value(let source)? = node.inputs.first?.value else { continue }
      let number = groupNumber(source)
      if node.isInPlace { mutated.formUnion(members[number]) }
      guard node.isInPlace || Self.viewOperators.contains(node.operatorName) else { continue }
      for output in node.outputs {
        group[output] = number
        members[number].append(output)
      }
    }
  }

  /// A value and all that may share its memory.
  func sharing(_ value: String) -> [String] { group[value].map { members[$0] } ?? [value] }

  /// What a call changes in place: its first argument and all that may share its memory.
  func changed(by node: Node) -> [String] {
    guard node.isInPlace, case .value(let target)? = node.inputs.first?.value else { return [] }
    return sharing(target)
  }

  private mutating func groupNumber(_ value: String) -> Int {
    if let number = group[value] { return number }
    members.append([value])
    group[value] = members.count - 1
    return members.count - 1
  }

  /// Operators whose result may be a view of their first argument, or that argument itself.
  fileprivate static let viewOperators: Set<String> = [
    "aten::alias", "aten::as_strided", "aten::chunk", "aten::contiguous", "aten::detach", "aten::diagonal",
    "aten::dropout", "aten::expand", "aten::expand_as", "aten::feature_dropout", "aten::flatten", "aten::movedim",
    "aten::narrow", "aten::permute", "aten::reshape", "aten::select", "aten::slice", "aten::split",
    "aten::split_with_sizes", "aten::squeeze", "aten::swapaxes", "aten::t", "aten::to", "aten::transpose",
    "aten::type_as", "aten::unbind", "aten::unflatten", "aten::unfold", "aten::unsqueeze", "aten::view",
    "aten::view_as",
  ]
}

extension Node {
  /// Whether it changes its first argument: libtorch marks such operators with a trailing underscore.
  public var isInPlace: Bool { operatorName.hasSuffix("_") && !operatorName.hasSuffix("__") }
}
