extension Program {
  /// The classifier as a program of its own, whose one input, `entry`, is the value that enters it.
  ///
  /// It is every call within the head's layer and every call that depends on one. Nil where the program has no head, or
  /// where more than one value enters it.
  public var headProgram: (program: Program, entry: String)? {
    let headNames = Set(headParameterNames)
    guard !headNames.isEmpty, let output = outputs.first else { return nil }
    let kept = calls { isWithinHead($0.layer) || $0.reads.contains(where: headNames.contains) }
    let program = part(kept.map { nodes[$0] }, outputs: [output])
    guard program.inputs.count == 1, program.inputs[0].name != output else { return nil }
    return (program, program.inputs[0].name)
  }
}
