import Checkpoints
import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch

/// How a layer's output becomes one row a sample.
public enum FeaturePooling: String, Sendable, CaseIterable {
  /// Every channel at every place is a feature.
  case flatten
  /// The mean over space, `[batch, channels, …]`, or over tokens, `[batch, tokens, width]`.
  case mean
  /// The first token of `[batch, tokens, width]`.
  case cls

  /// A layer's output as the pooling asks; without one, images are flattened and tokens averaged.
  static func rows(_ features: Tensor, _ pooling: FeaturePooling?) throws -> Tensor {
    let rank = features.shape.count
    switch (pooling, rank) {
    case (nil, 3), (.mean, 3): return try features.mean(along: [1])
    case (.mean, 4...): return try features.mean(along: Array(2..<rank))
    case (.cls, 3): return try features.narrowed(along: 1, from: 0, count: 1)
    default: return features
    }
  }
}

extension LayerSimilarity {
  /// The CKA of the layers of two models on the same examples.
  ///
  /// - Parameters:
  ///   - layersA: layers to capture in `a`; likewise `layersB` in `b`. Those without an output for each example are
  ///     left out.
  ///   - keepsShortBatch: whether a last batch that is much shorter than the others counts too.
  ///   - sampleCount: how many examples of the split, at most, from the start of a fixed shuffle.
  ///   - onProgress: batches done, of how many.
  /// - Throws: ``AnalysisError``, and `TrainingError` where the data does not fit a model.
  public init(
    comparing a: Model, with b: Model, on split: Split, dataset: String, layersA: [String], layersB: [String],
    estimator: CKAEstimator = .debiased, kernel: CKAKernel = .linear, pooling: FeaturePooling? = nil,
    sampleCount: Int = 2048, batchSize: Int = 128, keepsShortBatch: Bool = false, seed: UInt64 = 0,
    onProgress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    try a.checkInputs(of: split, dataset: dataset)
    try b.checkInputs(of: split, dataset: dataset)
    var random = RandomSource(seed: seed)
    let order = random.sample(sampleCount, of: split.count)
    guard order.count >= estimator.minimumSampleCount else {
      throw AnalysisError.tooFewSamples(count: order.count, minimum: estimator.minimumSampleCount)
    }
    var layers = (a: layersA, b: layersB)
    var accumulator: CKAAccumulator?
    let total = (order.count + batchSize - 1) / batchSize
    var done = 0
    for batch in try Batches(split: split, batchSize: batchSize, order: order, device: a.device) {
      if done > 0, estimator.isTooFew(batch.indices.count, of: batchSize, keepsShortBatch: keepsShortBatch) { break }
      let featuresA = try features(of: a, batch: batch, layers: layers.a, pooling)
      let featuresB = try features(of: b, batch: batch, layers: layers.b, pooling)
      if accumulator == nil {
        // A layer that does not see the examples (positions' embeddings) gives one output for all of them.
        layers.a = layers.a.filter { featuresA[$0]?.shape.first == batch.indices.count }
        layers.b = layers.b.filter { featuresB[$0]?.shape.first == batch.indices.count }
        guard !layers.a.isEmpty, !layers.b.isEmpty else {
          throw AnalysisError.nothingToCompare("none of the layers has an output for each example")
        }
        accumulator = CKAAccumulator(
          estimator: estimator, kernel: kernel, layersA: layers.a, layersB: layers.b, seed: seed)
      }
      try accumulator?.add(layers.a.compactMap { featuresA[$0] }, layers.b.compactMap { featuresB[$0] })
      done += 1
      onProgress(done, total)
    }
    guard let accumulator else { preconditionFailure("no batches of \(order.count) examples") }
    self = try accumulator.similarity()
    data = dataset
    pool = pooling?.rawValue ?? pool
  }
}

private func features(
  of model: Model, batch: Batch, layers: [String], _ pooling: FeaturePooling?
) throws -> [String: Tensor] {
  try withoutGradients {
    try model.run(try batch.modelInputs(for: model), capture: layers).features.mapValues {
      try FeaturePooling.rows($0, pooling)
    }
  }
}
