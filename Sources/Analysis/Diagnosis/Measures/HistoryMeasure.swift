import Checkpoints
import Findings
import Models

/// Drift, similarity and probes by layer and epoch of the run that the models are of: when it happened, and where first.
struct HistoryMeasure {
  let models: ComparedModels
  let units: [RewindUnit]
  let similarity: SimilarityMeasure
  /// Of the model after, where it is of as many examples.
  let known: SimilarityMeasure.Result
  /// Nil leaves probes out.
  let probes: LayerProbesMeasure?

  /// In order; of a long run some epochs, evenly spaced, the first and the last among them.
  ///
  /// - Returns: the epochs, and how many examples their similarity is of.
  func epochs(of run: Run) throws -> (epochs: [LayersAtEpoch], count: Int?) {
    let names = units.map(\.name)
    let drift = DriftMeasure(models)
    var (found, count): ([LayersAtEpoch], Int?) = ([], nil)
    for group in groups(of: Self.chosen(from: run.epochs)) {
      let loaded = try group.map { epoch in
        try Model(Checkpoint(contentsOf: run.checkpointPath(epoch: epoch)), device: models.before.device)
      }
      let isKnown = group.map { $0 == models.epoch && known.count == similarity.sampleCount(of: models.sourceTest) }
      // The model before is asked once for all of them.
      var asked = try similarity.onSource(models.before, zip(loaded, isKnown).filter { !$1 }.map(\.0))
      for (place, (epoch, model)) in zip(group, loaded).enumerated() {
        let result = isKnown[place] ? known : asked.removeFirst()
        let drops = try probes?.drops(of: model, epoch: epoch) ?? [:]
        count = result.count
        found.append(
          LayersAtEpoch(
            epoch: epoch, drift: try units.map { try drift.drift(of: $0, to: model) },
            similarity: names.map { result.similarity($0).value }, probeDrop: names.map { drops[$0]?.value ?? .nan }))
      }
    }
    return (found, count)
  }

  /// Epochs whose models are there at a time: all of them, or one where that would take more than 512 MiB.
  private func groups(of epochs: [Int]) -> [[Int]] {
    let byteCount = models.before.parameters.values.reduce(0) { $0 + $1.count * ($1.type?.byteCount ?? 4) }
    return byteCount * epochs.count <= 1 << 29 ? [epochs] : epochs.map { [$0] }
  }

  /// Some epochs after epoch 0, evenly spaced.
  static func chosen(from epochs: [Int]) -> [Int] {
    let later = epochs.filter { $0 > 0 }
    let most = DiagnosisThresholds.mostEpochs
    guard later.count > most else { return later }
    return (0..<most).map { later[$0 * (later.count - 1) / (most - 1)] }
  }
}
