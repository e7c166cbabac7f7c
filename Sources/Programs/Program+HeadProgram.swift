extension Program {
  /// The classifier as a program of its own, whose one input, `entry`, is the value that enters it.
  ///
  /// It is every call within the head's layer and every call that depends on one. Nil where the program has no head, or
  /// where more than one value enters it.
  public var headProgram: (program: Program, entry: String)? {
    let headNames = Set(headParameterNames)
    guard !headNames.isEmpty else { return nil }
    return ofOneValue(calls { isWithinHead($0.layer) || $0.reads.contains(where: headNames.contains) })
  }

  /// What makes outputs of features, likewise: ``headProgram``; or, where other calls read the classifier's tensors too, as
  /// where words are read and said by one embedding, the last call that does and all that depend on it.
  public var readoutProgram: (program: Program, entry: String)? {
    if let headProgram { return headProgram }
    let headNames = Set(headParameterNames)
    guard let last = nodes.last(where: { $0.reads.contains(where: headNames.contains) }) else { return nil }
    return ofOneValue(calls { $0.outputs == last.outputs })
  }

  /// Some calls as a program, with the one value that enters it; nil where there are more.
  private func ofOneValue(_ kept: [Int]) -> (program: Program, entry: String)? {
    guard let output = outputs.first else { return nil }
    let program = part(kept.map { nodes[$0] }, outputs: [output])
    guard program.inputs.count == 1, program.inputs[0].name != output else { return nil }
    return (program, program.inputs[0].name)
  }
}
