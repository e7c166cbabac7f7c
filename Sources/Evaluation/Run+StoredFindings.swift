import Checkpoints
import Findings
import Foundation

extension Run {
  private static let driftName = "drift"
  private static let similarityName = "cka"

  /// The drift from epoch 0 to the one that the run stands for; nil where it was not measured, or of another epoch.
  public var drift: WeightDrift? {
    guard let stored = record.analysis[Self.driftName], let drift = stored.finding() ?? WeightDrift(version01: stored)
    else { return nil }
    return drift.epoch == chosenEpoch ? drift : nil
  }

  /// The similarity of the layers of epoch 0 and of the one that the run stands for; nil where it was not measured, or
  /// of another epoch.
  public var similarity: LayerSimilarity? {
    guard let stored = record.analysis[Self.similarityName],
      let similarity = stored.finding() ?? LayerSimilarity(version01: stored, epoch: chosenEpoch)
    else { return nil }
    return similarity.epoch == chosenEpoch ? similarity : nil
  }

  /// Keeps a drift from epoch 0 to the one that the run stands for.
  public mutating func store(_ drift: WeightDrift) throws {
    var (drift, changed) = (drift, record)
    drift.epoch = chosenEpoch
    let layers = drift.layers
    changed.analysis[Self.driftName] = try AnalysisRecord(
      drift, attributes: ["formula": "‖after − before‖ / ‖before‖", "epochs": "0, \(chosenEpoch)"],
      numbers: [
        "relative": NumberArray(layers.map(\.relative)), "l2": NumberArray(layers.map(\.l2)),
        "cosine": NumberArray(layers.map(\.cosine)), "max_absolute": NumberArray(layers.map(\.maxAbsolute)),
      ], strings: ["layers": layers.map(\.layer)])
    try save(changed)
  }

  /// Keeps a similarity of epoch 0 with the one that the run stands for.
  public mutating func store(_ similarity: LayerSimilarity) throws {
    var (similarity, changed) = (similarity, record)
    similarity.epoch = chosenEpoch
    let diagonal = similarity.diagonal
    changed.analysis[Self.similarityName] = try AnalysisRecord(
      similarity,
      attributes: [
        "estimator": "\(similarity.estimator), minibatches of \(similarity.batchSize)",
        "sample_count": "\(similarity.sampleCount)", "data": similarity.data, "epochs": "0, \(chosenEpoch)",
      ],
      numbers: [
        "cka": NumberArray(
          shape: [similarity.layersA.count, similarity.layersB.count], values: similarity.values.flatMap { $0 }),
        "diagonal": NumberArray(
          shape: [diagonal.count, 4], values: diagonal.flatMap { [$0.value, $0.low, $0.high, $0.null] }),
      ],
      strings: [
        "layers_a": similarity.layersA, "layers_b": similarity.layersB, "diagonal_layers": diagonal.map(\.layer),
      ])
    try save(changed)
  }
}

// MARK: - Classes

extension RunRecord {
  private static let classesName = "classes"

  /// Which outputs of their heads the classes of both tasks are; nil where it is not stored.
  public var judgedClasses: JudgedClasses? { analysis[Self.classesName]?.finding() }

  /// Keeps which outputs of their heads the classes are.
  public mutating func store(_ classes: JudgedClasses) throws {
    analysis[Self.classesName] = try AnalysisRecord(classes)
  }
}

// MARK: - Version 0.1

extension WeightDrift {
  /// What version 0.1 kept: arrays by layer, and the epochs as text, `0, 4`.
  init?(version01 stored: AnalysisRecord) {
    guard let layers = stored.strings["layers"] else { return nil }
    func value(_ name: String, _ row: Int) -> Double { stored.numbers[name]?.values[row] ?? .nan }
    self.init(
      layers: layers.indices.map { row in
        LayerDrift(
          layer: layers[row], l2: value("l2", row), relative: value("relative", row), cosine: value("cosine", row),
          maxAbsolute: value("max_absolute", row))
      }, total: TotalDrift(relative: .nan),
      epoch: stored.attributes["epochs"]?.split(separator: " ").last.flatMap { Int($0) })
  }
}

extension LayerSimilarity {
  /// What version 0.1 kept: arrays, always of the epoch that the run stood for.
  init?(version01 stored: AnalysisRecord, epoch: Int) {
    guard let layersA = stored.strings["layers_a"], let layersB = stored.strings["layers_b"],
      let matrix = stored.numbers["cka"]?.values, matrix.count == layersA.count * layersB.count,
      let shared = stored.strings["diagonal_layers"], let diagonal = stored.numbers["diagonal"]?.values,
      diagonal.count == 4 * shared.count
    else { return nil }
    let (width, sampleCount) = (layersB.count, Int(stored.attributes["sample_count"] ?? "") ?? 0)
    let estimator = (stored.attributes["estimator"] ?? "").components(separatedBy: ", minibatches of ")
    self.init(
      estimator: estimator[0], sampleCount: sampleCount, batchSize: estimator.count > 1 ? Int(estimator[1]) : nil,
      data: stored.attributes["data"] ?? "", layersA: layersA, layersB: layersB,
      values: layersA.indices.map { Array(matrix[($0 * width)..<(($0 + 1) * width)]) },
      diagonal: shared.indices.map { row in
        let values = Array(diagonal[(4 * row)..<(4 * row + 4)])
        return Entry(layer: shared[row], value: values[0], low: values[1], high: values[2], null: values[3])
      }, epoch: epoch)
  }
}
