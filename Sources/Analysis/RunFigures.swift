import Checkpoints
import Findings
import Training

/// What a finished run came to at the epoch it stands for; NaN for what was not measured.
public struct RunFigures: Sendable, Equatable {
  /// The score on the source.
  public var source: Double
  /// The score on the target.
  public var target: Double
  /// By how much the source's score got worse since epoch 0, whichever way is better.
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
    let judged = (source: score(of: "source"), target: score(of: "target"))
    func value(_ task: String, _ score: Score?, _ row: Int) -> Double {
      score.map { metrics.value("\(task)_\(split)\($0.name)", row: row) } ?? .nan
    }
    let row = bestEpoch ?? metrics.rowCount - 1
    let source = value("source", judged.source, row)
    return RunFigures(
      source: source, target: value("target", judged.target, row),
      forgetting: judged.source?.decline(from: value("source", judged.source, 0), to: source) ?? .nan)
  }
}
