import Torch

/// How a layer's output becomes rows of features: one an example, or one a place that is drawn.
///
/// What is padding, by the attention mask or labels of −100, is left out of means and draws over tokens.
public enum FeaturePooling: String, Sendable, CaseIterable {
  /// Every channel at every place is a feature.
  case flatten
  /// The mean over space, `[batch, channels, …]`, or over tokens, `[batch, tokens, width]`.
  case mean
  /// The first token of `[batch, tokens, width]`.
  case cls
  /// Some places of each example, each a row: tokens, or places of a map. Whole examples are what is drawn and left out.
  case tokens

  /// Rows that one example makes.
  public var rowsPerExample: Int { self == .tokens ? ExamplePlaces.drawnCount : 1 }

  /// Whether it has a meaning for an output of a rank: a sequence has a first token, an image has none.
  func hasMeaning(ofRank rank: Int) -> Bool {
    switch self {
    case .flatten, .mean: true
    case .cls: rank <= 3
    case .tokens: rank >= 3
    }
  }

  /// Refuses layers of which none has places that can be told apart so.
  ///
  /// - Parameter shapes: of the layers' outputs, by layer.
  /// - Throws: ``AnalysisError/noTokens(pooling:layer:shape:)``.
  func check(_ shapes: [(layer: String, shape: [Int])]) throws {
    guard self == .cls || self == .tokens, let last = shapes.max(by: { $0.shape.count < $1.shape.count }) else {
      return
    }
    guard shapes.contains(where: { $0.shape.count > 2 && hasMeaning(ofRank: $0.shape.count) }) else {
      throw AnalysisError.noTokens(pooling: rawValue, layer: last.layer, shape: Array(last.shape.dropFirst()))
    }
  }

  /// A layer's output as the pooling asks; without one, images are flattened and tokens averaged.
  ///
  /// - Parameters:
  ///   - features: `[batch, …]`.
  ///   - places: of the same examples.
  /// - Returns: nil where the pooling has no meaning for such an output.
  static func rows(_ features: Tensor, _ pooling: FeaturePooling?, _ places: ExamplePlaces) throws -> Tensor? {
    let rank = features.shape.count
    guard pooling?.hasMeaning(ofRank: rank) ?? true else { return nil }
    switch (pooling, rank) {
    case (nil, 3), (.mean, 3): return try places.mean(of: features)
    case (.mean, 4...): return try features.mean(along: Array(2..<rank))
    case (.cls, 3): return try features.narrowed(along: 1, from: 0, count: 1)
    case (.tokens, _): return try places.drawn(from: features)
    default: return features
    }
  }
}
