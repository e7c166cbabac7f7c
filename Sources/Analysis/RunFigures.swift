import Checkpoints

/// What a finished run came to at the epoch it stands for; NaN for what was not measured.
struct RunFigures: Equatable {
  var source: Double
  var target: Double
  /// The source's score at epoch 0 less this one's.
  var forgetting: Double
}

extension RunRecord {
  /// At the best epoch by the run's rule, else the last.
  var figures: RunFigures {
    func value(_ metric: String) -> Double { metrics.value(metric, row: bestEpoch ?? metrics.rowCount - 1) }
    let source = value("source_accuracy")
    return RunFigures(
      source: source, target: value("target_accuracy"),
      forgetting: metrics.value("source_accuracy", row: 0) - source)
  }
}
