import Checkpoints
import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch

extension LayerSimilarity {
  /// The CKA of the layers of two models on the same examples.
  ///
  /// - Parameters:
  ///   - layersA: layers to capture in `a`; likewise `layersB` in `b`. Those without an output for each example are
  ///     left out.
  ///   - keepsShortBatch: whether a last batch that is much shorter than the others counts too.
  ///   - pooling: how outputs with several places become rows; of padding only `flatten` takes notice.
  ///   - sampleCount: how many examples of the split, at most, from the start of a fixed shuffle.
  ///   - onProgress: batches done, of how many.
  /// - Throws: ``AnalysisError``, and `TrainingError` where the data does not fit a model.
  public init(
    comparing a: Model, with b: Model, on split: Split, dataset: String, layersA: [String], layersB: [String],
    estimator: CKAEstimator = .debiased, kernel: CKAKernel = .linear, pooling: FeaturePooling? = nil,
    sampleCount: Int = 2048, batchSize: Int = 128, keepsShortBatch: Bool = false, seed: UInt64 = 0,
    onProgress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    self = try Self.comparing(
      a, with: [b], on: split, dataset: dataset, layersA: layersA, layersB: layersB, estimator: estimator,
      kernel: kernel, pooling: pooling, sampleCount: sampleCount, batchSize: batchSize,
      keepsShortBatch: keepsShortBatch, seed: seed, onProgress: onProgress)[0]
  }

  /// Likewise of one model with each of several, which may be itself: every model sees each example once.
  ///
  /// - Parameters: as of a comparison of two; `layersB` are of every one of the others.
  /// - Returns: one an other model.
  public static func comparing(
    _ a: Model, with others: [Model], on split: Split, dataset: String, layersA: [String], layersB: [String],
    estimator: CKAEstimator = .debiased, kernel: CKAKernel = .linear, pooling: FeaturePooling? = nil,
    sampleCount: Int = 2048, batchSize: Int = 128, keepsShortBatch: Bool = false, seed: UInt64 = 0,
    onProgress: (Int, Int) -> Void = { _, _ in }
  ) throws -> [LayerSimilarity] {
    for model in [a] + others { try model.checkInputs(of: split, dataset: dataset) }
    var random = RandomSource(seed: seed)
    let order = random.sample(sampleCount, of: split.count)
    guard order.count >= estimator.minimumSampleCount else {
      throw AnalysisError.tooFewSamples(count: order.count, minimum: estimator.minimumSampleCount)
    }
    func accumulator(_ layersA: [String], _ layersB: [String]) -> CKAAccumulator {
      CKAAccumulator(
        estimator: estimator, kernel: kernel, layersA: layersA, layersB: layersB,
        rowsPerExample: pooling?.rowsPerExample ?? 1, seed: seed)
    }
    var comparisons: [(layersA: [String], layersB: [String], accumulator: CKAAccumulator)] = []
    let total = (order.count + batchSize - 1) / batchSize
    var done = 0
    for batch in try Batches(split: split, batchSize: batchSize, order: order, device: a.device) {
      if done > 0, estimator.isTooFew(batch.indices.count, of: batchSize, keepsShortBatch: keepsShortBatch) { break }
      let places = try batch.places(seed: seed)
      let layers = layersA + (others.contains { $0 === a } ? layersB.filter { !layersA.contains($0) } : [])
      let featuresA = try features(of: a, batch: batch, layers: layers, pooling, places)
      var gramsA: CKAAccumulator.Grams?
      for (number, other) in others.enumerated() {
        let featuresB =
          try other === a ? featuresA : features(of: other, batch: batch, layers: layersB, pooling, places)
        if done == 0 {
          let own = (layersA.filter { featuresA[$0] != nil }, layersB.filter { featuresB[$0] != nil })
          guard !own.0.isEmpty, !own.1.isEmpty else {
            throw AnalysisError.nothingToCompare("none of the layers has an output for each example")
          }
          comparisons.append((own.0, own.1, accumulator(own.0, own.1)))
        }
        let names = comparisons[number]
        let first = try gramsA ?? names.accumulator.grams(of: names.layersA.compactMap { featuresA[$0] })
        gramsA = first
        let second =
          try other === a && names.layersA == names.layersB
          ? first : names.accumulator.grams(of: names.layersB.compactMap { featuresB[$0] })
        try comparisons[number].accumulator.add(first, second)
      }
      done += 1
      onProgress(done, total)
    }
    return try comparisons.map { comparison in
      var found = try comparison.accumulator.similarity()
      found.data = dataset
      found.pool = pooling?.rawValue ?? found.pool
      return found
    }
  }
}

private func features(
  of model: Model, batch: Batch, layers: [String], _ pooling: FeaturePooling?, _ places: ExamplePlaces
) throws -> [String: Tensor] {
  try withoutGradients {
    try model.run(try batch.modelInputs(for: model), capture: layers).features
      .rows(of: batch.indices.count, pooling, places)
  }
}

extension [String: Tensor] {
  /// Layers' outputs as rows. A layer that does not see the examples (positions' embeddings) gives one output for all of
  /// them and is left out, as is one for which the pooling has no meaning.
  ///
  /// - Throws: ``AnalysisError/noTokens(pooling:layer:shape:)`` where it has none for any.
  func rows(of exampleCount: Int, _ pooling: FeaturePooling?, _ places: ExamplePlaces) throws -> [String: Tensor] {
    let own = filter { $0.value.shape.first == exampleCount }
    try pooling?.check(own.map { (layer: $0.key, shape: $0.value.shape) }.sorted { $0.layer < $1.layer })
    return try own.compactMapValues { try FeaturePooling.rows($0, pooling, places) }
  }
}
