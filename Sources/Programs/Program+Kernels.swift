extension Program {
  /// The kernels of linear and convolution layers, `[outputs, …]`.
  public var kernels: Set<String> {
    kernels(of: ["aten::linear", "aten::conv1d", "aten::conv2d", "aten::conv3d"], as: "weight")
  }

  /// Kernels that features are multiplied by as they are stored, `[inputs, outputs]`: those of GPT-2's `Conv1D`.
  public var kernelsOfInputsFirst: Set<String> {
    kernels(of: ["aten::addmm", "aten::mm"], as: "mat2").intersection(parameters.map(\.name))
  }

  /// What calls of these operators take as it is.
  private func kernels(of operators: Set<String>, as argument: String) -> Set<String> {
    Set(
      nodes.filter { operators.contains($0.operatorName) }
        .flatMap { node in node.inputs.filter { $0.name == argument }.flatMap(\.value.reads) })
  }
}
