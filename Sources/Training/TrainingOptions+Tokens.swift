import Datasets

extension TrainingOptions {
  /// The options with ``batchSize`` as ``tokensPerBatch`` says; as they are where that is nil.
  ///
  /// - Throws: ``TrainingError/invalidOption(_:allowed:found:)`` for inputs that are no sequences of tokens, and for fewer
  ///   tokens than an example has.
  func batching(_ split: Split) throws -> TrainingOptions {
    guard let tokensPerBatch else { return self }
    guard let length = split.tokenCount else {
      let found = split.inputs.map { "'\($0.name)' of \($0.elementType.rawValue), shape \($0.shape)" }
      throw TrainingError.invalidOption(
        .tokensPerBatch, allowed: "left out where inputs are no sequences of tokens",
        found: "input \(found.joined(separator: ", "))")
    }
    guard tokensPerBatch >= length else {
      throw TrainingError.invalidOption(
        .tokensPerBatch, allowed: "at least \(length), the tokens of an example", found: "\(tokensPerBatch)")
    }
    var own = self
    own.batchSize = min(Self.largestCount, tokensPerBatch / length)
    return own
  }
}

extension Split {
  /// The tokens of an example, padding included: the length of the longest input that is a row of integers. Bytes are of
  /// images.
  fileprivate var tokenCount: Int? {
    inputs.filter { $0.shape.count == 1 && $0.shape[0] > 0 && [.int64, .int32].contains($0.elementType) }
      .map { $0.shape[0] }.max()
  }
}
