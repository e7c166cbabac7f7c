import Programs

extension Model {
  /// The program in two, where nothing below is changed by training.
  ///
  /// - Parameters:
  ///   - trained: names of the parameters that change.
  ///   - layers: those that run as in evaluation.
  /// - Returns: nil where it cannot be parted.
  public func divided(trained: Set<String>, evaluating layers: Set<String>) throws -> Program.Division? {
    try program.divided(trained: trained) { try ResolvedCall.varies($0, isTraining: !layers.contains($0.layer)) }
  }
}
