import Metrics

/// Spearman's correlation of each measure with what rewinding regains, over the layers; NaN of fewer than
/// `fewestRankedItems`.
public struct LayerCorrelations: Sendable, Codable {
  /// Of the drift.
  public var drift: Double
  /// Of the loss that the drift is predicted to add.
  public var predictedLoss: Double
  /// Of one minus CKA.
  public var dissimilarity: Double
  /// Of what a probe lost.
  public var probeDrop: Double

  enum CodingKeys: String, CodingKey {
    case drift
    case predictedLoss = "predicted loss"
    case dissimilarity = "1 − CKA"
    case probeDrop = "probe drop"
  }

  /// Of layers that were measured.
  public init(of layers: [DiagnosedLayer]) {
    let gains = layers.map(\.gain.value)
    drift = rankCorrelation(layers.map(\.drift), gains)
    predictedLoss = rankCorrelation(layers.map(\.predictedLoss.value), gains)
    dissimilarity = rankCorrelation(layers.map { 1 - $0.similarity.value }, gains)
    probeDrop = rankCorrelation(layers.map(\.probeDrop.value), gains)
  }

  /// Each with the name it has in JSON and on pages, and how many of the layers it is over: those that were measured.
  public func named(over layers: [DiagnosedLayer]) -> [(name: String, value: Double, count: Int)] {
    let gains = layers.map(\.gain.value)
    func entry(_ key: CodingKeys, _ value: Double, _ measured: [Double]) -> (name: String, value: Double, count: Int) {
      (key.rawValue, value, rankedItemCount(measured, gains))
    }
    return [
      entry(.drift, drift, layers.map(\.drift)),
      entry(.predictedLoss, predictedLoss, layers.map(\.predictedLoss.value)),
      entry(.dissimilarity, dissimilarity, layers.map(\.similarity.value)),
      entry(.probeDrop, probeDrop, layers.map(\.probeDrop.value)),
    ]
  }
}
