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

  /// On source examples.
  func onSource(_ a: Model, _ b: Model) throws -> Result {
    try compare(a, b, on: models.sourceTest, dataset: models.source.name)
  }

  /// Of the two models on target examples; nothing without a target.
  func onTarget() throws -> Result {
    guard let test = models.targetTest else { return Result() }
    return try compare(models.before, models.after, on: test, dataset: models.target?.name ?? "")
  }

  private func compare(_ a: Model, _ b: Model, on split: Split, dataset: String) throws -> Result {
    let found = try LayerSimilarity(
      comparing: a, with: b, on: split, dataset: dataset, layersA: layers, layersB: layers, pooling: pooling,
      sampleCount: sampleCount)
    return Result(
      layers: Dictionary(uniqueKeysWithValues: found.diagonal.map { ($0.layer, $0) }), count: found.sampleCount)
  }
}
