extension Program {
  /// The program with a way to draw every parameter anew: its own where it says one, else as PyTorch draws them for
  /// convolutions and linear layers: kernels and embeddings uniformly within 1/√(inputs of a unit), biases zero,
  /// normalization weights one.
  public var withInitializations: Program {
    var result = self
    for index in result.parameters.indices where result.parameters[index].initialization == nil {
      let specification = result.parameters[index]
      if specification.shape.count >= 2 {
        let inputs = specification.shape.dropFirst().reduce(1, *)
        result.parameters[index].initialization = .uniform(bound: 1 / Double(max(1, inputs)).squareRoot())
      } else {
        result.parameters[index].initialization = .constant(specification.name.hasSuffix("weight") ? 1 : 0)
      }
    }
    for index in result.buffers.indices where result.buffers[index].initialization == nil {
      let name = result.buffers[index].name
      if name.hasSuffix("running_var") { result.buffers[index].initialization = .constant(1) }
      if name.hasSuffix("running_mean") { result.buffers[index].initialization = .constant(0) }
    }
    return result
  }
}
