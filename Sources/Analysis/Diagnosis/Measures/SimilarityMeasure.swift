import Datasets
import Findings
import Models

/// CKA of each layer of two models with its namesake.
///
/// The source's head has to be in place.
struct SimilarityMeasure {
  let models: ComparedModels
  let layers: [String]
  let sampleCount: Int
  /// How outputs with several places become rows; nil leaves it to the shape.
  var pooling: FeaturePooling?

  /// What was found, by layer.
  struct Result {
    var layers: [String: LayerSimilarity.Entry] = [:]
    /// How many examples it is of.
    var count: Int?

    func similarity(_ layer: String) -> Estimate { layers[layer]?.estimate ?? .unmeasured }
    func null(_ layer: String) -> Double { layers[layer]?.null ?? .nan }
  }

  /// How many examples of a split it is of; the same ones for the same number.
  func sampleCount(of split: Split) -> Int { min(sampleCount, split.count) }

  /// Of one model with each of several, which may be itself, on source examples.
  func onSource(_ a: Model, _ others: [Model]) throws -> [Result] {
    try compare(a, others, on: models.sourceTest, dataset: models.source.name)
  }

  /// Of the two models on target examples; nothing without a target.
  func onTarget() throws -> Result {
    guard let test = models.targetTest else { return Result() }
    return try compare(models.before, [models.after], on: test, dataset: models.target?.name ?? "")[0]
  }

  private func compare(_ a: Model, _ others: [Model], on split: Split, dataset: String) throws -> [Result] {
    guard !others.isEmpty else { return [] }
    var hasBegun = false
    let found = try LayerSimilarity.comparing(
      a, with: others, on: split, dataset: dataset, layersA: layers, layersB: layers, pooling: pooling,
      sampleCount: sampleCount, processes: models.processes
    ) { _, total in
      if !hasBegun { models.progress.begin("similarity", unit: "batch", of: total) }
      hasBegun = true
      models.progress.advanceTogether()
    }
    return found.map { similarity in
      Result(
        layers: Dictionary(uniqueKeysWithValues: similarity.diagonal.map { ($0.layer, $0) }),
        count: similarity.sampleCount)
    }
  }
}
