import Checkpoints

/// What a finished run came to at the epoch it stands for; NaN for what was not measured.
public struct RunFigures: Sendable, Equatable {
  /// The score on the source.
  public var source: Double
  /// The score on the target.
  public var target: Double
  /// The source's score at epoch 0 less this one's.
  public var forgetting: Double

  /// Figures of a run.
  public init(source: Double, target: Double, forgetting: Double) {
    self.source = source
    self.target = target
    self.forgetting = forgetting
  }
}

extension RunRecord {
  /// At the best epoch by the run's rule, else the last, on the examples that judge.
  var figures: RunFigures { figures(of: "") }

  /// The same on the examples that choose; nil where the run held none aside.
  var validationFigures: RunFigures? {
    guard data.target?.validation != nil else { return nil }
    return figures(of: "validation_")
  }

  private func figures(of split: String) -> RunFigures {
    func value(_ task: String, _ row: Int) -> Double { metrics.value("\(task)_\(split)accuracy", row: row) }
    let row = bestEpoch ?? metrics.rowCount - 1
    let source = value("source", row)
    return RunFigures(source: source, target: value("target", row), forgetting: value("source", 0) - source)
  }
}
