extension WeightMatch {
  /// Refuses a file that is none of the model's, or not all of it.
  ///
  /// - Parameters:
  ///   - path: the file's.
  ///   - isPart: whether it may lack tensors, or have them in other shapes.
  /// - Throws: ``CheckpointError``, naming the tensor.
  public func requireWhole(of path: String, orPart isPart: Bool = false) throws {
    guard !tensors.isEmpty else {
      throw CheckpointError.malformed(path: path, reason: "none of its tensors is one of the model's")
    }
    if let first = mistyped.first {
      throw CheckpointError.typeMismatch(
        tensor: first.name, file: path, expected: first.expected, found: first.found.rawValue)
    }
    guard !isPart else { return }
    if let first = mismatched.first {
      throw CheckpointError.shapeMismatch(
        tensor: first.name, file: path, expected: first.expected, found: first.found)
    }
    if let first = missing.first {
      let others = missing.count > 1 ? " and \(missing.count - 1) other tensors" : ""
      throw CheckpointError.malformed(path: path, reason: "the model needs \(first)\(others), which it lacks")
    }
  }
}
