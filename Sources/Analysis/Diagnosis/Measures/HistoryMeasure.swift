import Checkpoints
import Findings
import Models

/// Drift, similarity and probes by layer and epoch of the run that the models are of: when it happened, and where first.
struct HistoryMeasure {
  let models: ComparedModels
  let units: [RewindUnit]
  let similarity: SimilarityMeasure
  /// Nil leaves probes out.
  let probes: LayerProbesMeasure?

  /// In order; of a long run some epochs, evenly spaced, the first and the last among them.
  ///
  /// - Returns: the epochs, and how many examples their similarity is of.
  func epochs(of run: Run) throws -> (epochs: [LayersAtEpoch], count: Int?) {
    let names = units.map(\.name)
    let drift = DriftMeasure(models)
    var count: Int?
    let epochs = try Self.chosen(from: run.epochs).map { epoch -> LayersAtEpoch in
      let model = try Model(Checkpoint(contentsOf: run.checkpointPath(epoch: epoch)), device: models.before.device)
      let result = try similarity.onSource(models.before, [model])[0]
      let drops = try probes?.drops(of: model, epoch: epoch) ?? [:]
      count = result.count
      return LayersAtEpoch(
        epoch: epoch, drift: try units.map { try drift.drift(of: $0, to: model) },
        similarity: names.map { result.similarity($0).value }, probeDrop: names.map { drops[$0]?.value ?? .nan })
    }
    return (epochs, count)
  }

  /// Some epochs after epoch 0, evenly spaced.
  static func chosen(from epochs: [Int]) -> [Int] {
    let later = epochs.filter { $0 > 0 }
    let most = DiagnosisThresholds.mostEpochs
    guard later.count > most else { return later }
    return (0..<most).map { later[$0 * (later.count - 1) / (most - 1)] }
  }
}
