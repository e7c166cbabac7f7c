/// An analysis that its input does not allow.
public enum AnalysisError: Error, Equatable, CustomStringConvertible {
  case tooFewSamples(count: Int, minimum: Int)
  /// Canonical correlations of a layer's features on so few examples are perfect by chance.
  case tooFewForDirections(layer: String, count: Int, directions: Int)
  case nothingToCompare(String)
  /// A pooling over tokens of layers that have none.
  case noTokens(pooling: String, layer: String, shape: [Int])
  case badFeatures(path: String, reason: String)
  /// A checkpoint where features were expected: its layers have none without examples.
  case checkpointAsFeatures(path: String)
  /// A search for the strength of a method that has none, or several.
  case noStrength(method: String)
  case notFinite(String)
  /// Linear probes of a kind of task that none is fitted for.
  case noProbes(kind: String)
  /// Linear probes over more words than are tried.
  case tooManyWords(Int, most: Int)

  public var description: String {
    switch self {
    case .tooFewSamples(let count, let minimum): "CKA needs at least \(minimum) samples, found \(count)"
    case .tooFewForDirections(let layer, let count, let directions):
      "layer '\(layer)': canonical correlations need more than twice as many examples as directions, found "
        + "\(count) examples for \(directions) directions"
    case .nothingToCompare(let reason): reason
    case .noTokens(let pooling, let layer, let shape):
      "\(pooling) needs a layer with "
        + (pooling == FeaturePooling.cls.rawValue ? "a sequence of tokens, [tokens, width]" : "tokens or places")
        + " of an example; none has them ('\(layer)' gives \(shape))"
    case .badFeatures(let path, let reason): "\(path): \(reason)"
    case .checkpointAsFeatures(let path): "\(path): a checkpoint, not features"
    case .noStrength(let method):
      "a search for the strength needs one regularizer with a strength, found '\(method)'"
    case .noProbes(let kind):
      "no linear probes are fitted for a \(kind)"
    case .tooManyWords(let count, let most):
      "a probe of a language model is a regression over every word: at most \(most) are tried, the model has \(count)"
    case .notFinite(let what): "\(what) is not finite: nothing can be said of it (was the training stable?)"
    }
  }
}
