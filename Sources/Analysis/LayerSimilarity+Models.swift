import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
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
  ///   - processes: those that compare together, each the same models on the same examples; nil for one by itself.
  ///   - onProgress: batches done, of how many.
  /// - Throws: ``AnalysisError``, and `TrainingError` where the data does not fit a model.
  public init(
    comparing a: Model, with b: Model, on split: Split, dataset: String, layersA: [String], layersB: [String],
    estimator: CKAEstimator = .debiased, kernel: CKAKernel = .linear, pooling: FeaturePooling? = nil,
    sampleCount: Int = 2048, batchSize: Int = 128, keepsShortBatch: Bool = false, seed: UInt64 = 0,
    processes: ProcessGroup? = nil, onProgress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    self = try Self.comparing(
      a, with: [b], on: split, dataset: dataset, layersA: layersA, layersB: layersB, estimator: estimator,
      kernel: kernel, pooling: pooling, sampleCount: sampleCount, batchSize: batchSize,
      keepsShortBatch: keepsShortBatch, seed: seed, processes: processes, onProgress: onProgress)[0]
  }

  /// Likewise of one model with each of several, which may be itself: every model sees each example once.
  ///
  /// - Parameters: as of a comparison of two; `layersB` are of every one of the others.
  /// - Returns: one an other model.
  public static func comparing(
    _ a: Model, with others: [Model], on split: Split, dataset: String, layersA: [String], layersB: [String],
    estimator: CKAEstimator = .debiased, kernel: CKAKernel = .linear, pooling: FeaturePooling? = nil,
    sampleCount: Int = 2048, batchSize: Int = 128, keepsShortBatch: Bool = false, seed: UInt64 = 0,
    processes: ProcessGroup? = nil, onProgress: (Int, Int) -> Void = { _, _ in }
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
    let batches = try Batches(split: split, batchSize: batchSize, order: order, device: a.device)
    let total = batches.batchCount
    func size(_ number: Int) -> Int { min(batchSize, order.count - number * batchSize) }
    let isLastLeftOut =
      total > 1 && estimator.isTooFew(size(total - 1), of: batchSize, keepsShortBatch: keepsShortBatch)
    let pass = SharedPass(over: processes)
    let own = pass.part(of: isLastLeftOut ? total - 1 : total)
    var comparisons: [(names: ComparedLayers, accumulator: CKAAccumulator)] = []
    var done = 0
    for batch in batches.selecting(own) {
      let places = try batch.places(seed: seed)
      let layers = layersA + (others.contains { $0 === a } ? layersB.filter { !layersA.contains($0) } : [])
      let featuresA = try features(of: a, batch: batch, layers: layers, pooling, places)
      var gramsA: CKAAccumulator.Grams?
      for (number, other) in others.enumerated() {
        let featuresB =
          try other === a ? featuresA : features(of: other, batch: batch, layers: layersB, pooling, places)
        if done == 0 {
          let names = ComparedLayers(
            a: layersA.filter { featuresA[$0] != nil }, b: layersB.filter { featuresB[$0] != nil })
          guard !names.a.isEmpty, !names.b.isEmpty else {
            throw AnalysisError.nothingToCompare("none of the layers has an output for each example")
          }
          comparisons.append((names, accumulator(names.a, names.b)))
          for number in 0..<own.lowerBound { comparisons[comparisons.count - 1].accumulator.skip(size(number)) }
        }
        let names = comparisons[number].names
        let first = try gramsA ?? comparisons[number].accumulator.grams(of: names.a.compactMap { featuresA[$0] })
        gramsA = first
        let second =
          try other === a && names.a == names.b
          ? first : comparisons[number].accumulator.grams(of: names.b.compactMap { featuresB[$0] })
        try comparisons[number].accumulator.add(first, second)
      }
      done += 1
      onProgress(min(total, done * (processes?.count ?? 1)), total)
    }
    if let processes {
      // A process without a batch does not know which layers have an output.
      let names =
        try processes.gather(Array(JSONEncoder().encode(comparisons.map(\.names))))
        .map { try JSONDecoder().decode([ComparedLayers].self, from: Data($0)) }.first { !$0.isEmpty } ?? []
      if comparisons.isEmpty { comparisons = names.map { ($0, accumulator($0.a, $0.b)) } }
      for number in comparisons.indices {
        comparisons[number].accumulator = try comparisons[number].accumulator.joined(pass)
      }
    }
    return try comparisons.map { comparison in
      var found = try comparison.accumulator.similarity()
      found.data = dataset
      found.pool = pooling?.rawValue ?? found.pool
      return found
    }
  }
}

/// Layers of two models that have an output for each example.
private struct ComparedLayers: Codable {
  let a: [String]
  let b: [String]
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
