extension Checkpoint {
  /// Elements of all parameters, each tensor counted once however many names it has.
  public var parameterCount: Int {
    sharedParameters.reduce(parameters.values.reduce(0) { $0 + $1.count }) { total, names in
      total - (names.count - 1) * (parameters[names[0]]?.count ?? 0)
    }
  }

  /// The names of each parameter that has several, tied weights, in the order of the program's parameters.
  public var sharedParameters: [[String]] {
    var names: [TensorView.Identity: [String]] = [:]
    var order: [TensorView.Identity] = []
    for name in program.parameters.map(\.name) {
      guard let identity = parameters[name]?.identity else { continue }
      if names[identity] == nil { order.append(identity) }
      names[identity, default: []].append(name)
    }
    return order.compactMap { names[$0] }.filter { $0.count > 1 }
  }
}
