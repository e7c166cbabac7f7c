import Analysis
import Checkpoints
import Foundation
import Metrics
import Reports
import Training

extension Run {
  /// What the run measured, as reports take it.
  func summary() -> RunSummary {
    let record = record
    func measured(_ value: Double?) -> Double? { value.flatMap { $0.isNaN ? nil : $0 } }
    let rows = record.epochRecords.map { epoch in
      RunSummary.Epoch(
        epoch: epoch.epoch, sourceAccuracy: epoch.source?.accuracy, sourceLoss: epoch.source?.loss ?? .nan,
        targetAccuracy: measured(epoch.target.accuracy), targetLoss: epoch.target.loss,
        proxyAgreement: epoch.proxy?.agreement, proxyDivergence: measured(epoch.proxy?.divergence),
        trainingLoss: epoch.trainingLoss, learningRate: epoch.learningRate, penalty: epoch.penalty,
        seconds: epoch.seconds,
        doses: epoch.doses.map { dose in
          RunSummary.Dose(
            name: dose.name, penalty: dose.penalty, lossShare: dose.lossShare, gradientRatio: dose.gradientRatio,
            pulledBack: dose.pulledBack)
        })
    }
    return RunSummary(
      name: URL(fileURLWithPath: path).lastPathComponent, sourceTask: record.environment["sourceTask"],
      proxyTask: record.environment["proxyTask"],
      targetTask: record.environment["targetTask"] ?? "target", epochs: rows, forgetting: forgetting(rows),
      drift: driftRows, cka: similarity, configuration: configurationRows,
      bestEpoch: record.bestEpoch.map { epoch in
        RunSummary.Best(
          epoch: epoch, rule: record.environment["bestRule"] ?? "",
          keepsBounds: record.environment["bestKeepsBounds"] != "false")
      },
      plannedEpochs: TrainingOptions(json: record.configuration)?.epochCount)
  }

  private func forgetting(_ rows: [RunSummary.Epoch]) -> RunSummary.Forgetting? {
    let accuracies = rows.compactMap(\.sourceAccuracy)
    guard accuracies.count > 1, let labels = record.labels["source"], let predictions = record.predictions["source"],
      let first = predictions.keys.min(), let last = predictions.keys.max(),
      let before = predictions[first], let after = predictions[last]
    else { return nil }
    let classCount = Set(labels).count
    let measures = ForgettingMeasures(sourceAccuracy: accuracies, chance: 1 / Double(max(1, classCount)))
    let paired = PairedComparison(labels: labels, before: before, after: after)
    var random = RandomSource(seed: record.seed)
    let interval = paired.bootstrapInterval(using: &random)
    return RunSummary.Forgetting(
      final: measures.final, low: -interval.high, high: -interval.low, maxMinusFinal: measures.maxMinusFinal,
      worst: measures.worst, relative: measures.relative ?? .nan, area: measures.area, pValue: paired.pValue,
      lost: paired.lost, gained: paired.gained, sourceCount: paired.count)
  }

  private var configurationRows: [(String, String)] {
    var rows = [("command", record.commandLine.joined(separator: " ")), ("seed", "\(record.seed)")]
    rows += record.environment.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    guard let options = try? JSONSerialization.jsonObject(with: Data(record.configuration.utf8)) else { return rows }
    return rows + flattened(options, under: "")
  }

  /// A row a leaf: `schedule.warmupEpochs`, `regularizers.0.alpha`.
  private func flattened(_ value: Any, under path: String) -> [(String, String)] {
    let prefix = path.isEmpty ? "" : path + "."
    switch value {
    case let object as [String: Any] where !object.isEmpty:
      return object.sorted { $0.key < $1.key }.flatMap { flattened($0.value, under: prefix + $0.key) }
    case let array as [Any] where !array.isEmpty:
      return array.enumerated().flatMap { flattened($0.element, under: prefix + "\($0.offset)") }
    case is [Any]: return [(path, "none")]
    case is [String: Any]: return [(path, "")]
    default: return [(path, "\(value)")]
    }
  }
}

// MARK: - Stored analyses

extension Run {
  private var driftRows: [RunSummary.DriftRow] {
    guard let stored = record.analysis["drift"], let layers = stored.strings["layers"] else { return [] }
    func value(_ name: String, _ row: Int) -> Double { stored.numbers[name]?.values[row] ?? .nan }
    return layers.indices.map { row in
      RunSummary.DriftRow(
        layer: layers[row], relative: value("relative", row), l2: value("l2", row), cosine: value("cosine", row),
        maxAbsolute: value("max_absolute", row))
    }
  }

  private var similarity: RunSummary.CKARecord? {
    guard let stored = record.analysis["cka"], let layersA = stored.strings["layers_a"],
      let layersB = stored.strings["layers_b"], let matrix = stored.numbers["cka"]?.values,
      let shared = stored.strings["diagonal_layers"], let diagonal = stored.numbers["diagonal"]?.values
    else { return nil }
    let width = layersB.count
    return RunSummary.CKARecord(
      estimator: stored.attributes["estimator"] ?? "", sampleCount: Int(stored.attributes["sample_count"] ?? "") ?? 0,
      dataName: stored.attributes["data"] ?? "", layersA: layersA, layersB: layersB,
      matrix: layersA.indices.map { Array(matrix[($0 * width)..<(($0 + 1) * width)]) },
      diagonal: shared.indices.map { row in
        let values = diagonal[(4 * row)..<(4 * row + 4)].map { $0 }
        return RunSummary.CKARecord.Diagonal(layer: shared[row], cka: values[0], low: values[1], high: values[2])
      })
  }

  /// Measures and stores the drift from epoch 0 to the last.
  mutating func storeDrift() throws {
    guard case let last = chosenEpoch, last > 0 else { return }
    let drift = try WeightDrift(
      before: Checkpoint(contentsOf: checkpointPath(epoch: 0)),
      after: Checkpoint(contentsOf: checkpointPath(epoch: last))
    )
    func column(_ values: [Double]) -> NumberArray { NumberArray(shape: [values.count], values: values) }
    var changed = record
    changed.analysis["drift"] = AnalysisRecord(
      attributes: ["formula": "‖after − before‖ / ‖before‖", "epochs": "0, \(last)"],
      numbers: [
        "relative": column(drift.layers.map(\.relative)), "l2": column(drift.layers.map(\.l2)),
        "cosine": column(drift.layers.map(\.cosine)), "max_absolute": column(drift.layers.map(\.maxAbsolute)),
      ], strings: ["layers": drift.layers.map(\.layer)])
    try save(changed)
  }

  /// Stores a CKA of epoch 0 with the last.
  mutating func store(_ matrix: CKAMatrix, dataset: String) throws {
    var changed = record
    changed.analysis["cka"] = AnalysisRecord(
      attributes: [
        "estimator": "linear, \(matrix.estimator.rawValue), minibatches of \(matrix.batchSize)",
        "sample_count": "\(matrix.sampleCount)", "data": dataset,
      ],
      numbers: [
        "cka": NumberArray(
          shape: [matrix.layersA.count, matrix.layersB.count], values: matrix.values.flatMap { $0 }),
        "diagonal": NumberArray(
          shape: [matrix.diagonal.count, 4], values: matrix.diagonal.flatMap { [$0.cka, $0.low, $0.high, $0.null] }),
      ],
      strings: [
        "layers_a": matrix.layersA, "layers_b": matrix.layersB, "diagonal_layers": matrix.diagonal.map(\.layer),
      ])
    try save(changed)
  }
}
