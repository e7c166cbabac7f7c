import Findings

extension EpochFinding {
  /// Scores that were measured.
  var sourceScore: Double? { source.flatMap { $0.value.isFinite ? $0.value : nil } }
  var targetScore: Double? { target.flatMap { $0.value.isFinite ? $0.value : nil } }
  var agreement: Double? { proxy.flatMap { $0.agreement.isFinite ? $0.agreement : nil } }
}

extension RunFinding {
  /// What the source is judged by.
  var sourceMeasure: Score { epochs.lazy.compactMap { $0.source?.score }.first ?? .accuracy }

  /// What the target is judged by.
  var targetMeasure: Score { epochs.lazy.compactMap { $0.target?.score }.first ?? .accuracy }

  /// A score before training, nil where it was not measured.
  func before(_ score: (EpochFinding) -> Double?) -> Double? { before.flatMap(score) }

  /// A score at the epoch that the run stands for, nil where it was not measured.
  func after(_ score: (EpochFinding) -> Double?) -> Double? { after.flatMap(score) }

  /// The drift of every layer; empty where it was not measured.
  var driftLayers: [LayerDrift] { drift?.layers ?? [] }

  /// The epoch that the run stands for, in words: `the best epoch, 2` or `the last epoch, 4`.
  var chosenWords: String { "\(best == nil ? "the last" : "the best") epoch, \(chosenEpoch)" }
}
