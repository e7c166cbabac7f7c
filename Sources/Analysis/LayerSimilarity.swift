import Checkpoints
import Datasets
import Metrics
import Models
import Torch
import Training

/// How a layer's output becomes one row a sample.
public enum FeaturePooling: String, Sendable, CaseIterable {
  /// Every channel at every place is a feature.
  case flatten
  /// The mean over space: one feature a channel.
  case mean

  func rows(_ features: Tensor) throws -> Tensor {
    let rank = features.shape.count
    guard self == .mean, rank > 2 else { return features }
    return try features.mean(along: Array(2..<rank))
  }
}

extension CKAMatrix {
  /// Compares the layers of two models on the same examples.
  ///
  /// - Parameters:
  ///   - layersA: layers to capture in `a`; likewise `layersB` in `b`.
  ///   - sampleCount: how many examples of the split, at most, from the start of a fixed shuffle.
  ///   - onProgress: batches done, of how many.
  /// - Throws: ``AnalysisError``, and `TrainingError` where the data does not fit a model.
  public init(
    comparing a: Model, with b: Model, on split: Split, dataset: String, layersA: [String], layersB: [String],
    estimator: CKAEstimator = .debiased, pooling: FeaturePooling = .flatten, sampleCount: Int = 2048,
    batchSize: Int = 256, seed: UInt64 = 0, onProgress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    try a.checkInputs(of: split, dataset: dataset)
    try b.checkInputs(of: split, dataset: dataset)
    var random = RandomSource(seed: seed)
    let order = Array(random.permutation(count: split.count).prefix(sampleCount))
    guard order.count >= estimator.minimumSampleCount else {
      throw AnalysisError.tooFewSamples(count: order.count, minimum: estimator.minimumSampleCount)
    }
    var accumulator = CKAAccumulator(estimator: estimator, layersA: layersA, layersB: layersB, seed: seed)
    let total = (order.count + batchSize - 1) / batchSize
    var done = 0
    for batch in try Batches(split: split, batchSize: batchSize, order: order, device: a.device) {
      // A short last batch would be too noisy a term of the sum.
      if done > 0, batch.indices.count < max(estimator.minimumSampleCount, batchSize / 4) { break }
      let featuresA = try features(of: a, batch: batch, layers: layersA, pooling)
      let featuresB = try features(of: b, batch: batch, layers: layersB, pooling)
      try accumulator.add(featuresA, featuresB)
      done += 1
      onProgress(done, total)
    }
    self = try accumulator.matrix()
  }
}

private func features(
  of model: Model, batch: Batch, layers: [String], _ pooling: FeaturePooling
) throws -> [Tensor] {
  try withoutGradients {
    let found = try model.run(try batch.modelInputs(for: model), capture: layers).features
    return try layers.compactMap { try found[$0].map(pooling.rows) }
  }
}
