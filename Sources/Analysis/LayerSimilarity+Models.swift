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
      let places = try batch.places(seed: seed)
      let featuresA = try features(of: a, batch: batch, layers: layers.a, pooling, places)
      let featuresB = try features(of: b, batch: batch, layers: layers.b, pooling, places)
      if accumulator == nil {
        layers.a = layers.a.filter { featuresA[$0] != nil }
        layers.b = layers.b.filter { featuresB[$0] != nil }
        guard !layers.a.isEmpty, !layers.b.isEmpty else {
          throw AnalysisError.nothingToCompare("none of the layers has an output for each example")
        }
        accumulator = CKAAccumulator(
          estimator: estimator, kernel: kernel, layersA: layers.a, layersB: layers.b,
          rowsPerExample: pooling?.rowsPerExample ?? 1, seed: seed)
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
