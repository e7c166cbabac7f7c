extension Program {
  /// A program in two: what training leaves as it is, and the rest.
  public struct Division: Equatable, Sendable {
    /// From the program's own inputs to the values that cross.
    public let lower: Program
    /// From those values, its inputs, to the logits.
    public let upper: Program
  }

  /// Parts the program where nothing below is changed by training.
  ///
  /// The lower part is every call that no trained parameter and no varying call has an effect on. Calls that read no
  /// example (sizes, positions, masks of a fixed form) or only give a value another shape are in both parts where both
  /// need them, so that what crosses are values of examples; whether each has one row an example is for the caller to
  /// see.
  ///
  /// - Parameters:
  ///   - trained: names of the parameters that change.
  ///   - varies: whether a call gives something else each time, or in training than in evaluation.
  /// - Returns: nil where nothing is below, or where the parts would change each other's values in place.
  public func divided(trained: Set<String>, where varies: (Node) throws -> Bool) rethrows -> Division? {
    guard let logits = outputs.first else { return nil }
    let groups = MemoryGroups(nodes)
    let above = try callsAbove(trained: trained, groups: groups, where: varies)
    let repeated = repeatedCalls(for: above, groups: groups)
    var kept = above.union(repeated).sorted().map { nodes[$0] }
    guard let crossing = crossingValues(of: &kept) else { return nil }

    let belowCalls = nodes.indices.filter { !above.contains($0) }.map { nodes[$0] }
    var lower = part(belowCalls, outputs: crossing)
    lower.removeUnreadNodes()
    lower = part(lower.nodes, outputs: crossing)
    lower.inputs = inputs
    let upper = part(kept, outputs: [logits])
    let changed = kept.map { Set(groups.changed(by: $0)) }
    let isUnambiguous =
      lower.mutatedValues.isDisjoint(with: crossing)
      // Two values over the same memory are two tensors once they are stored.
      && changed.allSatisfy { $0.intersection(crossing).count < 2 }
      // What is stored has lost its strides.
      && !kept.contains { $0.operatorName == "aten::as_strided" }
    guard isUnambiguous, !lower.nodes.isEmpty, kept.contains(where: { $0.outputs.contains(logits) }) else { return nil }
    return Division(lower: lower, upper: upper)
  }

  /// Positions of the calls that training changes the results of.
  private func callsAbove(
    trained: Set<String>, groups: MemoryGroups, where varies: (Node) throws -> Bool
  ) rethrows -> Set<Int> {
    let varying = Set(try nodes.filter(varies).flatMap(\.outputs))
    let moving = trained.union(writtenConstants { !varying.isDisjoint(with: $0.outputs) })
    let withoutExamples = Set(callsWithoutExamples(groups))
    var forced: Set<String> = []
    while true {
      let above = Set(
        calls { node in
          node.outputs.contains { varying.contains($0) || forced.contains($0) }
            || node.reads.contains(where: moving.contains)
        })
      // What is made only to be filled above (the noise of stochastic depth) is made there.
      let filled = Set(above.flatMap { groups.changed(by: nodes[$0]) })
      let more = withoutExamples.subtracting(above).flatMap { nodes[$0].outputs }.filter(filled.contains)
      if more.isEmpty { return above }
      forced.formUnion(more)
    }
  }

  /// Positions of the calls that read nothing of an example but sizes.
  private func callsWithoutExamples(_ groups: MemoryGroups) -> [Int] {
    var fromExamples = Set(inputs.map(\.name))
    return nodes.indices.filter { position in
      let node = nodes[position]
      guard !node.isSize, node.reads.contains(where: fromExamples.contains) else { return true }
      fromExamples.formUnion(node.outputs)
      fromExamples.formUnion(groups.changed(by: node))
      return false
    }
  }

  /// Positions of the calls that those above need and that cost nothing: without examples, or another shape of a value.
  /// What crosses is then the value itself, whose first axis is the examples'.
  private func repeatedCalls(for above: Set<Int>, groups: MemoryGroups) -> Set<Int> {
    let changed = Set(nodes.flatMap(groups.changed))
    let cheap = Set(callsWithoutExamples(groups)).union(nodes.indices.filter { nodes[$0].isReshaping })
    let candidates = cheap.sorted().filter { position in
      changed.isDisjoint(with: nodes[position].outputs + nodes[position].reads)
    }
    var wanted = Set(above.flatMap { nodes[$0].reads })
    var repeated: Set<Int> = []
    for position in candidates.reversed()
    where !above.contains(position) && nodes[position].outputs.contains(where: wanted.contains) {
      wanted.formUnion(nodes[position].reads)
      repeated.insert(position)
    }
    return repeated
  }

  /// The values that calls need from below; the number of examples is taken from one of them. Nil for none.
  private func crossingValues(of calls: inout [Node]) -> [String]? {
    let inputNames = Set(inputs.map(\.name))
    let sizes = calls.indices.filter { calls[$0].isExampleCount(ofAny: inputNames) }
    let others = calls.indices.filter { !sizes.contains($0) }.map { calls[$0] }
    let crossing = part(others, outputs: []).inputs.map(\.name).filter { name in
      !sizes.contains { calls[$0].outputs.contains(name) }
    }
    guard let first = crossing.first else { return nil }
    for position in sizes {
      for index in calls[position].inputs.indices where calls[position].inputs[index].value.reads != [] {
        calls[position].inputs[index].value = .value(first)
      }
    }
    return crossing
  }
}

extension Node {
  /// Whether it gives the length of an axis.
  fileprivate var isSize: Bool { operatorName == "aten::sym_size" }

  /// Whether it gives all elements of its first argument in another shape or order.
  fileprivate var isReshaping: Bool {
    let names: Set<String> = [
      "contiguous", "expand", "flatten", "movedim", "permute", "reshape", "squeeze", "swapaxes", "transpose",
      "unflatten", "unsqueeze", "view",
    ]
    return operatorName.hasPrefix("aten::") && names.contains(String(operatorName.dropFirst(6)))
  }

  /// Whether it gives the length of the first axis of one of some values.
  fileprivate func isExampleCount(ofAny names: Set<String>) -> Bool {
    isSize && reads.allSatisfy(names.contains) && inputs.contains { $0.value == .int(0) }
  }
}
